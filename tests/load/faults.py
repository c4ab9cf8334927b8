"""Measures what the service does when things go wrong, on real processes under load; `make faults`.

Prints for each fault what was lost, how long the service took to answer again, and what its log says. The run is
bounded in time and count and stays on loopback. The exit code is 1 where something differs from what
docs/resilience.md promises.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from threading import Thread
from typing import Final, NamedTuple

from wire import (
    LAST_CHUNK,
    Load,
    Plan,
    Reply,
    Sample,
    encode_post,
    encode_request,
    open_wire,
    parse_reply,
    percentile,
    print_table,
    read_memory,
    send_once,
)

import servers
from penaltycalc.keys import encode_keys, make_key
from servers import Running, serving

PENALTY: Final = encode_post(
    "/v1/penalties", b'{"violation":"79-1-1","goods_value":"85000.00","activity":"wholesale","severity":"ordinary"}'
)
DEADLINE: Final = encode_post("/v1/deadlines", b'{"step":"production-licence","start":"2026-06-18"}')
SUPPLIED: Final = encode_post("/v1/deadlines", b'{"step":"production-licence","start":"2027-01-04"}')
RELOAD: Final = encode_request("/v1/calendar/reload", method="POST")
MIX: Final = (PENALTY, DEADLINE, SUPPLIED)
OFF_2027: Final = (*range(104, 109), *range(208, 213), *range(1004, 1008))


class Finding(NamedTuple):
    """A row of the table."""

    fault: str
    lost: str
    back: str
    log: str = ""


class Harness:
    """How long to run, and what was found to be otherwise than promised."""

    def __init__(self, *, short: bool) -> None:
        self.seconds = 3.0 if short else 6.0
        self.slow = (400,) if short else (1000, 3000)
        self.flood = 5_000 if short else 20_000
        self.broken: list[str] = []

    def expect(self, fault: str, **promises: bool) -> None:
        """Note the promises that were not kept."""
        self.broken += [f"{fault}: {name}" for name, is_kept in promises.items() if not is_kept]


# ------------------------------------------------------------------------------------------ helpers


def port_of(running: Running) -> int:
    """The port of a service."""
    return int(running.url.rpartition(":")[2])


def put(folder: Path, name: str = "春节") -> None:
    """Put the notice of 2027 into a folder; another name makes it another one."""
    days = [{"name": name, "date": f"2027-{day // 100:02d}-{day % 100:02d}", "isOffDay": True} for day in OFF_2027]
    (folder / "2027.json").write_text(json.dumps({"year": 2027, "days": days}), "utf-8")


def rows(number: int) -> bytes:
    """A batch as NDJSON."""
    return b"".join(
        b'{"kind":"deadline","step":"production-licence","start":"2026-%02d-%02d","ref":"%d"}\n'
        % (5 + row % 7, 1 + row % 28, row)
        for row in range(number)
    )


def ask(port: int, request: bytes) -> Reply:
    """One answer."""
    return asyncio.run(send_once(port, request))


def ask_when_listening(port: int, request: bytes) -> Reply:
    """One answer of a worker that may still be starting: until it listens, connections are refused."""
    replies: list[Reply] = []

    def is_answered() -> bool:
        with suppress(OSError):
            replies.append(ask(port, request))
        return bool(replies)

    servers.eventually(is_answered)
    return replies[0]


def find_lost(samples: list[Sample]) -> list[Sample]:
    """The requests that were not answered."""
    return [sample for sample in samples if not sample.status]


def count_lost(samples: list[Sample]) -> str:
    """How many were lost of how many, and how."""
    faults = Counter(sample.fault for sample in find_lost(samples))
    named = ", ".join(f"{number} × {fault}" for fault, number in faults.most_common())
    return f"{len(find_lost(samples))} of {len(samples)}{f' ({named})' if named else ''}"


def silence(samples: list[Sample], since: float) -> float:
    """The longest time without any answer after a moment, in seconds."""
    ended = sorted(sample.ended for sample in samples if sample.status and sample.ended >= since)
    return max((after - before for before, after in zip([since, *ended], ended, strict=False)), default=float("inf"))


def answered_well(samples: list[Sample]) -> bool:
    """Whether every answer that came was the right one."""
    return {sample.status for sample in samples} <= {0, 200} and not any(sample.mixed for sample in samples)


def log_line(running: Running, *words: str) -> str:
    """The last line of the log that has one of these words."""
    lines = running.log.read_text("utf-8", errors="replace").splitlines()
    found = [line for line in lines if any(word in line for word in words)]
    return shown(found[-1]) if found else ""


def shown(line: str) -> str:
    """A line as the table has it: level and text, without the name of the temporary folder."""
    line = re.sub(r"^\S+ \[(\w+) *\] (.*?) +\[\w+\].*$", r"\1: \2", line)
    return f"`{re.sub(f'{tempfile.gettempdir()}/[^/：]+', '…', line.strip())[:160]}`"


def milliseconds(seconds: float) -> str:
    """As people read it."""
    return f"{seconds * 1000:.0f} ms" if seconds < 10 else f"{seconds:.1f} s"


# ------------------------------------------------------------------------------- workers and signals


def kill(harness: Harness, workers: int, *, fresh: bool) -> Finding:
    """SIGKILL to a worker under load."""
    name = f"kill -9 of a worker, {workers} in all, {'a connection each' if fresh else 'connections kept'}"
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), "--workers", str(workers)) as running:
        ask(port_of(running), PENALTY)
        plan = Plan(port_of(running), MIX, harness.seconds, fresh=fresh, pause=0.02 if fresh else 0.0)
        load = Load(plan)
        time.sleep(harness.seconds / 3)
        pid = servers.workers(running)[0]
        killed = time.monotonic()
        os.kill(pid, signal.SIGKILL)
        servers.gone(running, pid)
        samples = load.result()
        quiet = silence(samples, killed)
        harness.expect(
            name,
            # Nothing listens while the only worker is replaced, so that any number of connections is refused.
            at_most_one_a_connection=workers == 1 or len(find_lost(samples)) <= plan.connections,
            right_answers=answered_well(samples),
            back_within_two_seconds=quiet < 2,
        )
        log = log_line(running, "Unexpected exit")
        return Finding(name, count_lost(samples), f"longest silence {milliseconds(quiet)}", log)


def kill_twice(harness: Harness) -> Finding:
    """SIGKILL to the only worker, and at once to the one that replaces it."""
    name = "kill -9 of the only worker, and of the next one within seconds"
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as running:
        started = time.monotonic()
        for _ in range(2):
            servers.eventually(lambda: len(servers.workers(running)) == 1)
            (pid,) = servers.workers(running)
            os.kill(pid, signal.SIGKILL)
            servers.gone(running, pid)
        code = running.process.wait(15)
        ended = milliseconds(time.monotonic() - started)
        harness.expect(name, exit_code_1=code == 1)
        return Finding(
            name, "-", f"the service ends after {ended} with exit code {code}", log_line(running, "crash loop")
        )


def stop(harness: Harness) -> Finding:
    """SIGTERM under load."""
    name = "SIGTERM under load, 2 workers"
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), "--workers", "2") as running:
        ask(port_of(running), PENALTY)
        load = Load(Plan(port_of(running), MIX, harness.seconds))
        time.sleep(harness.seconds / 2)
        signalled = time.monotonic()
        running.process.send_signal(signal.SIGTERM)
        code = running.process.wait(15)
        ended = time.monotonic() - signalled
        samples = load.result()
        before = [sample for sample in samples if sample.sent < signalled]
        harness.expect(
            name,
            exit_code_0=code == 0,
            within_ten_seconds=ended < 10,
            what_was_accepted_is_answered=not find_lost(before),
            right_answers=answered_well(samples),
        )
        return Finding(
            name,
            f"{count_lost(before)} sent before the signal; those after are refused",
            f"ended after {milliseconds(ended)}, exit code {code}",
            log_line(running, "Shutting down"),
        )


def stop_with_batch(harness: Harness, *, slow_reader: bool) -> Finding:
    """SIGINT to all processes, as Control-C sends it, while a streamed batch is under way."""
    reader = "whose reader is too slow" if slow_reader else "of 50,000 rows"
    name = f"SIGINT to all processes during a streamed batch {reader}"
    body = rows(200_000 if slow_reader else 50_000)
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as running:
        with socket.create_connection(("127.0.0.1", port_of(running)), timeout=30) as batch:
            batch.sendall(encode_post("/v1/batch/ndjson", body, "application/x-ndjson"))
            received = [batch.recv(1 << 16)]
            signalled = time.monotonic()
            for pid in [*servers.workers(running), running.process.pid]:
                os.kill(pid, signal.SIGINT)
            ends: list[float] = []

            def wait(ends: list[float] = ends, running: Running = running, signalled: float = signalled) -> None:
                running.process.wait(15)
                ends.append(time.monotonic() - signalled)

            waiting = Thread(target=wait)
            waiting.start()
            if slow_reader:
                waiting.join(15)
            while chunk := batch.recv(1 << 20):
                received.append(chunk)
            waiting.join(15)
        content = b"".join(received)
        whole, code = content.endswith(LAST_CHUNK), running.process.returncode
        harness.expect(
            name,
            whole_or_visibly_cut=whole is not slow_reader,
            exit_code_0=code == 0,
            within_ten_seconds=bool(ends) and ends[0] < 10,
        )
        answered = content.count(b'"ref"')
        return Finding(
            name,
            f"{answered:,} rows answered, {'all' if whole else 'cut: no last chunk'}",
            f"ended after {milliseconds(ends[0])}, exit code {code}",
            log_line(running, "Killing worker" if slow_reader else "Stopped worker"),
        )


# ------------------------------------------------------------------------------------------- notices


class Step(NamedTuple):
    """One reload: its name, whether POST or SIGHUP requests it, and whether its notices are good."""

    name: str
    post: bool
    good: bool


STEPS: Final = (
    Step("a good notice, POST", post=True, good=True),
    Step("a bad notice, POST", post=True, good=False),
    Step("a bad notice, SIGHUP", post=False, good=False),
    Step("another good notice, SIGHUP", post=False, good=True),
)


def reloads(harness: Harness) -> Iterator[Finding]:
    """Reloads under load, over kept connections to both workers."""
    with tempfile.TemporaryDirectory() as folder:
        notices = Path(folder) / "notices"
        notices.mkdir()
        with serving(Path(folder), "--workers", "2", "--notices", str(notices)) as running:
            ask(port_of(running), PENALTY)
            each = max(harness.seconds / 2, 3.0)
            load = Load(Plan(port_of(running), MIX, each * (len(STEPS) + 1)))
            time.sleep(each)
            moments, answers, logs = [], [], []
            for number, step in enumerate(STEPS):
                bad = notices / "2028.json"
                put(notices, f"春节{number}" if step.good else f"春节{number - 1}")
                bad.unlink(missing_ok=True) if step.good else bad.write_text("{", "utf-8")
                moments.append(time.monotonic())
                if step.post:
                    answers.append(f"{ask(port_of(running), RELOAD).status}")
                else:
                    running.process.send_signal(signal.SIGHUP)
                    answers.append("-")
                time.sleep(each - (time.monotonic() - moments[-1]))
                logs.append(log_line(running, "calendar sha256" if step.good else "2028.json"))
            yield from _describe_reloads(harness, load.result(), moments, answers, logs)


def _describe_reloads(
    harness: Harness, samples: list[Sample], moments: list[float], answers: list[str], logs: list[str]
) -> Iterator[Finding]:
    for number, step in enumerate(STEPS):
        since = moments[number]
        until = moments[number + 1] if number + 1 < len(moments) else float("inf")
        before = {sample.digest for sample in samples if sample.ended < since and sample.ended > since - 0.5}
        during = [sample for sample in samples if since <= sample.sent < until]
        changed = [sample for sample in during if sample.digest not in before]
        last_old = max((sample.sent for sample in during if sample.digest in before), default=since)
        name = f"reload under load: {step.name}"
        harness.expect(
            name,
            nothing_lost=not find_lost(during),
            right_answers=answered_well(during),
            one_digest_before=len(before) == 1,
            changed_where_good=bool(changed) is step.good,
            all_within_five_seconds=not step.good or last_old - since < 5,
            answer=answers[number] == ("-" if not step.post else "200" if step.good else "422"),
        )
        back = f"last answer by the old calendar after {milliseconds(last_old - since)}" if step.good else "no change"
        answer = f", answered {answers[number]}" if step.post else ""
        yield Finding(
            name, f"{count_lost(during)}, mixed: {sum(one.mixed for one in during)}", f"{back}{answer}", logs[number]
        )


# --------------------------------------------------------------------------------- disk and files


@contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """A file system of 2 MB in a folder; not one, where this user may mount none."""
    folder.mkdir()
    mount, unmount = shutil.which("mount"), shutil.which("umount")
    command = [mount or "/bin/false", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    try:
        yield mounted
    finally:
        if mounted and unmount:
            subprocess.run([unmount, "-l", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """A file that takes all that is left."""
    path = folder / "filler"
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x" * 4096)
    return path


def full_disk(harness: Harness) -> Iterator[Finding]:
    """A disk that is full at the start, and one that becomes full while the service runs."""
    with tempfile.TemporaryDirectory() as folder:
        disk, notices = Path(folder) / "disk", Path(folder) / "notices"
        notices.mkdir()
        with small_disk(disk) as there:
            if not there:
                yield Finding("disk full", "not run: this user may mount no file system", "-")
                return
            filler = fill(disk)
            yield refused_start(harness, "disk full at the start", {"STATE": str(disk / "state")})
            filler.unlink()
            options = ("--workers", "2", "--notices", str(notices))
            with serving(Path(folder), *options, temporary=disk) as running:
                yield _filled(harness, running, disk, notices)


def _filled(harness: Harness, running: Running, disk: Path, notices: Path) -> Finding:
    name = "disk full while it runs: a batch, a reload, a calculation"
    port, batch = port_of(running), encode_post("/v1/batch/ndjson", rows(5_000), "application/x-ndjson")
    ask(port, PENALTY)
    filler = fill(disk)
    put(notices)
    full = [ask(port, request) for request in (batch, RELOAD, PENALTY)]
    os.kill(pid := servers.workers(running)[0], signal.SIGKILL)
    servers.gone(running, pid)
    restarted = ask_when_listening(port, PENALTY).status
    filler.unlink()
    again = [ask(port, request).status for request in (batch, RELOAD)]
    statuses = [reply.status for reply in full]
    harness.expect(
        name,
        refused_by_507=statuses[:2] == [507, 507],
        calculations_go_on=[statuses[2], restarted] == [200, 200],
        at_once_when_there_is_room=again == [200, 200],
    )
    answers = f"{statuses}; a worker killed meanwhile was replaced and answered {restarted}"
    return Finding(name, answers, f"with room again at once: {again}", log_line(running, "cannot be stored"))


def refused_start(harness: Harness, name: str, settings: dict[str, str]) -> Finding:
    """A service that does not start: with exit code 4, naming what it could not have."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PENALTYCALC_")}
    environment |= {f"PENALTYCALC_{name}": value for name, value in settings.items()}
    started = time.monotonic()
    done = subprocess.run(
        [servers.SCRIPT, "serve", "--port", str(servers.free_port())],
        capture_output=True,
        timeout=30,
        check=False,
        env=environment,
    )
    message = done.stderr.decode().strip().splitlines()
    harness.expect(name, exit_code_4=done.returncode == 4, one_line=len(message) == 1)
    took = milliseconds(time.monotonic() - started)
    return Finding(name, "nothing started", f"exit code {done.returncode} after {took}", shown(message[-1]))


