"""Schemathesis against the running service: all checks, all phases, the deterministic run of schemathesis.toml."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import servers

ROOT = Path(__file__).parents[2]


def test_the_service_keeps_to_its_document(tmp_path: Path) -> None:
    command = [str(Path(sys.executable).parent / "schemathesis"), "--config-file", str(ROOT / "schemathesis.toml")]
    phases = ["--phases", "examples,coverage,fuzzing,stateful", "--no-color"]
    hooks = ROOT / "tests" / "schemathesis_hooks.py"
    with servers.serving(tmp_path) as running:
        run = subprocess.run(
            [*command, "run", *phases, f"{running.url}/openapi.json"],
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
            cwd=tmp_path,
            env={**os.environ, "SCHEMATHESIS_HOOKS": str(hooks)},
        )
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
    assert "34 selected / 34 total" in run.stdout
    assert "21 selected / 21 total" in run.stdout  # links, which the stateful phase follows
    assert "Failures:" not in run.stdout
