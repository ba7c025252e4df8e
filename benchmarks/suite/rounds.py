"""The order of a run: within each round the contestants take turns, case by case.

A contestant that fails is judged by its kind: a floor or seatcast ends the run, a peer is taken out and named.
A contestant that cannot hold half of a rate is not asked for higher ones.
"""
from suite import contestants, measurement
from suite.failure import Failure
from suite.results import Results

# Below this share of what is offered a higher rate shows nothing new.
HOPELESS = 0.5


class Turns:
    """Goes through a plan; results grow as it goes."""

    def __init__(self, plan, field, programs, progress):
        self._plan = plan
        self._field = field
        self._programs = programs
        self._progress = progress
        self._hopeless = {}
        self.results = Results()

    def run(self):
        for number, case, contestant in schedule(self._plan, self._field):
            if contestant.name in self.results.failures or self._is_hopeless(case, contestant):
                self._progress.skip(case)
            else:
                self._take(number, case, contestant)
        return self.results

    def _take(self, number, case, contestant):
        self._progress.begin(number, case, contestant)
        try:
            made = measurement.measure(case, contestant, number, self._programs)
        except Failure as failure:
            self._judge(case, contestant, failure)
        else:
            self.results.add(made)
            self._note_rate(case, contestant, made.figures)
            self._progress.end(case, made.figures)

    def _judge(self, case, contestant, failure):
        sentence = f"{case.title}: {failure}"
        if contestant.kind != contestants.PEER:
            raise Failure(f"{contestant.name}, {sentence}") from failure
        self.results.withdraw(contestant.name, sentence)
        self._progress.fail(case, sentence)

    def _is_hopeless(self, case, contestant):
        return case.table == "rate" and case.rate > self._hopeless.get(contestant.name, case.rate)

    def _note_rate(self, case, contestant, figures):
        if case.table == "rate" and figures.get("deliveries_per_second", 0) < HOPELESS * case.offered:
            known = self._hopeless.get(contestant.name, case.rate)
            self._hopeless[contestant.name] = min(known, case.rate)


def schedule(plan, field):
    """Round, case and contestant of each measurement in order: A B C, A B C; absent ones are left out."""
    most = max((case.rounds for case in plan), default=0)
    return [
        (number, case, field.present[name])
        for number in range(1, most + 1)
        for case in plan
        if number <= case.rounds
        for name in case.contestants
        if name in field.present
    ]
