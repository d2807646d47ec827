"""The checkpoint file: what the program knows of every session, and who may work with it."""
