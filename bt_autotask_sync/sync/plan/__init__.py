"""What a session puts on its ticket: notes, time entries and their billing. It asks nobody."""
