import unittest

from suite import plans, results
from suite.results import Results, Spread, Target
from suite.tests import fakes
from suite.tests.fakes import measured

RATIO = Target("CPU", "cpu", ("one", "seatcast"), 1.10, ("one", "floor-send"))
PEER = Target("CPU", "cpu", ("one", "seatcast"), 0.85, ("one", "uwebsockets"))
LIMIT = Target("memory", "bytes", ("idle", "seatcast"), 400, unit=" B")
AT_LEAST = Target("rate", "rate", ("one", "seatcast"), 1.5, ("one", "floor-send"), at_most=False)


def judged(target, measurements, field=None):
    return results.judge(Results(measurements), field or fakes.field(), [target])[0]


class ResultsTests(unittest.TestCase):
    def test_a_spread_is_median_smallest_and_largest(self):
        self.assertEqual(Spread.of([3, 1, 2]), Spread(2, 1, 3))
        self.assertEqual(Spread.of([4, 1]), Spread(2.5, 1, 4))
        self.assertIsNone(Spread.of([]))

    def test_a_ratio_pairs_the_rounds(self):
        made = Results(measured("one", "a", cpu=[1.0, 9.0, 2.0]) + measured("one", "b", cpu=[2.0, 9.0, 4.0]))
        self.assertEqual(made.ratio("cpu", ("one", "a"), ("one", "b")), Spread(0.5, 0.5, 1.0))

    def test_a_ratio_needs_a_round_of_both(self):
        made = Results(measured("one", "a", cpu=[1.0]) + measured("one", "b", cpu=[0.0]))
        self.assertIsNone(made.ratio("cpu", ("one", "a"), ("one", "b")))
        self.assertIsNone(made.ratio("cpu", ("one", "a"), ("one", "c")))

    def test_rounds_without_the_figure_are_left_out(self):
        made = Results(measured("one", "a", cpu=[1.0, "none"]))
        self.assertEqual(made.values("one", "a", "cpu"), {1: 1.0})
        self.assertIsNone(made.spread("one", "a", "memory"))

    def test_no_figure_of_a_withdrawn_contestant_is_left(self):
        made = Results(measured("one", "a", cpu=[1.0]) + measured("two", "a", cpu=[1.0]))
        made.withdraw("a", "It lost a frame.")
        self.assertFalse(made.has("one", "a") or made.has("two", "a"))
        self.assertEqual(made.failures, {"a": "It lost a frame."})


class TargetTests(unittest.TestCase):
    def test_a_ratio_below_its_limit_is_met(self):
        row = judged(RATIO, measured("one", "seatcast", cpu=[1.0, 1.1]) + measured("one", "floor-send", cpu=[1.0, 1.0]))
        self.assertEqual(row.result, results.MET)
        self.assertEqual((row.wanted, row.measured), ("≤ 1.10 x floor, send", "1.05 (1.00–1.10)"))
        self.assertEqual(row.beside, "1.05 against 1.00")

    def test_a_ratio_above_its_limit_is_missed(self):
        row = judged(RATIO, measured("one", "seatcast", cpu=[1.2]) + measured("one", "floor-send", cpu=[1.0]))
        self.assertEqual((row.result, row.measured), (results.MISSED, "1.20"))

    def test_some_ratios_must_be_large(self):
        low = measured("one", "floor-send", rate=[100.0])
        self.assertEqual(judged(AT_LEAST, measured("one", "seatcast", rate=[160.0]) + low).result, results.MET)
        self.assertEqual(judged(AT_LEAST, measured("one", "seatcast", rate=[140.0]) + low).result, results.MISSED)

    def test_an_absolute_limit(self):
        row = judged(LIMIT, measured("idle", "seatcast", bytes=[399.0]))
        self.assertEqual((row.wanted, row.measured, row.result), ("≤ 400 B", "399 B", results.MET))
        self.assertEqual(judged(LIMIT, measured("idle", "seatcast", bytes=[401.0])).result, results.MISSED)

    def test_what_was_not_measured_says_why(self):
        seatcast = measured("one", "seatcast", cpu=[1.0])
        row = judged(PEER, seatcast, fakes.field(absent=("uwebsockets",)))
        self.assertEqual(row.result, "not measured: uWebSockets is absent")
        self.assertEqual(judged(LIMIT, []).result, "not measured: script/bench full")

    def test_a_measurement_without_the_figure_points_at_the_remarks(self):
        row = judged(LIMIT, measured("idle", "seatcast", remark=["x"]))
        self.assertEqual(row.result, "not measured: see the remarks")

    def test_a_contestant_that_failed_is_no_figure(self):
        made = Results(measured("one", "seatcast", cpu=[1.0]) + measured("one", "uwebsockets", cpu=[1.0]))
        made.withdraw("uwebsockets", "It lost a frame.")
        row = results.judge(made, fakes.field(), [PEER])[0]
        self.assertEqual(row.result, "not measured: uWebSockets failed")


