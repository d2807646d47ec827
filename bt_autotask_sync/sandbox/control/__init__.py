"""The endpoints under `/sandbox/` that steer the sandbox."""
