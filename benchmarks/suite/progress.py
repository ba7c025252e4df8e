"""What a person at the terminal sees of a run: which measurement, its figures, the time that is left.

The estimate begins with what the plan expects and is corrected by how long things really took.
"""
import sys
import time

SHOWN = (
    ("cpu_seconds_per_million", "CPU {:.2f} s/M"),
    ("deliveries_per_second", "{:,.0f} deliveries/s"),
    ("last_p50_ms", "last p50 {:.1f} ms"),
    ("connect_p50_ms", "connect p50 {:.1f} ms"),
    ("connect_p99_ms", "p99 {:.1f} ms"),
    ("handshakes_per_second", "{:,.0f} handshakes/s"),
)
IDLE = (("bytes_per_subscriber", "{:,.0f} bytes per subscriber"),)


def say(sentence):
    print(sentence, file=sys.stderr, flush=True)


class Progress:
    def __init__(self, measurements, clock=time.monotonic, output=say):
        """`measurements`: the expected seconds of each, in order."""
        self._left = sum(measurements)
        self._count = len(measurements)
        self._number = 0
        self._expected = 0.0
        self._spent = 0.0
        self._clock = clock
        self._output = output
        self._began = 0.0

    @property
    def seconds_left(self):
        return self._left * self._pace

    def fits(self, case, seconds):
        """Whether all measurements so far and one of this case stay within so many seconds."""
        return self._spent + case.seconds * self._pace <= seconds

    @property
    def _pace(self):
        """How long things take beside what was expected of them."""
        return self._spent / self._expected if self._expected else 1.0

    def begin(self, round_number, case, contestant):
        self._number += 1
        place = f"{self._number}/{self._count}, {duration(self.seconds_left)} left"
        self._output(f"[{place}] round {round_number}: {case.title}: {contestant.name}")
        self._began = self._clock()

    def end(self, case, figures):
        self._output(f"    {self._account(case):.1f} s: {summary(figures)}")

    def fail(self, case, sentence):
        self._account(case)
        self._output("    no figure: " + sentence)

    def skip(self, case):
        self._number += 1
        self._left -= case.seconds

    def _account(self, case):
        took = self._clock() - self._began
        self._left -= case.seconds
        self._expected += case.seconds
        self._spent += took
        return took


def summary(figures):
    """The few figures that tell how it went."""
    shown = IDLE if figures.get("mode") == "idle" else SHOWN
    known = [(key, words) for key, words in shown if isinstance(figures.get(key), float)]
    return ", ".join(words.format(figures[key]) for key, words in known)


def duration(seconds):
    """In words: `about 3 min`."""
    if seconds < 90:
        return f"about {max(1, round(seconds))} s"
    return f"about {round(seconds / 60)} min"
