"""Backend protocols, models and push events shared by both clouds."""
