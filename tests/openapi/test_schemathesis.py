"""Schemathesis against the running service: all checks, all phases, the deterministic run of schemathesis.toml."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import servers

HERE = Path(__file__).parent
ROOT = HERE.parent


def test_the_service_keeps_to_its_document(tmp_path: Path) -> None:
    command = [
        str(Path(sys.executable).parent / "schemathesis"),
        "--config-file",
        str(ROOT / "schemathesis.toml"),
        "run",
    ]
    phases = ["--phases", "examples,coverage,fuzzing,stateful", "--no-color"]
    with servers.serving(tmp_path) as running:
        done = subprocess.run(
            [*command, *phases, f"{running.url}/openapi.json"],
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
            cwd=tmp_path,
            env={**os.environ, "SCHEMATHESIS_HOOKS": str(HERE / "schemathesis_hooks.py")},
        )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "33 selected / 33 total" in done.stdout
    assert "21 selected / 21 total" in done.stdout  # links, which the stateful phase follows
    assert "Failures:" not in done.stdout
