"""Puts every ended BeyondTrust Remote Support session on its Autotask ticket, exactly once."""

__version__ = "0.1.0"
