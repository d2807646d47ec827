"""How the two products of a varied scene behave where their documents leave it open."""

from __future__ import annotations

from random import Random

from bt_autotask_sync.sandbox.switches import Switches


def habits(random: Random, seed: int, *, tickets: bool) -> Switches:
    """Draw the positions of the sandbox's switches; those of running sessions only where tickets are made."""
    switches = Switches()
    switches.change(
        {
            "refusals": random.choice((500, 200)),
            "retry_after": random.random() < 0.5,
            "missing_item": random.choice(("null", "404")),
            "nothing_found": random.choice(("root-error", "empty-list", "list-error", "nested")),
            "listing": random.choice(("available", "available", "forbidden", "document-not-found")),
            "date_suffix": random.choice(("Z", "none")),
            "report_lag_seconds": random.choice((0.0, 0.0, 200.0)),
            "query_lag_seconds": random.choice((0.0, 0.0, 0.0, 2.0)),
            "hourly_limit": random.choice((429, 500)),
        }
    )
    # Drawn apart, so that the other habits of a seed stay what they were.
    apart = Random(f"impersonation-{seed}")
    switches.change(
        {"impersonation": apart.choice(("allowed", "allowed", "refused", "refused-otherwise", "turned-away"))}
    )
    if tickets:
        switches.change(
            {
                "running_lag_seconds": random.choice((0.0, 20.0, 90.0)),
                "external_key_attribute": random.choice(("never", "when-set", "always")),
            }
        )
    return switches
