"""The ticket of a session: which one it is, and making its own where that is configured."""
