"""Households that users have reported."""
