"""The seeded fault simulator: whole runs against the sandbox without sockets, on virtual time, replayable by seed."""
