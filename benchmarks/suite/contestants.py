"""Who takes part: the floors, seatcast in its settings, and the peers that are installed; and their programs.

A contestant is a name, a label for tables, and what to start; servers.py starts it. Peers are folders of
benchmarks/peers with `probe` and `start`; `probe` says in one sentence what is missing where a peer cannot run.
"""
import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from suite import system
from suite.system import PROJECT, UNAVAILABLE, Failure

BENCHMARKS = PROJECT / "benchmarks"
PEERS = BENCHMARKS / "peers"
RESULTS = BENCHMARKS / "results"
THRESHOLDS = BENCHMARKS / "suite" / "thresholds.json"

SERVER_BUILD = ["swift", "build", "-c", "release"]
# Micro reaches into the product's modules, hence testing is enabled for this package.
TOOLS_BUILD = SERVER_BUILD + ["--package-path", str(BENCHMARKS), "-Xswiftc", "-enable-testing"]


@dataclass(frozen=True)
class Programs:
    """What a run starts."""

    seatcast: Path
    floor: Path
    load: Path
    micro: Path


def find(wanted=("seatcast", "floor", "load")):
    """The programs of the last build in release; a Failure when one of the wanted is missing."""
    server, tools = _folder(SERVER_BUILD), _folder(TOOLS_BUILD)
    programs = Programs(
        seatcast=server / "seatcast",
        floor=tools / "SpeedOfLight",
        load=tools / "LoadGenerator",
        micro=tools / "Micro",
    )
    for program in (getattr(programs, name) for name in wanted):
        if not program.exists():
            raise Failure(f"{program.name} is not built; run without --no-build.", UNAVAILABLE)
    return programs


def _folder(build):
    try:
        made = subprocess.run(
            build + ["--show-bin-path"], cwd=PROJECT, capture_output=True, text=True, check=True
        )
    except FileNotFoundError:
        raise Failure("swift was not found; script/bootstrap says where to get it.", UNAVAILABLE)
    except subprocess.CalledProcessError as error:
        raise Failure(f"swift does not tell where it builds: {error.stderr.strip()}", UNAVAILABLE)
    return Path(made.stdout.strip())


def build(say, only_micro=False):
    """What a run starts, newly built in release. A Failure when it does not compile.

    Only Micro compiles the product's modules a second time, so it is built only for the mode that runs it.
    """
    say("building in release ...")
    tools = [TOOLS_BUILD + ["--product", name] for name in ("SpeedOfLight", "LoadGenerator")]
    server = SERVER_BUILD + ["--product", "seatcast"]
    for words in [TOOLS_BUILD + ["--product", "Micro"]] if only_micro else [server, *tools]:
        with system.locked():
            _run(words)
    return find(("micro",) if only_micro else ("seatcast", "floor", "load"))


def _run(words):
    try:
        compiler = system.Child(words, output=sys.stderr, errors=sys.stderr, folder=PROJECT)
    except FileNotFoundError:
        raise Failure("swift was not found; script/bootstrap says where to get it.", UNAVAILABLE)
    with compiler:
        if compiler.wait() != 0:
            raise Failure(f"'{' '.join(words)}' failed; its messages are above.")


# Who takes part

# A probe may build its peer.
PROBE_SECONDS = 300

FLOOR, SEATCAST, PEER, SQLITE = "floor", "seatcast", "peer", "sqlite"


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
    # Whether seatcast limits rates and hashes passwords as it does by default.
    limits: bool = False


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
CERTIFICATE = PROJECT / "Tests" / "Certificates" / "localhost-test-certificate.pem"
KEY = PROJECT / "Tests" / "Certificates" / "localhost-test-key.pem"
TLS_LOAD = ("--tls", "yes")

