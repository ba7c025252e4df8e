#!/usr/bin/env python3
"""A small site with a log-in of its own, whose visitors book at seatcast with tokens that this site signs.

It takes everybody's word for their name, which a real site does not. Python's standard library is all it needs, and the command
openssl when it signs with a key instead of a shared secret. docs/guides/LOG_IN.md
"""
import argparse
import base64
import hashlib
import hmac
import html
import http.cookies
import json
import secrets
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

LIFETIME = 600

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>The shop</title>
<style>body {{ font: 1.1rem/1.6 system-ui, sans-serif; max-width: 34rem; margin: 3rem auto; padding: 0 1rem }}
button, input {{ font: inherit; padding: 0.25rem 0.75rem }}</style></head>
<body><main><h1>The shop</h1>{body}</main></body></html>"""

LOG_IN = """<form method="post" action="/log-in"><label>Your name <input name="name" required autocomplete="username"></label>
<button>Log in</button></form>"""

BOOK = """<p>You are {name}. <a href="/log-out">Log out</a></p>
<p><b id="left">…</b> seats left</p><p><button id="book">Book a seat</button> <span id="told" role="status"></span></p>
<script type="module">
  import {{ connect }} from '{seatcast}/client.js'
  const client = connect({{
    url: '{seatcast}',
    token: async () => {{
      const answer = await fetch('/seat-token')
      return answer.ok ? answer.text() : null
    }},
  }})
  const event = client.event(1)
  event.subscribe(() => (document.getElementById('left').textContent = event.getSnapshot().availableSeats ?? '…'))
  document.getElementById('book').addEventListener('click', async () => {{
    const told = document.getElementById('told')
    try {{
      const {{ bookingId }} = await client.book(1, {{ quantity: 1 }})
      told.textContent = `Booked: ${{bookingId}}`
    }} catch (error) {{
      told.textContent = error.message
    }}
  }})
</script>"""


def encode(data):
    """Base64url without padding (RFC 7515)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Signer:
    """Signs tokens with a shared secret (HS256), or with an Ed25519 key (EdDSA)."""

    def __init__(self, secret_file, key_file):
        self.key_file = key_file
        self.secret = None if key_file else secret_file.read_bytes().removesuffix(b"\n")
        self.header = {"alg": "EdDSA" if key_file else "HS256", "typ": "JWT"}
        if key_file:
            self.header["kid"] = self.name()

    def public_key(self):
        made = subprocess.run(["openssl", "pkey", "-in", self.key_file, "-pubout", "-outform", "DER"],
                              capture_output=True, check=True).stdout
        return made[-32:]  # RFC 8410: the key is the end of the structure

    def name(self):
        return encode(hashlib.sha256(self.public_key()).digest()[:9])

    def key_set(self):
        """What seatcast reads (RFC 7517, RFC 8037)."""
        return {"keys": [{"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": self.name(),
                          "x": encode(self.public_key())}]}

    def sign(self, claims):
        text = ".".join(encode(json.dumps(part).encode()) for part in (self.header, claims)).encode()
        return text.decode() + "." + encode(self.signature(text))

    def signature(self, text):
        if not self.key_file:
            return hmac.new(self.secret, text, hashlib.sha256).digest()
        with tempfile.NamedTemporaryFile() as file:  # openssl wants to know the size before it begins
            file.write(text)
            file.flush()
            return subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", self.key_file, "-in", file.name],
                                  capture_output=True, check=True).stdout


class Site:
    """Who is logged in, by session. A real site keeps this in its database."""

    def __init__(self, signer, issuer, seatcast):
        self.signer, self.issuer, self.seatcast = signer, issuer, seatcast
        self.sessions, self.numbers, self.lock = {}, {}, threading.Lock()

    def log_in(self, name):
        with self.lock:
            session = secrets.token_urlsafe(24)
            # The same person has the same number each time, and nobody else ever gets it.
            self.sessions[session] = (self.numbers.setdefault(name, len(self.numbers) + 1), name)
            return session

    def token(self, session):
        number, name = self.sessions[session]
        now = int(time.time())
        return self.signer.sign(
            {"iss": self.issuer, "sub": str(number), "name": name, "iat": now, "exp": now + LIFETIME})


class Handler(BaseHTTPRequestHandler):
    site = None
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body="", fields=(), kind="text/html; charset=utf-8"):
        data = body.encode()
        self.send_response(status)
        for name, value in (("Content-Type", kind), ("Content-Length", str(len(data))), ("Cache-Control", "no-store"), *fields):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def session(self):
        cookie = http.cookies.SimpleCookie(self.headers.get("Cookie", "")).get("session")
        return cookie.value if cookie and cookie.value in self.site.sessions else None

    def do_GET(self):
        session = self.session()
        if self.path == "/seat-token":
            if session is None:
                self.answer(401, "Nobody is logged in.\n", kind="text/plain")
            else:
                self.answer(200, self.site.token(session), kind="text/plain")
        elif self.path == "/log-out":
            self.site.sessions.pop(session, None)
            self.answer(303, fields=[("Location", "/"), ("Set-Cookie", "session=; Max-Age=0; Path=/")])
        elif self.path == "/":
            body = LOG_IN if session is None else BOOK.format(
                name=html.escape(self.site.sessions[session][1]), seatcast=self.site.seatcast)
            self.answer(200, PAGE.format(body=body))
        else:
            self.answer(404, "There is no such page.\n", kind="text/plain")

    def do_POST(self):
        form = urllib.parse.parse_qs(self.rfile.read(min(int(self.headers.get("Content-Length") or 0), 4096)).decode())
        name = form.get("name", [""])[0].strip()[:80]
        if self.path != "/log-in" or not name:
            return self.answer(422, "A name is needed.\n", kind="text/plain")
        session = self.site.log_in(name)
        self.answer(303, fields=[("Location", "/"), ("Set-Cookie", f"session={session}; Path=/; HttpOnly; SameSite=Lax")])


def main():
    parser = argparse.ArgumentParser(description="A site with a log-in of its own, whose visitors book at seatcast.")
    parser.add_argument("--secret-file", type=Path, help="the secret that seatcast has by --jwt-secret-file")
    parser.add_argument("--key-file", type=Path, help="an Ed25519 key as PEM, instead of a secret")
    parser.add_argument("--print-keys", action="store_true", help="print the key set for --jwks-file, and end")
    parser.add_argument("--issuer", help="as seatcast has it by --issuer")
    parser.add_argument("--seatcast", default="http://127.0.0.1:3000")
    parser.add_argument("--port", type=int, default=8080)
    options = parser.parse_args()
    if (options.secret_file is None) == (options.key_file is None):
        parser.error("give --secret-file or --key-file")
    signer = Signer(options.secret_file, options.key_file)
    if options.print_keys:
        print(json.dumps(signer.key_set()))
        return
    if options.issuer is None:
        parser.error("--issuer is missing")
    Handler.site = Site(signer, options.issuer, options.seatcast)
    server = ThreadingHTTPServer(("127.0.0.1", options.port), Handler)
    print(f"the shop is at http://127.0.0.1:{server.server_port}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        sys.exit(0)


if __name__ == "__main__":
    main()
