"""Autotask's REST API, as far as the job needs it, strict about what the real one refuses."""

from bt_autotask_sync.sandbox.autotask.server import AutotaskServer, Credentials

__all__ = ["AutotaskServer", "Credentials"]
