"""Tests of migrating from alexa_media_player."""
