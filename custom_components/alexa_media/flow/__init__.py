"""Parts of the config and options flows, and the migration of config entries."""
