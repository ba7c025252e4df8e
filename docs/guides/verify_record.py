#!/usr/bin/env python3
"""Verifies a record of sales by docs/RECORD.md, apart from seatcast's own verifier: the standard library, and the
openssl command (3.0 or later) for Ed25519.

    verify_record.py record.jsonl [key.pem [heads.txt]]

Prints one line and exits with 0, or names the first wrong line and exits with 1.
"""
import base64
import hashlib
import json
import subprocess
import sys
import tempfile

SPKI = bytes.fromhex("302a300506032b6570032100")  # RFC 8410, section 4


def sha256(data):
    return hashlib.sha256(data).digest()


def need(condition, sentence):
    if not condition:
        raise ValueError(sentence)


def verify_signature(key, signature, message):
    """Whether the Ed25519 key (32 bytes) has signed the message."""
    with tempfile.TemporaryDirectory() as folder:
        parts = {"key": SPKI + key, "signature": signature, "message": message}
        for name, content in parts.items():
            with open(f"{folder}/{name}", "wb") as file:
                file.write(content)
        command = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-rawin"]
        files = ["-inkey", f"{folder}/key", "-sigfile", f"{folder}/signature", "-in", f"{folder}/message"]
        return subprocess.run(command + files, capture_output=True).returncode == 0


def read_head(note):
    """(record, size, link, epoch, key id, signature, signed text) of a signed note."""
    text, signatures = note.split("\n\n")
    origin, size, link, epoch, time = text.split("\n")
    dash, name, word = signatures.rstrip("\n").split(" ")
    signed = base64.b64decode(word, validate=True)
    need(dash == "\u2014" and name == origin and len(signed) == 68, "is no signed head")
    need(epoch.startswith("epoch ") and time.startswith("time "), "is no signed head")
    record = origin.removeprefix("seatcast.record.v1/")
    return record, int(size), base64.b64decode(link, validate=True), epoch[6:], signed[:4], signed[4:], text + "\n"


def key_id(record, key):
    return sha256(f"seatcast.record.v1/{record}\n\x01".encode() + key)[:4]


def spelled(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False) + "\n"


def check_head(head, key):
    record, _, _, _, identifier, signature, text = head
    need(identifier == key_id(record, key), "is a head of another key")
    need(verify_signature(key, signature, text.encode()), "is a head whose signature is wrong")


class Replay:
    """The rules of sales: docs/RECORD.md, "The rules"."""

    def __init__(self):
        self.events, self.bookings, self.last_place = {}, {}, 0

    def apply(self, entry):
        kind, number = entry["kind"], entry.get("event")
        if kind == "event":
            need(number not in self.events, "makes an event twice")
            self.events[number] = {"seq": 0, "capacity": entry["capacity"], "taken": 0, "queue": {}, "offer": None}
            return
        event = self.events[number]
        if kind in ("booked", "held"):
            free = event["capacity"] - event["taken"]
            need(entry["booking"] not in self.bookings, "makes a booking twice")
            need(0 < entry["quantity"] <= free, "sells more seats than there are")
            self.check_turn(entry, event, free)
            event["taken"] += entry["quantity"]
            self.bookings[entry["booking"]] = {**entry, "state": kind}
        elif kind in ("cancelled", "expired", "confirmed", "extended"):
            booking = self.bookings[entry["booking"]]
            need(booking["event"] == number and booking["state"] != "ended", "is about a booking that has ended")
            need(kind in ("cancelled",) or booking["state"] == "held", "is about a booking that is no hold")
            if kind in ("cancelled", "expired"):
                same = all(entry.get(name) == booking.get(name) for name in ("quantity", "user", "type"))
                need(same, "ends another booking than was made")
                need(kind != "expired" or entry["at"] >= booking["until"], "ends a hold before its time")
                event["taken"] -= booking["quantity"]
            elif kind == "extended":
                need(not booking.get("extended") and entry["until"] >= booking["until"], "extends a hold wrongly")
                booking.update(extended=True, until=entry["until"])
            booking["state"] = {"confirmed": "booked", "extended": "held"}.get(kind, "ended")
        elif kind == "capacity":
            event["capacity"] = entry["capacity"]
        elif kind == "joined":
            users = [other["user"] for other in event["queue"].values()]
            need(entry["place"] > self.last_place and entry["user"] not in users, "joins a waiting list wrongly")
            self.last_place = entry["place"]
            event["queue"][entry["place"]] = entry
        elif kind == "dismissed" and "place" not in entry:
            event["queue"] = {}
        elif kind in ("left", "offered", "passed", "dismissed"):
            waiting = event["queue"].pop(entry["place"])
            if kind in ("offered", "passed"):
                for place, other in event["queue"].items():
                    same = other.get("type") == waiting.get("type") and other["quantity"] <= waiting["quantity"]
                    need(place > entry["place"] or not same, "jumps the queue")
            event["offer"] = waiting if kind == "offered" else event["offer"]
        else:
            need(kind == "updated", "is of an unknown kind")
        if "seq" in entry:
            event["seq"] += 1
            free = event["capacity"] - event["taken"]
            need(entry["seq"] == event["seq"], "does not follow the change before it")
            need(entry["capacity"] == event["capacity"] and entry["available"] == free >= 0, "has wrong counts")
            need(all(0 <= seats <= free for _, seats in entry.get("types", [])), "has wrong counts of a type")
            need(event["offer"] is None, "comes before a hold that was offered")
        if entry.get("status") == "deleted":
            del self.events[number]

    def check_turn(self, entry, event, free):
        offer, event["offer"] = event["offer"], None
        if offer:
            same = entry["user"] == offer["user"] and entry["quantity"] == offer["quantity"]
            same = same and offer.get("type") in (None, entry.get("type")) and entry["kind"] == "held"
            need(same, "takes seats that were offered to another")
            return
        seats = entry["quantity"] if "type" in entry else free
        for waiting in event["queue"].values():
            fits = waiting["quantity"] <= seats and waiting.get("type") in (None, entry.get("type"))
            need(not fits, "jumps the queue")


