"""Outbound events: what the appliance tells HTTP recipients by itself, and how stubbornly."""
