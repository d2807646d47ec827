"""The command line: parses, wires, prints."""

from __future__ import annotations


def main() -> None:
    """Run the command line."""
