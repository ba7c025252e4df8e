"""What a run needs of the machine: one way to fail, child processes, the lock between runs, facts and limits.

Each child leads a session of its own, so a Ctrl-C at the terminal reaches only the suite, which then stops its
children in order. Should the suite itself be killed, the kernel kills each child (PR_SET_PDEATHSIG).
"""
import contextlib
import ctypes
import fcntl
import os
import platform
import resource
import signal
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

# The folder of the project; everything is found from this file's place.
PROJECT = Path(__file__).resolve().parent.parent.parent

USAGE = 64  # the command line was wrong (EX_USAGE)
UNAVAILABLE = 69  # something that the run needs is not there (EX_UNAVAILABLE)


def say(sentence):
    """Tells the person at the terminal; standard output is for the document."""
    print(sentence, file=sys.stderr, flush=True)


class Failure(Exception):
    """Ends the run with this sentence."""

    def __init__(self, sentence, status=1):
        super().__init__(sentence)
        self.status = status


class Late(Failure):
    """A server was right but too slow to finish."""


class Interrupted(Exception):
    """A signal came; everything that was started must be stopped before the exit."""

    def __init__(self, number):
        super().__init__(number)
        self.status = 128 + number


# One measurement at a time

LOCK = "SEATCAST_BENCH_LOCK"


@contextlib.contextmanager
def locked():
    """Holds an exclusive lock on the file that the variable names, for the length of the block.

    Each build and each measurement holds it and lets go in between, so that two runs of the suite, or anything else
    that takes the same lock, alternate. Without the variable it is free.
    """
    path = os.environ.get(LOCK)
    if not path:
        yield
        return
    with open(path, "a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


# Processes

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)

PATIENCE = 20.0  # seconds between SIGTERM and SIGKILL


class Child:
    """A process with all that it starts; a context manager that stops it."""

    def __init__(self, words, *, output, errors, cores=None, environment=None, folder=None,
                 first=False):
        """`first`: it runs before all others on its core, where the system allows that."""
        self.words = [str(word) for word in words]
        self._process = subprocess.Popen(
            self.words,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            env=environment,
            cwd=folder,
            start_new_session=True,
            preexec_fn=_preparation(cores, first),
        )

    @property
    def pid(self):
        return self._process.pid

    def has_ended(self):
        return self._process.poll() is not None

    def wait(self, seconds=None):
        """The exit status; TimeoutError when it has not ended by then."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise TimeoutError from None

    def stop(self, patience=PATIENCE):
        """Asks it to end, and ends it and everything of its session when it does not."""
        if not self.has_ended():
            self._signal(signal.SIGTERM)
            try:
                self.wait(patience)
            except TimeoutError:
                pass
        self._signal(signal.SIGKILL)
        return self._process.wait()

    def _signal(self, number):
        try:
            os.killpg(self._process.pid, number)
        except ProcessLookupError:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def _preparation(cores, first):
    def in_the_child():
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if cores:
            os.sched_setaffinity(0, cores)
        if first:
            with contextlib.suppress(PermissionError):
                os.setpriority(os.PRIO_PROCESS, 0, -20)

    return in_the_child


def interrupt_on_signals():
    """Makes SIGINT, SIGTERM and SIGHUP an Interrupted, once: cleaning up is not interrupted again."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def raise_once(number, _):
        for each in numbers:
            signal.signal(each, signal.SIG_IGN)
        raise Interrupted(number)

    for each in numbers:
        signal.signal(each, raise_once)


# Facts for the document


@dataclass(frozen=True)
class Machine:
    cores: int
    processor: str
    memory_gib: float
    kernel: str
    load: str
    commit: str
    moment: datetime

    def describe(self):
        return f"{self.cores} x {self.processor}, {self.memory_gib:.0f} GiB, Linux {self.kernel}"


def machine_now():
    """This machine and this moment."""
    return Machine(
        cores=len(os.sched_getaffinity(0)),
        processor=processor(Path("/proc/cpuinfo").read_text()) or platform.machine(),
        memory_gib=kibibytes(Path("/proc/meminfo").read_text(), "MemTotal") / 1048576,
        kernel=platform.release().split("-")[0],
        load=load_average(),
        commit=_commit(),
        moment=datetime.now(timezone.utc),
    )


def load_average():
    """Over one, five and fifteen minutes, as the kernel prints it."""
    return " ".join(Path("/proc/loadavg").read_text().split()[:3])


def processor(cpuinfo):
    """The model's name in the text of /proc/cpuinfo; empty where the architecture gives none."""
    for line in cpuinfo.splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return ""


def kibibytes(text, name):
    """A row of /proc/meminfo or /proc/PID/status; 0 when it is missing."""
    for line in text.splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])
    return 0


def _commit():
    name = _git("rev-parse", "--short", "HEAD")
    if not name:
        return "no commit known"
    # Earlier results that were not committed yet change nothing that is measured.
    changed = _git("status", "--porcelain", "--", ".", ":!benchmarks/results")
    return name + (" with uncommitted changes" if changed else "")


def _git(*words):
    try:
        made = subprocess.run(["git", *words], cwd=PROJECT, capture_output=True, text=True)
    except FileNotFoundError:
        return ""
    return made.stdout.strip() if made.returncode == 0 else ""


# Cores. With two or more, server and client never share one. With more than two the client gets up to three, because
# a client that is slower than the server measures itself. A server with two loops needs four cores to be pinned;
# below that the scheduler decides, and the document says so.


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


# Room for many connections: both ends of each are here

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


def capacity_now():
    """What this machine has to offer."""
    available = kibibytes(Path("/proc/meminfo").read_text(), "MemAvailable") * 1024
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


def require_capacity(subscribers, loops, capacity):
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
