#!/usr/bin/env python3
"""Follows seatcast's feed of changes and keeps a mirror of it in a SQLite file of its own.

The changes of an answer and the position behind them are written in one transaction, so whichever side is killed, and
whenever, each change is in the mirror exactly once. Python's standard library is all it needs. docs/guides/FEED.md
"""
import argparse
import contextlib
import http.client
import json
import sqlite3
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS progress (id INTEGER PRIMARY KEY CHECK (id = 1), position TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS change (number INTEGER PRIMARY KEY, position TEXT NOT NULL UNIQUE, type TEXT NOT NULL,
  at TEXT NOT NULL, item TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS booking (id TEXT PRIMARY KEY, event INTEGER NOT NULL, issuer TEXT NOT NULL,
  user TEXT NOT NULL, quantity INTEGER NOT NULL, status TEXT NOT NULL, changed_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS event (id INTEGER PRIMARY KEY, name TEXT, status TEXT, seq INTEGER,
  available INTEGER, capacity INTEGER);
CREATE TABLE IF NOT EXISTS restart (number INTEGER PRIMARY KEY, left TEXT, begun TEXT NOT NULL, at TEXT NOT NULL);
"""

STATUSES = {"booking_held": "held", "booking_extended": "held", "booking_confirmed": "confirmed",
            "booking_cancelled": "cancelled", "booking_expired": "expired"}


class Restarted(Exception):
    """The position is not good any more; the feed begins anew at another one."""


class Feed:
    """The feed as a server tells it. Failures that pass are waited out."""

    def __init__(self, url, token, wait):
        self.url, self.token, self.wait = url.rstrip("/"), token, wait

    def ask(self, position):
        """The changes behind a position and the position behind them; waits for changes for a while."""
        pause = 0.1
        while True:
            try:
                return self._ask(position)
            except urllib.error.HTTPError as error:
                if error.code == 410:
                    raise Restarted(json.load(error)["position"]) from None
                if error.code not in (429, 500, 502, 503, 504):
                    raise SystemExit(f"the server answers {error.code}: {error.read(2000).decode(errors='replace')}")
                pause = max(pause, float(error.headers.get("Retry-After") or 0))
            except (OSError, ValueError, http.client.HTTPException) as error:
                print(f"the server cannot be reached, trying again: {error}", file=sys.stderr)
            time.sleep(pause)
            pause = min(2 * pause, 5)

    def _ask(self, position):
        query = {"wait": self.wait, "limit": 1000} | ({"after": position} if position else {})
        request = urllib.request.Request(f"{self.url}/api/notices?{urllib.parse.urlencode(query)}",
                                         headers={"Authorization": f"Bearer {self.token}"})
        # A server that died without a word is noticed a little after it would have answered.
        with urllib.request.urlopen(request, timeout=self.wait + 10) as answer:
            page = json.load(answer)
        return page["items"], page["position"]


class Mirror:
    """The SQLite file."""

    def __init__(self, path):
        self.database = sqlite3.connect(path, isolation_level=None)
        self.database.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;" + SCHEMA)

    @property
    def position(self):
        row = self.database.execute("SELECT position FROM progress").fetchone()
        return row[0] if row else None

    @contextlib.contextmanager
    def transaction(self):
        self.database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.database.execute("ROLLBACK")
            raise
        self.database.execute("COMMIT")

    def take(self, items, position):
        """Everything of an answer and its position, or nothing."""
        with self.transaction():
            for item in items:
                self._note(item)
                self._apply(item)
            self._move_to(position)

    def begin_anew(self, position):
        """What happened between the two positions is not known; somebody must compare with the server's own lists."""
        with self.transaction():
            self.database.execute("INSERT INTO restart (left, begun, at) VALUES (?, ?, datetime('now'))",
                                  (self.position, position))
            self._move_to(position)

    def _move_to(self, position):
        self.database.execute("INSERT OR REPLACE INTO progress VALUES (1, ?)", (position,))

    def _note(self, item):
        self.database.execute("INSERT INTO change (position, type, at, item) VALUES (?, ?, ?, ?)",
                              (item["position"], item["type"], item["at"], json.dumps(item)))

    def _apply(self, item):
        if item["type"] in STATUSES:
            self.database.execute(
                """INSERT INTO booking VALUES (?, ?, ?, ?, ?, ?, ?)
                   ON CONFLICT (id) DO UPDATE SET status = excluded.status, changed_at = excluded.changed_at""",
                (item["bookingId"], item["eventId"], item["issuer"], str(item["userId"]), item["quantity"],
                 STATUSES[item["type"]], item["at"]))
        # Types that are not known here still bring the event's counts.
        self.database.execute("INSERT OR IGNORE INTO event (id) VALUES (?)", (item["eventId"],))
        for column, member in (("name", "name"), ("status", "status"), ("seq", "seq"),
                               ("available", "availableSeats"), ("capacity", "seatCapacity")):
            if member in item:
                self.database.execute(f"UPDATE event SET {column} = ? WHERE id = ?",
                                      (item[member], item["eventId"]))

    def summary(self):
        """What the mirror has, for people and tests."""
        def rows(sql):
            return self.database.execute(sql).fetchall()

        return {"position": self.position,
                "changes": [row[0] for row in rows("SELECT position FROM change ORDER BY number")],
                "bookings": dict(rows("SELECT id, status FROM booking")),
                "available": {str(number): seats for number, seats in rows("SELECT id, available FROM event")},
                "restarts": rows("SELECT left, begun FROM restart ORDER BY number")}


def follow(feed, mirror):
    while True:
        try:
            items, position = feed.ask(mirror.position)
        except Restarted as restarted:
            print(f"the feed begins anew at {restarted}; compare the mirror with the server", file=sys.stderr)
            mirror.begin_anew(str(restarted))
            continue
        if items or position != mirror.position:
            mirror.take(items, position)
        for item in items:
            print(item["position"], item["type"], item.get("bookingId", ""), flush=True)


def main():
    parser = argparse.ArgumentParser(description="Mirror seatcast's feed of changes in a SQLite file.")
    parser.add_argument("--url", default="http://127.0.0.1:3000")
    parser.add_argument("--token-file", type=Path, help="file with a service token of the scope feed:read")
    parser.add_argument("--database", default="mirror.db")
    parser.add_argument("--wait", type=int, default=30, help="seconds that one request waits for a change")
    parser.add_argument("--summary", action="store_true", help="print what the mirror has, as JSON, and end")
    options = parser.parse_args()
    mirror = Mirror(options.database)
    if options.summary:
        return print(json.dumps(mirror.summary()))
    if not options.token_file:
        parser.error("--token-file is needed")
    with contextlib.suppress(KeyboardInterrupt):
        follow(Feed(options.url, options.token_file.read_text().strip(), options.wait), mirror)


if __name__ == "__main__":
    main()
