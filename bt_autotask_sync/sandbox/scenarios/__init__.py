"""Generates what the sandbox holds: a provider's people, tickets and week of sessions."""
