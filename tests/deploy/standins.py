"""A stand-in for a service: says what happens to it in a file, answers readiness, ends on SIGTERM.

Run as `python standins.py NAME PORT JOURNAL [how]`; how = "dies" ends at once, "stubborn" ignores SIGTERM.
"""

import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread


class Ready(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Silence: each question of the supervisor would be a line."""


def main(name: str, port: str, journal: str, how: str = "well") -> None:
    def note(what: str) -> None:
        with Path(journal).open("a") as file:
            file.write(f"{name} {what}\n")

    def on_term(*_: object) -> None:
        note("stopped")
        sys.exit(0)

    signal.signal(signal.SIGTERM, signal.SIG_IGN if how == "stubborn" else on_term)
    note("started")
    print(f"{name} says hello", flush=True)
    if how == "dies":
        print("ValueError: no such setting", flush=True)
        sys.exit(3)
    Thread(target=HTTPServer(("127.0.0.1", int(port)), Ready).serve_forever, daemon=True).start()
    while True:
        time.sleep(0.1)


if __name__ == "__main__":
    main(*sys.argv[1:])
