"""Where things are: the project's folders, and the programs once they are built.

Everything is found from this file's own place, so the suite can be started from anywhere.
"""
import subprocess
from dataclasses import dataclass
from pathlib import Path

from suite.failure import UNAVAILABLE, Failure

BENCHMARKS = Path(__file__).resolve().parent.parent
PROJECT = BENCHMARKS.parent
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


def find():
    """The programs of the last build in release; a Failure when one is missing."""
    server, tools = _folder(SERVER_BUILD), _folder(TOOLS_BUILD)
    programs = Programs(
        seatcast=server / "seatcast",
        floor=tools / "SpeedOfLight",
        load=tools / "LoadGenerator",
        micro=tools / "Micro",
    )
    for program in (programs.seatcast, programs.floor, programs.load):
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
