"""Tests in a real browser with the frontend of a real Home Assistant."""
