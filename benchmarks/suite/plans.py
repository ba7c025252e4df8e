"""What `quick` and `full` measure. The numbers of broadcasts and rounds are what fits into two minutes and an hour
on two cores; the expected seconds only feed the estimate of the remaining time.
"""
from suite import cases

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
    return [
        cases.one_at_a_time(1_000, 200, few, rounds=3, seconds=2.0),
        cases.one_at_a_time(10_000, 20, few, rounds=3, seconds=3.0),
        cases.outstanding(10_000, 32, 160, rolling, rounds=2, seconds=2.5),
        cases.connecting(10_000, 10, 100, 50, ("rolling-send", "seatcast", "uwebsockets"), rounds=1, seconds=4.0),
        cases.idle(10_000, ("seatcast",), rounds=1, seconds=2.0),
        cases.secure(10_000, 12, SECURE, rounds=1, seconds=6.0),
        cases.idle(10_000, ("seatcast-tls",), rounds=1, seconds=5.0, name="idle-tls"),
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
    """Six seconds of bookings, which a server that falls behind may stretch to a minute."""
    who = ("floor-send", *ROLLING_FLOORS, *BOTH, *PEERS)
    return cases.open_loop(10_000, rate, 6 * rate, who, rounds=3, seconds=9.0)


def expected_seconds(schedule):
    return [case.seconds for _, case, _ in schedule]
