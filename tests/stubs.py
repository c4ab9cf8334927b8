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
from penaltycalc.conformance.kit_file import read_kit
from penaltycalc.input.json import decode_json

PROBLEM = "application/problem+json"


class Request(NamedTuple):
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Reply(NamedTuple):
    """A reply; `cut` closes the connection after it, without a word of warning."""

    content: bytes
    status: int = 200
    media_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    cut: bool = False


Responder = Callable[[Request], Reply]


@contextmanager
def serve(respond: Responder) -> Iterator[str]:
    """The address of a deployment that answers so."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # head and content are two pieces that would wait for each other

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = respond(Request(self.command, self.path, headers, body))
            with suppress(OSError):  # the client may have given up
                self.send(reply)

        def send(self, reply: Reply) -> None:
            self.send_response(reply.status)
            head = (("Content-Type", reply.media_type), ("Content-Length", str(len(reply.content))))
            for name, value in (*head, *reply.headers):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.content)
            self.close_connection = reply.cut or self.close_connection

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


def answer_as_service(rulebook: Rulebook, calendar: WorkingCalendar) -> Responder:
    """Answers as the service does."""
    kinds: dict[str, Kind] = {path: kind for kind, path in PATHS.items()}

    def respond(request: Request) -> Reply:
        if request.path == CASES:
            return Reply(read_kit(), media_type="text/csv; charset=utf-8")
        try:
            answer = calculate(decode_json(request.body, CALCULATIONS[kinds[request.path]].request), rulebook, calendar)
        except LawRefuses as error:
            return reply_problem(error.status, error.code)
        return Reply(penaltycalc.encode_answer(answer))

    return respond


def reply_problem(status: int, code: str, *headers: tuple[str, str]) -> Reply:
    """A refusal."""
    return Reply(b'{"code":"%s"}' % code.encode(), status, PROBLEM, headers)
