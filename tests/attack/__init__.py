"""Tests with malicious input, and with larger amounts of input than normal use causes."""
