"""Tests of households reported by users."""