SECURE = (
    Contestant("floor-tls", "floor, TLS", FLOOR,
               ("--style", "each", "--sender", "send", "--tls", f"{CERTIFICATE},{KEY}"), TLS_LOAD),
    Contestant("seatcast-tls", "**seatcast**, TLS", SEATCAST,
               ("--tls-cert", str(CERTIFICATE), "--tls-key", str(KEY)), TLS_LOAD),
    Contestant("seatcast-tls-compact", "**seatcast**, compact TLS", SEATCAST,
               ("--tls-cert", str(CERTIFICATE), "--tls-key", str(KEY), "--tls-records", "compact"), TLS_LOAD),
)

PLAIN = Contestant("seatcast", "**seatcast**", SEATCAST)
SEATCASTS = (
    PLAIN,
    Contestant("seatcast-send", "**seatcast**, send", SEATCAST, ("--sender", "send")),
    Contestant("seatcast-2-loops", "**seatcast**, two loops", SEATCAST, loops=2),
    Contestant("seatcast-default", "**seatcast**, as by default on two cores", SEATCAST, loops=2, limits=True),
    Contestant("seatcast-limits", "**seatcast**, limits on", SEATCAST, limits=True),
    # All connections of that row come from one address, and only its user's limit is to refuse.
    Contestant("seatcast-user-limit", "**seatcast**, only the user's limit", SEATCAST,
               ("--limits", "requests-address=off,connections-address=off,handshakes-address=off"), limits=True),
)
BARE_LOOP = Contestant("floor-sqlite", "bare SQLite loop", SQLITE)

PEER_LABELS = {
    "uwebsockets": "uWebSockets",
    "nchan": "nginx nchan",
    "swift-nio": "swift-nio",
    "node-ws": "Node ws",
}


@dataclass(frozen=True)
class Field:
    """The contestants that can run here, by name, and why each of the others cannot."""

    present: dict
    absent: dict

    def label(self, name):
        known = self.present.get(name)
        return known.label if known else LABELS.get(name, name)


OURS = FLOORS + SEATCASTS + SECURE + (BARE_LOOP,)
LABELS = {each.name: each.label for each in OURS} | PEER_LABELS


def gather(programs):
    """Probes the machine and the peers."""
    present, absent = {}, {}
    ring = has_ring(programs)
    for each in OURS:
        if each.name.endswith("io_uring") and not ring:
            absent[each.name] = "this kernel does not grant io_uring"
        elif "--tls-records" in each.arguments and not _knows_flag(programs, "--tls-records"):
            absent[each.name] = "this seatcast has no --tls-records"
        else:
            present[each.name] = each
    for name, label in PEER_LABELS.items():
        missing = _missing(name)
        if missing is None:
            is_native = name == "uwebsockets" and os.environ.get("PEER_UWEBSOCKETS")
            label += ", native epoll" if is_native else ""
            present[name] = Contestant(name, label, PEER, load_options=_options(name))
        else:
            absent[name] = missing
    return Field(present, absent)


def has_ring(programs):
    """Whether the kernel grants io_uring; containers often forbid it."""
    words = [str(programs.floor), "--sender", "io_uring", "--check", "yes"]
    return subprocess.run(words, capture_output=True).returncode == 0


def _knows_flag(programs, flag):
    made = subprocess.run([programs.seatcast, "serve", "--help"], capture_output=True, text=True)
    return flag in made.stdout


def _missing(name):
    """What keeps the peer from running here, in one sentence; None: nothing."""
    probe = PEERS / name / "probe"
    if not probe.exists():
        return f"benchmarks/peers/{name} is not there"
    try:
        made = subprocess.run([str(probe)], capture_output=True, text=True, timeout=PROBE_SECONDS)
    except subprocess.TimeoutExpired:
        return f"its probe took more than {PROBE_SECONDS} s"
    if made.returncode == 0:
        return None
    sentence = " ".join(made.stdout.split()).rstrip(".")
    return sentence or f"its probe ended with status {made.returncode} and said nothing"


def _options(name):
    file = PEERS / name / "options"
    return tuple(shlex.split(file.read_text())) if file.exists() else ()