def verify(lines, trusted, kept):
    """Yields once per line, so that the caller knows which one is wrong."""
    line = next(lines)
    first = json.loads(line)
    need(line == spelled(first), "is spelled in another way")
    record, only = first["record"], first.get("event")
    need(first["format"] == "seatcast.record.v1", "is of another format")
    need(all(head[0] == record for head in kept), "is of another record than a kept head")
    link, size, keys, epoch, replay = sha256(f"seatcast.record.v1\n{record}\n".encode()), 0, [], "", Replay()
    proven = trusted is None
    for line in lines:
        yield
        need(line.endswith("\n"), "is cut off")
        parsed = json.loads(line)
        need("entry" in parsed or line == spelled(parsed), "is spelled in another way")
        if "head" in parsed:
            head = read_head(parsed["head"])
            need(head[:4] == (record, size, link, epoch), "is the head of another record")
            check_head(head, keys[-1])
            need(proven, "is signed by a key that is not the given one")
            need(not any(event["offer"] for event in replay.events.values()), "ends with an offer")
            need(not any(other[1] > size for other in kept), "comes too early: a kept head covers more")
            need(next(lines, None) is None, "is followed by something")
            print(f"good: {size} entries, {len(replay.bookings)} bookings, key {base64.b64encode(keys[-1]).decode()}")
            return
        if "leaf" in parsed:
            need(only is not None, "hides an entry")
            leaf, entry = base64.b64decode(parsed["leaf"], validate=True), None
        else:
            shape = (line[:9], line[53:63], line[-2:])
            need(shape == ('{"link":"', '","entry":', "}\n"), "is no line of a record")
            body, entry = line[63:-2].encode(), parsed["entry"]
            leaf = sha256(b"\x00" + body)
        link, size = sha256(b"\x01" + link + leaf), size + 1
        need(parsed["link"] == base64.b64encode(link).decode(), "is changed, or one before it is missing")
        if entry:
            need(entry["n"] == size, "has another number")
            if entry["kind"] == "begin":
                need(size == 1 and entry["record"] == record, "begins another record")
                keys, epoch = [base64.b64decode(entry["key"])], entry["epoch"]
                proven = proven or keys == [trusted]
            elif entry["kind"] == "key":
                if entry["signature"]:
                    message = f"seatcast.record.v1/{record}\nnext key\n{entry['key']}\n".encode()
                    signature = base64.b64decode(entry["signature"])
                    need(verify_signature(keys[-1], signature, message), "names a key that nobody signed")
                keys.append(base64.b64decode(entry["key"]))
                proven = keys[-1] == trusted or proven and bool(entry["signature"])
            elif entry["kind"] == "epoch":
                need(entry["was"] == epoch, "follows another epoch")
                epoch = entry["epoch"]
            elif entry["kind"] != "live":
                need(only in (None, entry["event"]), "is of another event")
                replay.apply(entry)
        for other in kept:
            if other[1] == size:
                need(other[2] == link, "leaves the history of a kept head")
                check_head(other, next(key for key in keys if key_id(record, key) == other[4]))
    raise ValueError("is missing: there is no head")


def main(path, key=None, heads=None):
    trusted, kept = None, []
    if key:
        body = "".join(line for line in open(key, encoding="ascii") if not line.startswith("-----"))
        trusted = base64.b64decode(body)[len(SPKI):]
    if heads:
        note = ""
        for line in open(heads, encoding="utf-8"):
            note += line if note or line != "\n" else ""
            if line.startswith("\u2014"):
                kept, note = [*kept, read_head(note)], ""
    number = 1
    try:
        with open(path, encoding="utf-8", newline="\n") as lines:
            for number, _ in enumerate(verify(lines, trusted, kept), start=2):
                pass
        return 0
    except (ValueError, LookupError, TypeError, AttributeError, RuntimeError) as fault:
        print(f"not good: line {number} {fault}")
        return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]) if 2 <= len(sys.argv) <= 4 else __doc__)
