"""What several platforms or actions share."""
