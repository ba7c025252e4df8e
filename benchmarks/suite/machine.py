"""The machine and the moment of a run, as facts that a reader needs to judge the numbers."""
import os
import platform
import subprocess
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from suite import places


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


def look():
    """This machine, now."""
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
        made = subprocess.run(["git", *words], cwd=places.PROJECT, capture_output=True, text=True)
    except FileNotFoundError:
        return ""
    return made.stdout.strip() if made.returncode == 0 else ""
