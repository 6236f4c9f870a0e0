"""Client of Amazon's Alexa Smart Properties REST API, for hotels, care homes and offices."""
