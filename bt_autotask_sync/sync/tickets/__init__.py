"""Tickets for sessions that name none: whether one is made, from what, and how its number gets into the session."""
