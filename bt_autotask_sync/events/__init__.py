"""Outbound events: receiving what the appliance tells, keeping it, and starting the ordinary run for it."""
