"""Finds what ended: the listing, reports, late surveys and outbound events."""
