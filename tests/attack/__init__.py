"""Tests with hostile input, and with more input than anyone sends in good faith."""
