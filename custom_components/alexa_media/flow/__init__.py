"""Steps of the config, options and sign-in flows."""
