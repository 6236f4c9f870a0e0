"""A simulated Amazon cloud for Echo devices, for tests, demonstrations and benchmarks.

Importing this package only imports the standard library, because redirected clients load ``alexa_sim.redirect`` while
their interpreter starts.
"""
