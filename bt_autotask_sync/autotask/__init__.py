"""Autotask PSA: its REST API, and its records as frozen entities."""
