"""One measurement at a time on a machine that several people use.

When SEATCAST_BENCH_LOCK names a file, each build and each measurement holds an exclusive lock on it (`flock`),
and lets go in between, so that two runs of the suite, or anything else that takes the same lock, alternate.
"""
import contextlib
import fcntl
import os

VARIABLE = "SEATCAST_BENCH_LOCK"


@contextlib.contextmanager
def held():
    """Holds the lock for the length of the block; without the variable it is free."""
    path = os.environ.get(VARIABLE)
    if not path:
        yield
        return
    with open(path, "a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
