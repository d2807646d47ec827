"""Breaks the delivery protocol in one way after the other, and shows that the simulator sees each."""
