"""Tests of recordings: writing, replay and comparison."""
