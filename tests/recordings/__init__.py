"""Tests of recordings: what is written, replayed and compared."""
