"""Measurements of one run, and what is read from them: medians, spreads, and ratios of pairs.

A ratio is taken within each round, where the two contestants ran one after the other, and then the median of
the rounds: what disturbs a whole round disturbs both.
"""
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Spread:
    """The median of some rounds with the smallest and the largest."""

    middle: float
    low: float
    high: float

    @staticmethod
    def of(values):
        """None when there are no values."""
        values = list(values)
        return Spread(median(values), min(values), max(values)) if values else None


class Results:
    def __init__(self, measurements=()):
        self._figures = {}
        # Contestants that were taken out, by name, with the sentence that says why.
        self.failures = {}
        # Pairs of a contestant and a sentence: what it was too slow for.
        self.late = []
        for each in measurements:
            self.add(each)

    def add(self, measurement):
        rounds = self._figures.setdefault((measurement.case, measurement.contestant), {})
        rounds[measurement.round] = measurement.figures

    def note_late(self, contestant, sentence):
        if (contestant, sentence) not in self.late:
            self.late.append((contestant, sentence))

    def withdraw(self, contestant, sentence):
        """No figure of a contestant that failed is shown anywhere."""
        self.failures[contestant] = sentence
        self._figures = {key: value for key, value in self._figures.items() if key[1] != contestant}

    def contestants(self, case):
        return [who for (what, who) in self._figures if what == case]

    def has(self, case, contestant):
        return (case, contestant) in self._figures

    def values(self, case, contestant, key):
        """By round; rounds without that key are left out."""
        rounds = self._figures.get((case, contestant), {})
        known = ((number, figures.get(key)) for number, figures in rounds.items())
        return {number: value for number, value in known if isinstance(value, (int, float))}

    def spread(self, case, contestant, key):
        return Spread.of(self.values(case, contestant, key).values())

    def ratio(self, key, of, to):
        """`of` divided by `to`, each a pair of case and contestant; None without common rounds."""
        above, below = self.values(*of, key), self.values(*to, key)
        pairs = [above[number] / below[number] for number in above if below.get(number)]
        return Spread.of(pairs)
