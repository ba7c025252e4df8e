import unittest

from suite.results import Results, Spread
from suite.tests.fakes import measured


class ResultsTests(unittest.TestCase):
    def test_a_spread_is_median_smallest_and_largest(self):
        self.assertEqual(Spread.of([3, 1, 2]), Spread(2, 1, 3))
        self.assertEqual(Spread.of([4, 1]), Spread(2.5, 1, 4))
        self.assertIsNone(Spread.of([]))

    def test_a_ratio_pairs_the_rounds(self):
        results = Results(measured("one", "a", cpu=[1.0, 9.0, 2.0]) + measured("one", "b", cpu=[2.0, 9.0, 4.0]))
        self.assertEqual(results.ratio("cpu", ("one", "a"), ("one", "b")), Spread(0.5, 0.5, 1.0))

    def test_a_ratio_needs_a_round_of_both(self):
        results = Results(measured("one", "a", cpu=[1.0]) + measured("one", "b", cpu=[0.0]))
        self.assertIsNone(results.ratio("cpu", ("one", "a"), ("one", "b")))
        self.assertIsNone(results.ratio("cpu", ("one", "a"), ("one", "c")))

    def test_rounds_without_the_figure_are_left_out(self):
        results = Results(measured("one", "a", cpu=[1.0, "none"]))
        self.assertEqual(results.values("one", "a", "cpu"), {1: 1.0})
        self.assertIsNone(results.spread("one", "a", "memory"))

    def test_no_figure_of_a_withdrawn_contestant_is_left(self):
        results = Results(measured("one", "a", cpu=[1.0]) + measured("two", "a", cpu=[1.0]))
        results.withdraw("a", "It lost a frame.")
        self.assertFalse(results.has("one", "a") or results.has("two", "a"))
        self.assertEqual(results.failures, {"a": "It lost a frame."})
