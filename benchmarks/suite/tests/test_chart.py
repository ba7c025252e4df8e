import unittest
from xml.dom import minidom

from suite import cases, chart, scales
from suite.results import Results
from suite.tests import fakes
from suite.tests.fakes import measured

PLAN = [cases.open_loop(10_000, rate, 10, ("seatcast", "uwebsockets"), rounds=1, seconds=1) for rate in (5, 20, 200)]


def rate(number, who, served, latency):
    return measured(f"rate-{number}", who, deliveries_per_second=[served], last_p99_ms=[latency])


class ChartTests(unittest.TestCase):
    def results(self):
        return Results(
            rate(5, "seatcast", 50_000, 40.0) + rate(20, "seatcast", 200_000, 60.0)
            + rate(200, "seatcast", 1_990_000, 100.0) + rate(5, "uwebsockets", 50_000, 70.0)
            + rate(20, "uwebsockets", 120_000, 4_000.0)
            + measured("one-10000", "seatcast", cpu_seconds_per_million=[4.8])
        )

    def test_it_is_well_formed_and_names_everybody(self):
        drawing = chart.draw(PLAN, self.results(), fakes.field())
        minidom.parseString(drawing)
        for name in ("seatcast", "uWebSockets"):
            self.assertIn(f">{name}</text>", drawing)

    def test_a_line_ends_where_the_server_falls_behind(self):
        curves = chart._curves(PLAN, self.results())
        self.assertEqual(curves["seatcast"], [(50_000, 40.0), (200_000, 60.0), (2_000_000, 100.0)])
        self.assertEqual(curves["uwebsockets"], [(50_000, 70.0)])

    def test_without_rates_there_is_no_chart(self):
        self.assertEqual(chart.draw([fakes.ONES], Results(), fakes.field()), "")

    def test_every_contestant_of_the_plan_has_a_style(self):
        from suite import plans

        named = {who for case in plans.full() if case.table == "rate" for who in case.contestants}
        self.assertLessEqual(named, set(chart.STYLES))


class ScaleTests(unittest.TestCase):
    def test_bounds_are_round_and_hold_the_values(self):
        self.assertEqual(scales.around([50_000, 2_000_000]), (20_000, 5_000_000))
        self.assertEqual(scales.around([47, 80]), (20, 100))

    def test_places_and_ticks(self):
        scale = scales.Logarithmic(10, 1_000, 0, 100)
        self.assertAlmostEqual(scale.place(100), 50)
        self.assertEqual(scale.ticks(), [10, 20, 50, 100, 200, 500, 1_000])

    def test_short_numbers(self):
        self.assertEqual([scales.short(each) for each in (2e6, 5e5, 80, 0.5)], ["2M", "500k", "80", "0.5"])

    def test_labels_keep_apart_and_in_order(self):
        self.assertEqual(scales.apart([10, 0, 11], 5), [10, 0, 15])
