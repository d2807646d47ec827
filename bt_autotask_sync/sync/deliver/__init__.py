"""Creates what is missing: one create after the other on record, refusals, impersonation."""
