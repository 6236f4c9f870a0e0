"""The client of the Alexa Smart Properties API."""
