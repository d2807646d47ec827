"""The test button: every setting tried against the live systems, each finding with its mend. Nothing is written."""
