"""The appliance side of the sandbox: a BeyondTrust Remote Support appliance as far as integrations see it."""

from bt_autotask_sync.sandbox.appliance.server import ApplianceServer

__all__ = ["ApplianceServer"]
