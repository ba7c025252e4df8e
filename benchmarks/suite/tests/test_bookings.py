import sqlite3
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from suite import bookings, plans
from suite.system import Failure
from suite.tests import fakes


class RowsTests(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "a.db"
        self.run_sql("CREATE TABLE event (id, sold, at); CREATE TABLE booking (id, note); CREATE TABLE account (id);"
                     "INSERT INTO event VALUES (1, 0, 5), (2, 0, 5)")
        self.before = bookings.rows_of(self.path)

    def run_sql(self, text):
        with sqlite3.connect(self.path) as database:
            database.executescript(text)
        database.close()

    def effect(self, text):
        self.run_sql(text)
        return bookings.effect(self.before, bookings.rows_of(self.path))

    def test_a_changed_row_names_its_columns_and_new_rows_their_types(self):
        found = self.effect("UPDATE event SET sold = 1, at = 6 WHERE id = 1; INSERT INTO booking VALUES (1, NULL)")
        self.assertEqual(found, {"event": {"sold", "at"}, "booking": (0, [("int", "NoneType")])})

    def test_accounts_are_none_of_a_bookings_business(self):
        self.assertEqual(self.effect("INSERT INTO account VALUES (1)"), {})

    def test_the_first_difference_is_named(self):
        ours = {"event": {"sold"}, "booking": (0, [("int",)])}
        self.assertEqual(bookings.differing(ours, dict(ours)), "")
        self.assertIn("table booking seatcast changes (0, [('int',)]), the bare loop nothing",
                      bookings.differing(ours, {"event": {"sold"}}))
        self.assertIn("table event", bookings.differing(ours, ours | {"event": {"sold", "at"}}))


SOME = {"answered": 1000.0, "per_second": 9.0}


class MeasureTests(unittest.TestCase):
    def test_every_case_over_http_names_a_function(self):
        for case in plans.over_http() + plans.attack():
            self.assertIn(case.measure, bookings.MEASURES)

    def test_a_client_alternates_with_itself_beside_another(self):
        p99 = iter([1.0, 4.0, 3.0, 8.0])

        def load(programs, server, words, *_, **__):
            return {"answer_p50_ms": 0.5, "answer_p99_ms": next(p99)}

        with mock.patch("suite.servers.load", load), mock.patch("suite.servers.loading") as loading, \
                mock.patch("time.sleep"):
            loading.return_value.__enter__.return_value = {"per_second": 40_000.0}
            figures = bookings._alternate(None, None, ["book"], ["book"], None, False)
        self.assertEqual((figures["alone_answer_p99_ms"], figures["beside_answer_p99_ms"]), (2.0, 6.0))
        self.assertEqual((figures["p99_ratio"], figures["other_per_second"]), (3.0, 40_000.0))

    def test_an_attack_is_held_against_the_same_attack_on_another_server(self):
        # Calm 2, attacked 6, the other one attacked 4; twice.
        measured = [{"answer_p50_ms": 1.0, "answer_p99_ms": value} for value in (2.0, 6.0, 4.0) * 2]
        with mock.patch("suite.servers.load", side_effect=measured), \
                mock.patch("suite.servers.loading") as loading, mock.patch("time.sleep"):
            loading.return_value.__enter__.side_effect = [{"limited": 1}, {"limited": 9}] * 2
            figures = bookings._alternate(None, "ours", ["book"], ["attack"], None, True, "another")
        self.assertEqual([each.args[1] for each in loading.call_args_list], ["ours", "another"] * 2)
        self.assertEqual((figures["p99_ratio"], figures["p99_apart_ratio"], figures["other_limited"]), (3.0, 1.5, 1))

    def test_a_server_that_refuses_nothing_has_no_figures_of_refusals(self):
        case = plans.over_the_limit(1, 1)
        for others, has_figures in ((900.0, False), (100.0, True)):
            with mock.patch.multiple("suite.bookings", prepared=mock.DEFAULT, _serving=mock.DEFAULT), \
                    mock.patch("suite.servers.load", return_value=SOME | {"others": others}):
                figures = bookings.measure(case, fakes.field().present["seatcast"], 1, None).figures
            self.assertEqual(("per_second" in figures, "remark" in figures), (has_figures, not has_figures))

    def test_a_crowd_that_is_not_served_has_missed_the_target(self):
        case = plans.attacked("login", 1, 1)
        with mock.patch.multiple("suite.bookings", prepared=mock.DEFAULT, _serving=mock.DEFAULT, say=mock.DEFAULT), \
                mock.patch("suite.bookings._alternate", side_effect=Failure("not finished in 30 s")):
            made = bookings.measure(case, fakes.field().present["seatcast"], 1, None)
        self.assertEqual(made.figures["p99_ratio"], float("inf"))
        self.assertIn("not finished in 30 s", made.figures["remark"])
