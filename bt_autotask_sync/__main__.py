"""`python -m bt_autotask_sync` is the command itself."""

from bt_autotask_sync.cli import main

main()
