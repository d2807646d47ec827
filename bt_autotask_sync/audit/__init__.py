"""Holds the appliance, the ledger and Autotask against each other."""
