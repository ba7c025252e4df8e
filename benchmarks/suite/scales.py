"""From figures to places on a chart, and the round numbers that an axis shows."""
import math


class Logarithmic:
    """A figure between `low` and `high` becomes a place between `start` and `end`."""

    def __init__(self, low, high, start, end):
        self._low, self._high = math.log10(low), math.log10(high)
        self._start, self._end = start, end
        self.low, self.high = low, high

    def place(self, value):
        share = (math.log10(value) - self._low) / (self._high - self._low)
        return self._start + share * (self._end - self._start)

    def ticks(self):
        """1, 2 and 5 of each power of ten within the scale."""
        powers = range(math.floor(self._low), math.ceil(self._high) + 1)
        every = [lead * 10.0**power for power in powers for lead in (1, 2, 5)]
        return [value for value in every if self.low * 0.999 <= value <= self.high * 1.001]


def around(values):
    """Round bounds of a logarithmic scale that holds all values with a little air."""
    return _step(min(values) / 1.1, math.floor), _step(max(values) * 1.1, math.ceil)


def _step(value, round_off):
    """The nearest of 1, 2, 5 times a power of ten, downwards or upwards."""
    power = 10.0 ** math.floor(math.log10(value))
    leads = [1, 2, 5, 10]
    if round_off is math.floor:
        return power * max(lead for lead in leads if lead * power <= value * 1.0001)
    return power * min(lead for lead in leads if lead * power >= value * 0.9999)


def short(value):
    """`2M`, `500k`, `80`, `0.5`."""
    for size, mark in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.3g}{mark}"
    return f"{value:.3g}"


def apart(places, gap):
    """The same places in the same order, moved down just enough that neighbours are `gap` apart."""
    order = sorted(range(len(places)), key=lambda index: places[index])
    moved, last = list(places), -math.inf
    for index in order:
        moved[index] = last = max(places[index], last + gap)
    return moved
