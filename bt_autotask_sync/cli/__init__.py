"""The command line: parses, wires, prints."""

from __future__ import annotations


def main() -> None:
    """Run the command line; what it does ends up in the process's exit code."""
    from bt_autotask_sync.cli.app import app  # noqa: PLC0415 - a bare import of the package stays free of typer

    app()
