"""The mode churn: connections come and go, each with a token and a subscription, while a thousand others stay and are told
of bookings. The server's memory is read all the time; flat means that it does not move by more than 2 % once a tenth
of the connections have come.
"""
import re
import time
from pathlib import Path

from suite import contestants, servers, system
from suite.contestants import SEATCAST, Contestant
from suite.system import Failure, say

SUBSCRIBERS, RATE = 1_000, 1
# Of the memory, between the first tenth and the end.
TOLERANCE = 0.02
ROWS = 20
ACCEPTED = re.compile(r"^seatcast_connections_accepted_total\{[^}]*\} (\d+)$", re.MULTILINE)


def run(options):
    programs = contestants.build(say) if options.build else contestants.find()
    division = system.divide(1)
    with system.locked(), servers.running(Contestant("seatcast", "seatcast", SEATCAST), programs, division.server) as server:
        samples = Samples(server)
        words = ["connect", "--subscribers", SUBSCRIBERS, "--rate", RATE, "--connects", options.connects,
                 "--per-second", options.per_second]
        say(f"{options.connects:,} connections, {options.per_second:,}/s, beside {SUBSCRIBERS:,} who stay ...")
        patience = int(options.connects / options.per_second * 3) + 120
        servers.load(programs, server, words, division.client, seconds=patience, watch=samples.take)
        samples.take()
    print(table(samples.rows))
    print(verdict(samples.rows, options.connects))
    return 0 if is_flat(samples.rows, options.connects) else 1


class Samples:
    """Rows of seconds, connections accepted, and resident bytes: all of them, and those that are no file's."""

    def __init__(self, server):
        self._server = server
        self._start = time.monotonic()
        self.rows = []

    def take(self):
        metrics = servers.read(f"http://127.0.0.1:{self._server.port}", "/metrics")
        status = Path(f"/proc/{self._server.pid}/status").read_text()
        self.rows.append((
            time.monotonic() - self._start, accepted(metrics),
            system.kibibytes(status, "VmRSS") * 1024, system.kibibytes(status, "RssAnon") * 1024,
        ))


def accepted(metrics):
    """The sum over all loops."""
    found = ACCEPTED.findall(metrics)
    if not found:
        raise Failure("The server's metrics do not count accepted connections.")
    return sum(int(each) for each in found)


def _judged(rows, connects):
    return [row for row in rows if row[1] >= connects / 10]


def spread(rows, connects):
    """The smallest and the largest resident bytes that count, of all of the process."""
    counted = [row[2] for row in _judged(rows, connects)]
    return (min(counted), max(counted)) if counted else (0, 0)


def is_flat(rows, connects):
    low, high = spread(rows, connects)
    # Half of the way from the smallest to the largest is the distance from the middle.
    return low > 0 and (high - low) / 2 <= TOLERANCE * (high + low) / 2


def verdict(rows, connects):
    low, high = spread(rows, connects)
    word = "flat" if is_flat(rows, connects) else "NOT flat"
    middle = (high + low) / 2 or 1
    return (f"{word}: {low / 1e6:.1f} to {high / 1e6:.1f} MB resident (±{(high - low) / 2 / middle:.1%}) from "
            f"{connects // 10:,} connections on")


def table(rows):
    """Some of the rows at even distances, the first and the last among them."""
    step = max(1, (len(rows) - 1) / ROWS)
    places = sorted({min(len(rows) - 1, round(number * step)) for number in range(ROWS + 1)}) if rows else []
    lines = ["| s | connections | resident MB | of them anonymous MB |", "|---|---|---|---|"]
    for place in places:
        seconds, count, resident, anonymous = rows[place]
        lines.append(f"| {seconds:.0f} | {count:,} | {resident / 1e6:.2f} | {anonymous / 1e6:.2f} |")
    return "\n".join(lines)
