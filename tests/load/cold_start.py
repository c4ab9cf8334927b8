"""From `penaltycalc serve` to the first answer to a calculation, in fresh processes; `make cold-start`.

The median of some starts, each asked for as soon as anything listens. Loopback only, bounded.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from wire import once, posted, table

import servers

PENALTY: Final = posted(
    "/v1/penalties", b'{"violation":"79-1-1","goods_value":"85000.00","activity":"wholesale","severity":"ordinary"}'
)
PATIENCE: Final = 30.0


def start(*options: str) -> float:
    """Seconds from the start of the command to the end of the first answer."""
    port = servers.free_port()
    started = time.perf_counter()
    process = subprocess.Popen(
        [servers.SCRIPT, "serve", "--port", str(port), *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while time.perf_counter() < started + PATIENCE:
            with suppress(OSError):
                assert asyncio.run(once(port, PENALTY)).status == 200
                return time.perf_counter() - started
            time.sleep(0.005)
        raise TimeoutError(port)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(15)


def cold_starts(rounds: int) -> Iterator[tuple[str, str, str]]:
    """How many workers, the median in seconds, and all of them."""
    for workers in (1, 2):
        taken = [start("--workers", str(workers)) for _ in range(rounds)]
        yield f"{workers}", f"{statistics.median(taken):.2f}", ", ".join(f"{one:.2f}" for one in taken)


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    table(("workers", "cold start to the first answer, s, median", "each"), cold_starts(parser.parse_args().rounds))


if __name__ == "__main__":
    main()
