"""Python's cyclic collector, set for a server.

What a request or an event leaves behind is freed by its reference count; the collector only finds cycles,
and those are few here. As Python sets it, it looks after every 700 new containers and walks a batch of a
thousand events again and again while it is being worked on: a quarter of a consumer's processor time.
"""

import gc

_NEW_CONTAINERS = 50_000  # a few megabytes at most wait for the collector


def look_seldom() -> None:
    """Call once everything that stays for good has been made: it is never walked again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_CONTAINERS, 20, 20)
