import unittest

from suite import plans, targets
from suite.results import Results
from suite.targets import Target
from suite.tests import fakes
from suite.tests.fakes import measured

RATIO = Target("CPU", "cpu", ("one", "seatcast"), 1.10, ("one", "floor-send"))
PEER = Target("CPU", "cpu", ("one", "seatcast"), 0.85, ("one", "uwebsockets"))
LIMIT = Target("memory", "bytes", ("idle", "seatcast"), 400, unit=" B")
AT_LEAST = Target("rate", "rate", ("one", "seatcast"), 1.5, ("one", "floor-send"), at_most=False)


def judged(target, measurements, field=None):
    return targets.judge(Results(measurements), field or fakes.field(), [target])[0]


class TargetTests(unittest.TestCase):
    def test_a_ratio_below_its_limit_is_met(self):
        row = judged(RATIO, measured("one", "seatcast", cpu=[1.0, 1.1]) + measured("one", "floor-send", cpu=[1.0, 1.0]))
        self.assertEqual(row.verdict, targets.MET)
        self.assertEqual((row.wanted, row.measured), ("≤ 1.10 x floor, send", "1.05 (1.00–1.10)"))
        self.assertEqual(row.beside, "1.05 against 1.00")

    def test_a_ratio_above_its_limit_is_missed(self):
        row = judged(RATIO, measured("one", "seatcast", cpu=[1.2]) + measured("one", "floor-send", cpu=[1.0]))
        self.assertEqual((row.verdict, row.measured), (targets.MISSED, "1.20"))

    def test_some_ratios_must_be_large(self):
        low = measured("one", "floor-send", rate=[100.0])
        self.assertEqual(judged(AT_LEAST, measured("one", "seatcast", rate=[160.0]) + low).verdict, targets.MET)
        self.assertEqual(judged(AT_LEAST, measured("one", "seatcast", rate=[140.0]) + low).verdict, targets.MISSED)

    def test_an_absolute_limit(self):
        row = judged(LIMIT, measured("idle", "seatcast", bytes=[399.0]))
        self.assertEqual((row.wanted, row.measured, row.verdict), ("≤ 400 B", "399 B", targets.MET))
        self.assertEqual(judged(LIMIT, measured("idle", "seatcast", bytes=[401.0])).verdict, targets.MISSED)

    def test_what_was_not_measured_says_why(self):
        seatcast = measured("one", "seatcast", cpu=[1.0])
        row = judged(PEER, seatcast, fakes.field(absent=("uwebsockets",)))
        self.assertEqual(row.verdict, "not measured: uWebSockets is absent")
        self.assertEqual(judged(LIMIT, []).verdict, "not measured: script/bench full")

    def test_a_contestant_that_failed_is_no_figure(self):
        results = Results(measured("one", "seatcast", cpu=[1.0]) + measured("one", "uwebsockets", cpu=[1.0]))
        results.withdraw("uwebsockets", "It lost a frame.")
        row = targets.judge(results, fakes.field(), [PEER])[0]
        self.assertEqual(row.verdict, "not measured: uWebSockets failed")


class TableTests(unittest.TestCase):
    def test_each_row_is_measured_by_the_mode_that_it_names(self):
        plan = {"script/bench quick": plans.quick(), "script/bench full": plans.full()}
        for target in targets.TARGETS:
            if target.where not in plan:
                continue
            asked = {(case.name, who) for case in plan[target.where] for who in case.contestants}
            with self.subTest(target=target.what, where=target.where):
                self.assertIn(target.of, asked)
                if target.to:
                    self.assertIn(target.to, asked)

    def test_what_quick_measures_full_measures_too(self):
        asked = {(case.name, who) for case in plans.full() for who in case.contestants}
        for target in targets.TARGETS:
            if target.where == "script/bench quick":
                self.assertIn(target.of, asked)

    def test_the_plans_fit_their_time(self):
        for plan, minutes in ((plans.quick(), 2), (plans.full(), 60)):
            seconds = sum(case.seconds * case.rounds * len(case.contestants) for case in plan)
            self.assertLess(seconds, minutes * 60)
