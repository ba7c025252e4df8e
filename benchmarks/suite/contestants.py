"""Who takes part: the floors, seatcast in its settings, and the peers that are installed.

A contestant is a name, a label for tables, and what to start; servers.py starts it. Peers are folders of
benchmarks/peers with `probe` and `start`; `probe` says in one sentence what is missing where a peer cannot run.
"""
import shlex
import subprocess
from dataclasses import dataclass

from suite import places

FLOOR, SEATCAST, PEER = "floor", "seatcast", "peer"


@dataclass(frozen=True)
class Contestant:
    name: str
    label: str
    kind: str
    # What the command line gets besides the port and a scratch folder.
    arguments: tuple = ()
    # What LoadGenerator must be told to talk to it.
    load_options: tuple = ()
    loops: int = 1


def _floor(name, label, style, sender):
    return Contestant(name, label, FLOOR, ("--style", style, "--sender", sender))


FLOORS = (
    _floor("floor-send", "floor, send", "each", "send"),
    _floor("floor-io_uring", "floor, io_uring", "each", "io_uring"),
    _floor("joined-send", "floor joined, send", "joined", "send"),
    _floor("rolling-send", "floor rolling, send", "rolling", "send"),
    _floor("rolling-io_uring", "floor rolling, io_uring", "rolling", "io_uring"),
)

# Certificates that tests and benchmarks speak TLS with; LoadGenerator takes any.
CERTIFICATE = places.PROJECT / "Tests" / "Certificates" / "localhost-test-certificate.pem"
KEY = places.PROJECT / "Tests" / "Certificates" / "localhost-test-key.pem"
TLS_LOAD = ("--tls", "yes")

SECURE = (
    Contestant("floor-tls", "floor, TLS", FLOOR,
               ("--style", "each", "--sender", "send", "--tls", f"{CERTIFICATE},{KEY}"), TLS_LOAD),
    Contestant("seatcast-tls", "**seatcast**, TLS", SEATCAST,
               ("--tls-cert", str(CERTIFICATE), "--tls-key", str(KEY)), TLS_LOAD),
)

SEATCASTS = (
    Contestant("seatcast", "**seatcast**", SEATCAST),
    Contestant("seatcast-send", "**seatcast**, send", SEATCAST, ("--sender", "send")),
    Contestant("seatcast-2-loops", "**seatcast**, two loops", SEATCAST, loops=2),
)

PEER_LABELS = {
    "uwebsockets": "uWebSockets",
    "nchan": "nginx nchan",
    "swift-nio": "swift-nio",
    "node-ws": "Node ws",
}


@dataclass(frozen=True)
class Field:
    """Everybody who can run here, by name, and why each of the others cannot."""

    present: dict
    absent: dict

    def label(self, name):
        known = self.present.get(name)
        return known.label if known else LABELS.get(name, name)


LABELS = {each.name: each.label for each in FLOORS + SEATCASTS + SECURE} | PEER_LABELS


def gather(programs):
    """Probes the machine and the peers."""
    present, absent = {}, {}
    ring = has_ring(programs)
    for each in FLOORS + SEATCASTS + SECURE:
        if each.name.endswith("io_uring") and not ring:
            absent[each.name] = "this kernel does not grant io_uring"
        else:
            present[each.name] = each
    for name, label in PEER_LABELS.items():
        missing = _missing(name)
        if missing is None:
            present[name] = Contestant(name, label, PEER, load_options=_options(name))
        else:
            absent[name] = missing
    return Field(present, absent)


def has_ring(programs):
    """Whether the kernel grants io_uring; containers often forbid it."""
    words = [str(programs.floor), "--sender", "io_uring", "--check", "yes"]
    return subprocess.run(words, capture_output=True).returncode == 0


def _missing(name):
    """What keeps the peer from running here, in one sentence; None: nothing."""
    probe = places.PEERS / name / "probe"
    if not probe.exists():
        return f"benchmarks/peers/{name} is not there"
    try:
        made = subprocess.run([str(probe)], capture_output=True, text=True, timeout=60)
    except subprocess.TimeoutExpired:
        return "its probe took more than a minute"
    if made.returncode == 0:
        return None
    sentence = " ".join(made.stdout.split()).rstrip(".")
    return sentence or f"its probe ended with status {made.returncode} and said nothing"


def _options(name):
    file = places.PEERS / name / "options"
    return tuple(shlex.split(file.read_text())) if file.exists() else ()
