#!/usr/bin/env python3
"""A small shop that sells seats: hold, pay elsewhere, confirm. The payment page is a pretence.

Buyers log in with their seatcast accounts. An order is a row of a SQLite file, and each step is written there before the
next one begins, so a shop that is killed goes on where it was. Python's standard library is all it needs.
docs/guides/CHECKOUT.md
"""
import argparse
import contextlib
import html
import http.client
import http.cookies
import json
import secrets
import sqlite3
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

# reserved -> paid -> booked, or refunded when the payment came too late; reserved -> released.
SCHEMA = """
CREATE TABLE IF NOT EXISTS buyer_order (id TEXT PRIMARY KEY, session TEXT NOT NULL, event INTEGER NOT NULL,
  quantity INTEGER NOT NULL, booking TEXT, expires_at TEXT, state TEXT NOT NULL);
"""
SENTENCES = {
    "asked": "We are reserving your seats.", "reserved": "Your seats are reserved.",
    "paid": "Thank you. We are booking your seats.", "booked": "Your seats are booked.",
    "refunded": "Your payment came after the reservation had ended. You get your money back.",
    "declined": "Nothing was paid. We are letting your seats go.",
    "released": "The seats are free again, and nothing was paid.",
}


class Refused(Exception):
    """seatcast says no, with a problem document."""

    def __init__(self, status, problem):
        super().__init__(problem.get("detail", f"status {status}"))
        self.status, self.type = status, problem.get("type", "").rsplit(":", 1)[-1]


class Seatcast:
    def __init__(self, url):
        self.url = url.rstrip("/")

    def call(self, method, path, body=None, token=None, key=None, patience=30):
        """Repeats what failed on the way. Safe: bookings have a key, the other changes are the same when done twice."""
        end, pause = time.monotonic() + patience, 0.1
        while True:
            try:
                return self._call(method, path, body, token, key)
            except Refused as refused:
                if refused.status not in (429, 503) or time.monotonic() > end:
                    raise
            except OSError:
                if time.monotonic() > end:
                    raise
            time.sleep(pause)
            pause = min(2 * pause, 2)

    def _call(self, method, path, body, token, key):
        request = urllib.request.Request(self.url + path, method=method)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        if key:
            request.add_header("Idempotency-Key", key)
        try:
            return self._answer(request)
        except (http.client.HTTPException, ValueError) as error:
            # It broke off, or is a page of a proxy on the way.
            raise OSError(f"no answer of seatcast: {error}") from None

    @staticmethod
    def _answer(request):
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.loads(answer.read() or "{}")
        except urllib.error.HTTPError as error:
            raise Refused(error.code, json.loads(error.read() or "{}")) from None


class Orders:
    """The shop's own table."""

    def __init__(self, path):
        self.path = path
        with self._open() as database:
            database.executescript("PRAGMA journal_mode = WAL;" + SCHEMA)

    @contextlib.contextmanager
    def _open(self):
        with contextlib.closing(sqlite3.connect(self.path, timeout=10)) as database, database:
            database.row_factory = sqlite3.Row
            yield database

    def add(self, session, event, quantity):
        number = secrets.token_urlsafe(12)
        with self._open() as database:
            database.execute("INSERT INTO buyer_order VALUES (?, ?, ?, ?, NULL, NULL, 'asked')",
                             (number, session, event, quantity))
        return number

    def find(self, number):
        with self._open() as database:
            return database.execute("SELECT * FROM buyer_order WHERE id = ?", (number,)).fetchone()

    def reserve(self, number, booking, expires_at):
        with self._open() as database:
            database.execute("UPDATE buyer_order SET booking = ?, expires_at = ?, state = 'reserved' WHERE id = ?",
                             (booking, expires_at, number))

    def move(self, number, before, after):
        """Whether the order was in the state `before`; then it is in `after`."""
        with self._open() as database:
            return database.execute("UPDATE buyer_order SET state = ? WHERE id = ? AND state = ?",
                                    (after, number, before)).rowcount == 1

    def unfinished(self):
        with self._open() as database:
            return [row["id"] for row in database.execute(
                "SELECT id FROM buyer_order WHERE state IN ('paid', 'declined')")]


class Shop:
    def __init__(self, seatcast, orders, token):
        self.seatcast, self.orders, self.token = seatcast, orders, token
        # By session: the buyer's token. A shop that is started anew asks its buyers to log in again.
        self.tokens = {}

    # What the buyer does

    def log_in(self, email, password):
        answer = self.seatcast.call("POST", "/api/auth/login", {"email": email, "password": password})
        session = secrets.token_urlsafe(24)
        self.tokens[session] = answer["token"]
        return session

    def reserve(self, session, event, quantity):
        """Holds the seats for the buyer. The order's number is the key, so a repeated request holds them once."""
        number = self.orders.add(session, event, quantity)
        hold = self.seatcast.call("POST", "/api/bookings", {"eventId": event, "quantity": quantity, "hold": True},
                                  self.tokens[session], key=number)
        self.orders.reserve(number, hold["bookingId"], hold["expiresAt"])
        return number

    # What the payment provider tells, once or several times

    def payment_ended(self, number, is_paid):
        """First the fact is written, then acted upon: a shop that is killed in between goes on when it starts."""
        self.orders.move(number, "reserved", "paid" if is_paid else "declined")
        self.settle(number)

    def settle(self, number):
        order = self.orders.find(number)
        path = f"/api/bookings/{order['booking']}"
        if order["state"] == "paid":
            try:
                self.seatcast.call("POST", f"{path}/confirm", token=self.token)
                self.orders.move(number, "paid", "booked")
            except Refused as refused:
                # The seats are somebody else's by now, or the buyer let them go.
                if refused.type not in ("hold-expired", "booking-cancelled"):
                    raise
                self.refund(order)
        elif order["state"] == "declined":
            self.seatcast.call("DELETE", path, token=self.token)
            self.orders.move(number, "declined", "released")

    def refund(self, order):
        """A real shop asks its payment provider here, with the order's number as the key, before it writes the state."""
        print(f"refunding order {order['id']}", flush=True)
        self.orders.move(order["id"], "paid", "refunded")

    def settle_in_background(self):
        """What an earlier run, or a seatcast that could not be reached, has left. For as long as the shop runs."""
        while True:
            for number in self.orders.unfinished():
                try:
                    self.settle(number)
                except (OSError, Refused) as error:
                    print(f"order {number} is not settled yet: {error}", file=sys.stderr)
            time.sleep(1)


