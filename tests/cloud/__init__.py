"""Tests of the clients of both clouds."""
