"""The job: discover, match, plan, compare, deliver."""
