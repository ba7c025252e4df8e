"""Whether this machine can hold so many connections, judged before anything is started.

Both ends of each connection are here: two sockets in the kernel and two records in user space.
"""
import resource
from dataclasses import dataclass
from pathlib import Path

from suite import machine
from suite.failure import UNAVAILABLE, Failure

# Kernel memory of both ends (2 x 4.2 KB), the server's 600 bytes and the client's 400, with some air.
BYTES_PER_SUBSCRIBER = 10_000
# Descriptors of a table that are no subscriber's: listener, epoll, wake-ups, files of the database.
SPARE_DESCRIPTORS = 200
# SO_REUSEPORT deals connections out by hash, so the fullest table gets somewhat more than its share.
UNEVENNESS = 1.05


@dataclass(frozen=True)
class Capacity:
    available_bytes: int
    # Hard limit of descriptors in one table.
    descriptors: int
    # Files that the whole system may still open.
    files: int


def look():
    """What this machine has to offer now."""
    available = machine.kibibytes(Path("/proc/meminfo").read_text(), "MemAvailable") * 1024
    allocated, _, most = Path("/proc/sys/fs/file-nr").read_text().split()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard == resource.RLIM_INFINITY:
        hard = int(Path("/proc/sys/fs/nr_open").read_text())
    return Capacity(min(available, _limit_of_group()), hard, int(most) - int(allocated))


def _limit_of_group():
    """The memory limit of our control group, in either version's files; very much without one."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if "memory" in controllers.split(","):
            file = Path("/sys/fs/cgroup/memory" + path) / "memory.limit_in_bytes"
        elif not controllers:
            file = Path("/sys/fs/cgroup" + path) / "memory.max"
        else:
            continue
        try:
            return int(file.read_text())
        except (OSError, ValueError):
            pass
    return 1 << 62


def require(subscribers, loops, capacity):
    """A Failure that says what is missing, when it is."""
    wanted = subscribers * BYTES_PER_SUBSCRIBER
    if capacity.available_bytes < wanted:
        raise Failure(
            f"{subscribers:,} subscribers need about {wanted / 1e9:.1f} GB of memory (both ends are here), and "
            f"{capacity.available_bytes / 1e9:.1f} GB are available; --subscribers takes a smaller number.",
            UNAVAILABLE)
    per_table = int(subscribers / loops * UNEVENNESS) + SPARE_DESCRIPTORS
    if capacity.descriptors < per_table:
        least = -int(-subscribers * UNEVENNESS // max(1, capacity.descriptors - SPARE_DESCRIPTORS))
        raise Failure(
            f"{subscribers:,} subscribers on {loops} loops need {per_table:,} descriptors in each table, and the hard "
            f"limit is {capacity.descriptors:,}; --loops {least} would do, or a higher limit (ulimit -Hn).",
            UNAVAILABLE)
    if capacity.files < 2 * subscribers:
        raise Failure(
            f"{subscribers:,} subscribers need {2 * subscribers:,} open files, and the system has room for "
            f"{capacity.files:,}; raise fs.file-max with sysctl.", UNAVAILABLE)
