"""BeyondTrust Remote Support: its API calls, and its reports as frozen sessions."""
