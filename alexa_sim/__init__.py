"""A simulated Amazon cloud for Echo devices, for tests, demonstrations and benchmarks.

Importing this package imports nothing outside the standard library, because clients that
are redirected to the simulation load ``alexa_sim.redirect`` while their interpreter starts.
"""
