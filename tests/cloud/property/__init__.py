"""Tests of the client of the Alexa Smart Properties API."""
