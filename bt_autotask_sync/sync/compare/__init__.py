"""What is in Autotask already: look-ups, what they are worth, and unsettled creates."""
