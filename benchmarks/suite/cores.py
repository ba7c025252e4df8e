"""Which cores the server and the load client get.

With two cores or more they never share one. With more than two the client gets up to three, because a client that is
slower than the server measures itself. A server with two loops needs four cores to be pinned; below that the
scheduler decides, and the document says so.
"""
import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Division:
    """Cores of each side (None: wherever the scheduler likes), and threads of the client."""

    server: frozenset | None
    client: frozenset | None
    client_threads: int


def divide(loops, available=None):
    """A division for a server with this many loops."""
    cores = sorted(os.sched_getaffinity(0) if available is None else available)
    if loops == 1 and len(cores) >= 2:
        client = cores[1:4]
        return Division(frozenset(cores[:1]), frozenset(client), len(client))
    if loops > 1 and len(cores) >= 2 * loops:
        client = cores[loops : 2 * loops]
        return Division(frozenset(cores[:loops]), frozenset(client), len(client))
    return Division(None, None, max(1, min(loops, len(cores))))
