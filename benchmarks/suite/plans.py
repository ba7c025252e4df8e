"""What `quick` and `full` measure: as many broadcasts and rounds as fit into two minutes and an hour on two cores.

Where a machine is slower, later rounds are left out. The expected seconds of a case are about what it took here.
"""
import math

from suite import cases

# What measuring may take; building comes before, and starting and writing take a few seconds more.
BUDGETS = {"quick": 110, "full": 55 * 60}

PLAIN_FLOORS = ("floor-send", "floor-io_uring")
ROLLING_FLOORS = ("rolling-send", "rolling-io_uring")
PEERS = ("uwebsockets", "swift-nio", "nchan", "node-ws")
BOTH = ("seatcast", "seatcast-send")
SECURE = ("floor-tls", "seatcast-tls")

# Notices per second of the throughput over latency curve.
RATES = (5, 10, 20, 40, 100, 200, 300)


def quick():
    """The floors, seatcast and uWebSockets on the questions that matter most."""
    few = (*PLAIN_FLOORS, "seatcast", "uwebsockets")
    rolling = (*ROLLING_FLOORS, "seatcast", "uwebsockets")
    newcomers = ("rolling-send", "seatcast", "uwebsockets")
    return [
        cases.one_at_a_time(1_000, 200, few, rounds=3, seconds=1.3),
        cases.one_at_a_time(10_000, 20, few, rounds=3, seconds=2.5),
        cases.outstanding(10_000, 32, 160, rolling, rounds=3, seconds=1.6),
        cases.connecting(10_000, 10, 100, 50, newcomers, rounds=1, seconds=3.2),
        cases.idle(10_000, ("seatcast",), rounds=1, seconds=1.6),
        cases.secure(10_000, 12, SECURE, rounds=1, seconds=7.5),
        cases.idle(10_000, ("seatcast-tls",), rounds=1, seconds=7.0, name="idle-tls"),
    ]


def full():
    """Everybody, on every row of the target table that one machine and an hour can show."""
    everybody = (*PLAIN_FLOORS, *BOTH, *PEERS)
    waiting = ("floor-send", "joined-send", *ROLLING_FLOORS, *BOTH, *PEERS)
    return [
        cases.one_at_a_time(1_000, 400, everybody, rounds=5, seconds=4.0),
        cases.one_at_a_time(10_000, 40, everybody, rounds=5, seconds=5.0),
        cases.outstanding(10_000, 32, 320, waiting, rounds=3, seconds=10.0),
        cases.several_loops(10_000, 2, 60, ("seatcast", "seatcast-2-loops"), rounds=5, seconds=6.0),
        cases.idle(10_000, (*ROLLING_FLOORS, *BOTH, *PEERS), rounds=3, seconds=4.0),
        cases.secure(10_000, 40, SECURE, rounds=3, seconds=12.0),
        cases.idle(10_000, SECURE, rounds=2, seconds=6.0, name="idle-tls"),
        cases.handshakes(10_000, ("floor-send", *BOTH, *PEERS), rounds=5, seconds=4.0),
        cases.connecting(10_000, 10, 500, 50, ("rolling-send", *BOTH, *PEERS), rounds=3, seconds=14.0),
        *[_at_rate(rate) for rate in RATES],
        *[
            cases.stalled(10_000, number, 200, 2_000, ("seatcast",), rounds=3, seconds=13.0)
            for number in (0, 1, 1_000)
        ],
    ]


def _at_rate(rate):
    """Four seconds of bookings or 40, which a server that falls behind may stretch to a minute."""
    who = ("floor-send", *ROLLING_FLOORS, *BOTH, *PEERS)
    return cases.open_loop(10_000, rate, max(40, 4 * rate), who, rounds=3, seconds=8.0)


def budget(mode, rounds):
    """Seconds; a number of rounds that somebody asked for is measured however long it takes."""
    return math.inf if rounds else BUDGETS[mode]


def expected_seconds(schedule):
    return [case.seconds for _, case, _ in schedule]
