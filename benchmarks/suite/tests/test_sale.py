import base64
import hashlib
import hmac
import json
import unittest
from unittest import mock

from suite import bookings, plans, sale
from suite.system import Failure


class MeasureTests(unittest.TestCase):
    def test_every_case_names_a_function(self):
        for case in plans.sale():
            self.assertIn(case.measure, sale.MEASURES)
            self.assertNotIn(case.measure, bookings.MEASURES)

    def test_p99s_are_means_of_two_turns_each(self):
        def figures(p99):
            return {"answer_p50_ms": 1.0, "answer_p99_ms": p99}

        alone, beside = iter([figures(1.0), figures(3.0)]), iter([figures(4.0), figures(8.0)])
        made = sale._by_turns(lambda: next(alone), lambda: next(beside))
        self.assertEqual((made["alone_answer_p99_ms"], made["beside_answer_p99_ms"], made["p99_ratio"]), (2.0, 6.0, 3.0))

    def test_holds_that_end_before_they_are_made_are_no_measurement(self):
        with self.assertRaises(Failure):
            sale._sleep_until(0)


class TokenTests(unittest.TestCase):
    def test_each_user_has_a_token_that_the_secret_signed(self):
        tokens = list(sale.minted(b"s" * 32, 2))
        subjects = []
        for token in tokens:
            head, claims, signature = token.split(".")
            expected = hmac.new(b"s" * 32, f"{head}.{claims}".encode(), hashlib.sha256).digest()
            self.assertEqual(base64.urlsafe_b64decode(signature + "=="), expected)
            subjects.append(json.loads(base64.urlsafe_b64decode(claims + "=="))["sub"])
        self.assertEqual(subjects, [str(sale.FIRST_USER), str(sale.FIRST_USER + 1)])


class BooksTests(unittest.TestCase):
    def check(self, left, count):
        pages = {"/api/events/7": {"availableSeats": left}}
        items = [{"bookingId": f"BK-{number}", "status": "confirmed"} for number in range(count)]
        pages["/api/bookings?limit=100&eventId=7"] = {"items": items[:2], "next": "c"}
        pages["/api/bookings?limit=100&eventId=7&cursor=c"] = {"items": items[2:], "next": None}
        with mock.patch("suite.sale._get", lambda port, path, token: pages[path]), \
                mock.patch("suite.plans.SALE_SEATS", 3):
            sale._check_books(0, 7, "")

    def test_a_sold_out_event_has_as_many_bookings_as_seats(self):
        self.check(0, 3)
        for left, count in ((0, 2), (0, 4), (1, 3)):
            with self.assertRaises(Failure):
                self.check(left, count)
