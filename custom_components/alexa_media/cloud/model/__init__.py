"""Backend protocols, models and push events."""
