"""Finds what a session names: its ticket by the external key, and its people."""
