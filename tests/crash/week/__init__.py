"""A provider's week in virtual time, lived through by the program in one way or another, and what stands in the end."""
