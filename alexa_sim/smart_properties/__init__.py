"""Alexa Smart Properties: the official API for hotels, care homes and offices, with Login with Amazon.

``service`` combines the other modules, one per family of operations.
"""
