import unittest

from suite import churn
from suite.system import Failure


def rows(*megabytes):
    """A row for each tenth of a thousand connections."""
    return [(number, number * 100, int(each * 1e6), 0) for number, each in enumerate(megabytes)]


class ChurnTests(unittest.TestCase):
    def test_memory_that_stays_is_flat(self):
        made = rows(9, 20, 20.1, 20.3, 20, 20.2, 20.1, 20, 20.3, 20.2, 20.1)
        self.assertTrue(churn.is_flat(made, 1_000))
        self.assertIn("flat: 20.0 to 20.3 MB resident (±0.7%) from 100", churn.verdict(made, 1_000))

    def test_memory_that_grows_is_not(self):
        made = rows(9, *(20 + number / 10 for number in range(10)))
        self.assertFalse(churn.is_flat(made, 1_000))
        self.assertTrue(churn.verdict(made, 1_000).startswith("NOT flat"))

    def test_without_a_sample_nothing_is_flat(self):
        self.assertFalse(churn.is_flat([], 1_000))
        self.assertFalse(churn.is_flat(rows(9), 1_000))

    def test_the_table_has_the_first_and_the_last_row(self):
        text = churn.table(rows(*range(100)))
        self.assertIn("| 0 | 0 | 0.00 |", text)
        self.assertIn("| 99 | 9,900 | 99.00 |", text)
        self.assertLessEqual(len(text.splitlines()), churn.ROWS + 3)

    def test_connections_of_all_loops_are_counted(self):
        text = 'x 1\nseatcast_connections_accepted_total{loop="0"} 5\nseatcast_connections_accepted_total{loop="1"} 7\n'
        self.assertEqual(churn.accepted(text), 12)
        with self.assertRaises(Failure):
            churn.accepted("x 1")
