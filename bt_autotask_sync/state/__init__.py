"""All of the state directory: ledger, queue, runs, lock and inbox, and the words for states."""
