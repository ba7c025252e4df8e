"""Stand-ins for what the suite starts, and made-up measurements; no test needs a build."""
import stat
import textwrap
from pathlib import Path

from suite import contestants, plans
from suite.contestants import FLOOR, PEER, SEATCAST, Contestant, Field
from suite.servers import Measurement

ONES = plans.one_at_a_time(10_000, 10, ("floor-send", "floor-io_uring", "seatcast", "uwebsockets"), 3, 1.0)


def field(absent=()):
    every = (
        Contestant("floor-send", "floor, send", FLOOR),
        Contestant("floor-io_uring", "floor, io_uring", FLOOR),
        Contestant("seatcast", "**seatcast**", SEATCAST),
        Contestant("uwebsockets", "uWebSockets", PEER),
    )
    return Field({each.name: each for each in every if each.name not in absent},
                 {name: "it is not installed" for name in absent})


def measured(case, contestant, **series):
    """Measurements of rounds 1, 2, ...: one list per key."""
    length = len(next(iter(series.values())))
    return [
        Measurement(case, contestant, number + 1, {key: values[number] for key, values in series.items()})
        for number in range(length)
    ]


SERVER = """
    import sys, time
    print("listening on http://127.0.0.1:4711", flush=True)
    time.sleep(60)
"""
LOAD = """
    import sys
    words = dict(zip(sys.argv[2::2], sys.argv[3::2]))
    print("mode=" + sys.argv[1], "subscribers=" + words["--subscribers"], "last_p50_ms=1.5")
"""
BROKEN_LOAD = """
    import sys
    print("subscriber 7 got seq 9 after seq 7", file=sys.stderr)
    sys.exit(1)
"""


def program(folder, name, source):
    """A Python script that can be started by its path."""
    path = Path(folder) / name
    path.write_text("#!/usr/bin/env python3" + textwrap.dedent(source))
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def programs(folder, server=SERVER, load=LOAD):
    floor = program(folder, "floor", server)
    return contestants.Programs(seatcast=floor, floor=floor, load=program(folder, "load", load), micro=floor)