class TableTests(unittest.TestCase):
    def test_each_row_is_measured_by_the_mode_that_it_names(self):
        plan = {f"script/bench {mode}": made() for mode, made in plans.PLANS.items()}
        for target in results.TARGETS:
            if target.where not in plan:
                continue
            asked = {(case.name, who) for case in plan[target.where] for who in case.contestants}
            with self.subTest(target=target.what, where=target.where):
                self.assertIn(target.of, asked)
                if target.to:
                    self.assertIn(target.to, asked)

    def test_what_quick_measures_full_measures_too(self):
        asked = {(case.name, who) for case in plans.full() for who in case.contestants}
        for target in results.TARGETS:
            if target.where == "script/bench quick":
                self.assertIn(target.of, asked)

    def test_the_plans_fit_their_time(self):
        for mode, plan in plans.PLANS.items():
            seconds = sum(case.seconds * case.rounds * len(case.contestants) for case in plan())
            self.assertLess(seconds, plans.BUDGETS[mode], mode)

    def test_a_remark_of_a_measurement_is_kept(self):
        self.assertEqual(Results(measured("attack", "a", remark=["nobody was served"])).remarks, ["nobody was served"])


class ComparisonTests(unittest.TestCase):
    def text(self, case, *series):
        return results.comparison([case], Results([each for part in series for each in part]), fakes.field())

    def test_losses_stand_before_wins(self):
        text = self.text(
            fakes.ONES,
            measured("one-10000", "seatcast", cpu_seconds_per_million=[4.4, 4.4, 4.4]),
            measured("one-10000", "floor-io_uring", cpu_seconds_per_million=[4.0, 4.0, 4.0]),
            measured("one-10000", "uwebsockets", cpu_seconds_per_million=[5.5, 5.5, 5.5]),
        )
        self.assertEqual(text, "\n\n".join([
            "**seatcast** lost to",
            "- floor, io_uring: CPU per delivery (10,000 subscribers, one at a time x 1.10)",
            "**seatcast** beat",
            "- uWebSockets: CPU per delivery (10,000 subscribers, one at a time x 1.25)",
        ]))

    def test_who_is_ahead_in_one_round_and_behind_in_another_has_not_won(self):
        text = self.text(
            fakes.ONES,
            measured("one-10000", "seatcast", cpu_seconds_per_million=[4.0, 4.5, 5.0]),
            measured("one-10000", "floor-send", cpu_seconds_per_million=[3.9, 6.0, 7.0]),
        )
        self.assertTrue(text.startswith("**seatcast** cannot be told apart from\n\n- floor, send"))

    def test_a_slow_round_that_both_had_is_no_draw(self):
        text = self.text(
            fakes.ONES,
            measured("one-10000", "seatcast", cpu_seconds_per_million=[4.0, 4.5, 8.0]),
            measured("one-10000", "floor-send", cpu_seconds_per_million=[4.4, 5.0, 9.0]),
        )
        self.assertTrue(text.startswith("**seatcast** beat"))

    def test_a_single_round_decides_nothing_small(self):
        def single(ours, theirs):
            return self.text(fakes.ONES, measured("one-10000", "seatcast", cpu_seconds_per_million=[ours]),
                             measured("one-10000", "floor-send", cpu_seconds_per_million=[theirs]))

        self.assertIn("cannot be told apart", single(4.0, 4.4))
        self.assertIn("beat", single(4.0, 4.8))

    def test_who_falls_behind_has_lost_without_a_factor(self):
        case = plans.open_loop(10_000, 20, 40, ("seatcast", "uwebsockets"), rounds=1, seconds=1)
        text = self.text(
            case,
            measured("rate-20", "seatcast", deliveries_per_second=[199_000.0], last_p50_ms=[80.0]),
            measured("rate-20", "uwebsockets", deliveries_per_second=[120_000.0], last_p50_ms=[9_000.0]),
        )
        self.assertIn("- uWebSockets: time to the last subscriber (p50) (20 bookings/s not kept up with)", text)
