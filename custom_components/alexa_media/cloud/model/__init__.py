"""What a cloud can do for the rest of the integration: protocols, models, push events."""
