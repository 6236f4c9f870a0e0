"""A speech engine of the demo, which speaks in tones."""
