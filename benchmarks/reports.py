"""A report of many sessions, as the sandbox's appliance gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bt_autotask_sync.sandbox.adapter import SandboxAdapter