def unreadable(harness: Harness) -> Iterator[Finding]:
    """A directory in the place of each file that a start reads: root may read whatever it has no right to."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "2027.json").mkdir()
        yield refused_start(harness, "keys unreadable at the start", {"KEYS_FILE": str(folder)})
        yield refused_start(harness, "settings unreadable at the start", {"CONFIG": str(folder)})
        yield refused_start(harness, "a notice unreadable at the start", {"NOTICES": str(folder)})


# ------------------------------------------------------------------------------- hostile clients


def slow_connections(harness: Harness, number: int) -> Finding:
    """Connections whose headers or bodies come byte by byte, or that say nothing, beside normal requests."""
    name = f"{number:,} slow connections, 2 workers"
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), "--workers", "2") as running:
        port = port_of(running)
        ask(port, PENALTY)
        plan = Plan(port, MIX, harness.seconds, connections=4, pause=0.01)
        alone = Load(plan).result()
        before = [read_memory(pid) for pid in servers.workers(running)]
        beside, open_at_end = asyncio.run(_beside_slow(port, number, plan._replace(fresh=True)))
        grown = max(read_memory(pid) for pid in servers.workers(running)) - max(before)
        quick, slow = [percentile(sorted(one.ended - one.sent for one in s), 0.99) for s in (alone, beside)]
        after = ask(port, PENALTY).status
        harness.expect(
            name, nothing_lost=not find_lost(beside), right_answers=answered_well(beside), goes_on=after == 200
        )
        return Finding(
            name,
            f"{count_lost(beside)} normal requests; {open_at_end:,} slow ones still open",
            f"p99 {quick * 1000:.1f} ms alone, {slow * 1000:.1f} ms beside them; +{grown:.0f} MB in a worker",
        )


async def _beside_slow(port: int, number: int, plan: Plan) -> tuple[list[Sample], int]:
    heads = (b"POST /v1/penalties HTTP/1.1\r\nHost: x\r\nX-Slow: ", PENALTY.partition(b"{")[0], b"")
    wires = []
    for head in heads:
        for _ in range(number // 3):
            wire = await open_wire(port)
            wire.send(head)
            wires.append((wire, bool(head)))
    load = await asyncio.to_thread(Load, plan)
    result = asyncio.create_task(asyncio.to_thread(load.result))
    while not result.done():
        for wire, dribbles in wires:
            if dribbles:
                wire.send(b"{"[:1])
        await asyncio.sleep(1)
    still_open = sum(not wire.closed for wire, _ in wires)
    for wire, _ in wires:
        wire.close()
    return await result, still_open


class Malformed(NamedTuple):
    """A request that is none: its bytes, and the statuses that may answer it; none where the connection ends."""

    name: str
    content: bytes
    statuses: tuple[int, ...]


def _headed(*headers: str, body: bytes = b"", target: str = "/v1/penalties") -> bytes:
    return encode_request(target, "Content-Type: application/json", *headers, method="POST") + body


def malformed_requests() -> list[Malformed]:
    """Bodies and heads that are too large, or broken."""
    deep = b"[" * 100_000
    line = encode_post("/v1/batch/ndjson", b'{"ref":"' + b"x" * 2_000_000 + b'"}\n', "application/x-ndjson")
    chunked = "Transfer-Encoding: chunked"
    return [
        Malformed("20 MB of body", encode_post("/v1/penalties", b'{"ref":"' + b"x" * 20_000_000 + b'"}'), (413,)),
        Malformed("a body that says it has 1 TB", _headed("Content-Length: 1000000000000", body=b"{"), (0, 400, 413)),
        Malformed("100,000 brackets", encode_post("/v1/penalties", deep), (400,)),
        Malformed("100,000 brackets in a batch", encode_post("/v1/batch", deep), (400,)),
        Malformed("a line of 2 MB", line, (200,)),
        Malformed("bytes that are no UTF-8", encode_post("/v1/penalties", b'{"violation":"\xff\xfe"}'), (400,)),
        Malformed("lone surrogates", encode_post("/v1/penalties", b'{"violation":"\\ud800"}'), (400, 422)),
        Malformed("nothing", encode_post("/v1/penalties", b""), (400,)),
        Malformed(
            "numbers without end", encode_post("/v1/penalties", b'{"goods_value":' + b"9" * 500_000 + b"}"), (400,)
        ),
        Malformed("less body than announced", _headed("Content-Length: 100", body=b"{}"), (0,)),
        Malformed("two lengths", _headed("Content-Length: 2", "Content-Length: 3", body=b"{}x"), (0, 400)),
        Malformed("a length and chunks", _headed("Content-Length: 2", chunked, body=b"2\r\n{}\r\n0\r\n\r\n"), (0, 400)),
        Malformed("chunks of no length", _headed(chunked, body=b"zz\r\n{}\r\n"), (0, 400)),
        Malformed("a chunk of 2^64", _headed(chunked, body=b"ffffffffffffffff1\r\n{}"), (0, 400)),
        Malformed("no HTTP", b"\x16\x03\x01\x02\x00\x01\x00" + b"\x00" * 500, (0, 400)),
        Malformed("a header of 1 MB", encode_request("/healthz", "X-Long: " + "x" * 1_000_000), (0, 400, 431)),
        Malformed(
            "10,000 headers", encode_request("/healthz", *(f"X-{number}: 1" for number in range(10_000))), (0, 400, 431)
        ),
        Malformed("an address of 60 kB", encode_request("/v1/penalties/85-2?ref=" + "x" * 60_000), (414,)),
        Malformed(
            "a zip bomb's beginning", encode_post("/v1/batch/xlsx", b"PK\x03\x04" + b"\x00" * 1_000_000, XLSX), (400,)
        ),
    ]


XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _raw(port: int, content: bytes) -> int:
    """The status that answers some bytes; 0 where the connection ends, or nothing comes within two seconds."""
    received = b""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=2) as client:
        with suppress(OSError):
            client.sendall(content)
        while (reply := parse_reply(received)) is None:
            chunk = client.recv(1 << 16)
            if not chunk:
                return 0
            received += chunk
        return reply.status
    return 0


def _in_turn(port: int, given: list[Malformed], until: float) -> int:
    """Send them again and again; how many."""
    number = 0
    while time.monotonic() < until:
        _raw(port, given[number % len(given)].content)
        number += 1
    return number


def malformed(harness: Harness) -> Finding:
    """All of them, in turn and several at once."""
    given = malformed_requests()
    name = f"{len(given)} kinds of oversized and malformed requests"
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as running:
        port = port_of(running)
        (pid,) = servers.workers(running)
        ask(port, PENALTY)
        for one in given:
            status = _raw(port, one.content)
            harness.expect(f"{name}: {one.name} answered {status}", status=status in one.statuses)
        before = read_memory(pid)
        load = Load(Plan(port, MIX, harness.seconds, connections=2, pause=0.01))
        until = time.monotonic() + harness.seconds - 1
        with ThreadPoolExecutor(8) as pool:
            number = sum(pool.map(lambda first: _in_turn(port, given[first:] + given[:first], until), range(0, 16, 2)))
        samples = load.result()
        grown = read_memory(pid) - before
        harness.expect(
            name,
            same_worker=servers.workers(running) == [pid],
            nothing_lost=not find_lost(samples),
            right_answers=answered_well(samples),
            no_fault_inside="unhandled" not in running.log.read_text("utf-8", errors="replace"),
        )
        slowest = percentile(sorted(one.ended - one.sent for one in samples), 0.99)
        return Finding(
            name,
            f"{count_lost(samples)} normal requests beside {number} of them",
            f"p99 {slowest * 1000:.1f} ms beside them; {grown:+.0f} MB in the worker",
        )


def flood(harness: Harness) -> Finding:
    """Keys, ids, languages and addresses of which no two are alike."""
    name = f"{harness.flood:,} requests, each with another key, id and language"
    text, key = make_key(os.urandom(36), role="read", name="clerk", created=date(2026, 5, 20))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "keys.json"
        file.write_bytes(encode_keys([key]))
        settings = {"KEYS_FILE": str(file), "REQUESTS_PER_SECOND": "1000000"}
        with serving(Path(folder), settings=settings) as running:
            port, (pid,) = port_of(running), servers.workers(running)
            good = [encode_request("/v1/penalties/85-2", f"X-API-Key: {text}")]
            bad = [
                encode_request(
                    f"/v1/penalties/85-{number}?ref={number}&lang=en",
                    f"X-API-Key: {os.urandom(16).hex() if number % 2 else text}",
                    f"Accept-Language: x-{number};q=0.{number}",
                    f"Accept: application/{number}, */*;q=0.{number}",
                )
                for number in range(harness.flood)
            ]
            alone = Load(Plan(port, good, harness.seconds / 2, connections=2, pause=0.01)).result()
            before = read_memory(pid)
            beside = Load(Plan(port, good, harness.seconds, connections=2, pause=0.01))
            statuses = asyncio.run(_flooded(port, bad))
            during = beside.result()
            grown = read_memory(pid) - before
    quick, slow = [percentile(sorted(one.ended - one.sent for one in s), 0.99) for s in (alone, during)]
    harness.expect(
        name,
        refused=set(statuses) <= {200, 401, 404, 406},
        nothing_lost=not find_lost(during),
        right_answers=answered_well(during),
        no_memory_kept=grown < 20,
    )
    others = ", ".join(f"{status}: {number:,}" for status, number in sorted(statuses.items()))
    return Finding(
        name,
        f"{count_lost(during)} normal requests; the others: {others}",
        f"p99 {quick * 1000:.1f} ms alone, {slow * 1000:.1f} ms beside them; {grown:+.1f} MB in the worker",
    )


async def _flooded(port: int, requests: list[bytes]) -> Counter[int]:
    statuses: Counter[int] = Counter()

    async def some(share: list[bytes]) -> None:
        wire = await open_wire(port)
        for request in share:
            statuses[(await wire.exchange(request)).status] += 1
        wire.close()

    await asyncio.gather(*(some(requests[first::4]) for first in range(4)))
    return statuses


# ------------------------------------------------------------------------------------------- all


def findings(harness: Harness) -> Iterator[Finding]:
    """All of them, one after the other."""
    yield kill(harness, 1, fresh=False)
    yield kill(harness, 2, fresh=False)
    yield kill(harness, 2, fresh=True)
    yield kill_twice(harness)
    yield stop(harness)
    yield stop_with_batch(harness, slow_reader=False)
    yield stop_with_batch(harness, slow_reader=True)
    yield from reloads(harness)
    yield from full_disk(harness)
    yield from unreadable(harness)
    for number in harness.slow:
        yield slow_connections(harness, number)
    yield malformed(harness)
    yield flood(harness)


def main() -> None:
    """Print the table, and what is not as promised."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="less of everything, within a minute or two")
    harness = Harness(short=parser.parse_args().short)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    print_table(("fault", "lost", "how it goes on", "the log says"), findings(harness))
    for promise in harness.broken:
        print(f"\nNOT AS PROMISED: {promise}")
    sys.exit(1 if harness.broken else 0)


if __name__ == "__main__":
    main()
