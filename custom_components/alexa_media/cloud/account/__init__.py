"""The account API of Amazon's app: sign-in, session, reads, commands and the push stream."""