class Pages(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    shop = None

    def do_GET(self):
        path = self.path.split("/")
        if self.path == "/":
            return self.page("Seats", self.front())
        if len(path) == 3 and path[1] in ("orders", "pay") and self.order(path[2]):
            return self.page("Your order", self.order_page(self.order(path[2]), path[1] == "pay"))
        self.page("Not found", "<p>There is no such page.</p>", 404)

    def do_POST(self):
        form = self.form()
        path = self.path.split("/")
        try:
            if self.path == "/login":
                session = self.shop.log_in(form["email"], form["password"])
                return self.go("/", f"session={session}; HttpOnly; SameSite=Strict; Path=/")
            if self.session not in self.shop.tokens:
                return self.page("Log in", "<p>Please log in first.</p>", 403)
            if self.path == "/reserve":
                return self.go("/pay/" + self.shop.reserve(self.session, int(form["event"]), int(form["quantity"])))
            if len(path) == 3 and path[1] == "pay" and self.order(path[2]):
                self.shop.payment_ended(path[2], form["outcome"] == "paid")
                return self.go(f"/orders/{path[2]}")
        except Refused as refused:
            return self.page("Sorry", f"<p>{html.escape(str(refused))}</p>", 409)
        except OSError:
            # The order's state is written; the background does the rest.
            return self.page("One moment", "<p>We are still at it. Load the page of your order again.</p>", 503)
        except (KeyError, ValueError):
            return self.page("Sorry", "<p>Something is missing in the form.</p>", 400)
        self.page("Not found", "<p>There is no such page.</p>", 404)

    # Parts

    @property
    def session(self):
        cookie = http.cookies.SimpleCookie(self.headers.get("Cookie", "")).get("session")
        return cookie.value if cookie else None

    def order(self, number):
        order = self.shop.orders.find(number)
        return order if order and order["session"] == self.session else None

    def form(self):
        size = min(int(self.headers.get("Content-Length") or 0), 10_000)
        return dict(urllib.parse.parse_qsl(self.rfile.read(size).decode(errors="replace")))

    def front(self):
        if self.session not in self.shop.tokens:
            return ('<form method="post" action="/login"><label>Email <input name="email"></label> <label>Password '
                    '<input name="password" type="password"></label> <button>Log in</button></form>')
        events = self.shop.seatcast.call("GET", "/api/events?status=on_sale&limit=100", patience=5)["items"]
        return "".join(
            f'<form method="post" action="/reserve"><b>{html.escape(event["name"])}</b>, {event["availableSeats"]} '
            f'free <input type="hidden" name="event" value="{event["id"]}"><input name="quantity" value="1" size="2"> '
            "<button>Reserve</button></form>" for event in events)

    def order_page(self, order, is_payment):
        text = f'<p data-state="{order["state"]}">{SENTENCES[order["state"]]}</p>'
        if order["state"] != "reserved":
            return text
        text += f'<p>They are kept until {html.escape(order["expires_at"])}.</p>'
        if not is_payment:
            return text + f'<p><a href="/pay/{order["id"]}">Go to payment</a></p>'
        return (text + f'<form method="post" action="/pay/{order["id"]}"><p>This page stands for your bank\'s.</p>'
                '<button name="outcome" value="paid">Pay</button> '
                '<button name="outcome" value="declined">Do not pay</button></form>')

    def page(self, title, body, status=200):
        text = (f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title><h1>{title}</h1>{body}"
                '<p><a href="/">All events</a></p>').encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def go(self, place, cookie=None):
        self.send_response(303)
        self.send_header("Location", place)
        if cookie:
            self.send_header("Set-Cookie", cookie)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Requests are not logged: their paths name orders."""


def main():
    parser = argparse.ArgumentParser(description="A pretend shop that sells seats of a seatcast server.")
    parser.add_argument("--seatcast", default="http://127.0.0.1:3000")
    parser.add_argument("--token-file", type=Path, required=True,
                        help="file with a service token of the scope bookings:confirm")
    parser.add_argument("--database", default="orders.db")
    parser.add_argument("--port", type=int, default=8080)
    options = parser.parse_args()
    shop = Shop(Seatcast(options.seatcast), Orders(options.database), options.token_file.read_text().strip())
    Pages.shop = shop
    server = ThreadingHTTPServer(("127.0.0.1", options.port), Pages)
    threading.Thread(target=shop.settle_in_background, daemon=True).start()
    print(f"the shop is listening on http://127.0.0.1:{server.server_port}", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()


if __name__ == "__main__":
    main()
