"""Alexa Smart Properties: the official API of hotels, care homes and offices, and the Login with Amazon before it.

``service`` puts it together; the other modules are one family each.
"""
