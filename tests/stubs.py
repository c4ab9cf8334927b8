"""A deployment that a test makes up: it answers over HTTP on loopback as a function says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, NamedTuple

import penaltycalc
from penaltycalc import LawRefuses, Rulebook, WorkingCalendar
from penaltycalc.calculators.calculate import CALCULATIONS, Kind, calculate
from penaltycalc.conformance.client import CASES, PATHS
from penaltycalc.conformance.kit import read_kit
from penaltycalc.input.json import decode_json

PROBLEM = "application/problem+json"


class Asked(NamedTuple):
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Said(NamedTuple):
    """A reply; `cut` closes the connection after it, without a word of warning."""

    content: bytes
    status: int = 200
    media_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    cut: bool = False


Say = Callable[[Asked], Said]


@contextmanager
def saying(say: Say) -> Iterator[str]:
    """The address of a deployment that answers so."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # head and content are two pieces that would wait for each other

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            said = say(Asked(self.command, self.path, headers, body))
            with suppress(OSError):  # whoever asked may have given up
                self.send(said)

        def send(self, said: Said) -> None:
            self.send_response(said.status)
            own = (("Content-Type", said.media_type), ("Content-Length", str(len(said.content))))
            for name, value in (*own, *said.headers):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said.content)
            self.close_connection = said.cut or self.close_connection

        do_GET = do_POST = answer  # noqa: N815  # the names that the server looks for

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False  # a test may leave a request unanswered
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def right(rulebook: Rulebook, calendar: WorkingCalendar) -> Say:
    """Answers as the service does."""
    kinds: dict[str, Kind] = {path: kind for kind, path in PATHS.items()}

    def say(asked: Asked) -> Said:
        if asked.path == CASES:
            return Said(read_kit(), media_type="text/csv; charset=utf-8")
        try:
            answer = calculate(decode_json(asked.body, CALCULATIONS[kinds[asked.path]].request), rulebook, calendar)
        except LawRefuses as error:
            return problem(error.status, error.code)
        return Said(penaltycalc.encode_answer(answer))

    return say


def problem(status: int, code: str, *headers: tuple[str, str]) -> Said:
    """A refusal."""
    return Said(b'{"code":"%s"}' % code.encode(), status, PROBLEM, headers)
