"""Tests of the features shared by platforms and actions."""
