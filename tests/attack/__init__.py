"""What others might try: hostile input, and more of it than anyone would send in good faith."""
