"""Speech engine of the demo, which plays tones."""
