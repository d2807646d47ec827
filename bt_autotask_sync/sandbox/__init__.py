"""Both products on loopback. It is the other side: nothing here imports the client."""
