"""Clients generated from the committed document, without a patch, against the running service.

Python, TypeScript and Java ask the same; what they read out of their typed answers is compared with the
JSON of the API. The linters that judge the document run here too, since they need Node. Generators and
Node packages belong to the outer ring: without the generators these tests are skipped.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

import servers

pytest.importorskip("openapi_python_client")

HERE = Path(__file__).parent
OPENAPI = HERE.parent.parent / "openapi"
DOCUMENT = OPENAPI / "openapi.json"
SCRIPTS = Path(sys.executable).parent


def run(command: Sequence[str | Path], folder: Path, **variables: str) -> str:
    """What a command prints; it fails the test where it fails."""
    environment = {**os.environ, "PATH": f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}", **variables}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-6000:]
    return done.stdout


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with servers.serving(tmp_path_factory.mktemp("service")) as running:
        yield running.url


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the Node packages of the lock file."""
    folder = tmp_path_factory.mktemp("node")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, folder)
    run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder)
    return folder


# ---------------------------------------------------------------------------- what is to come back


def asked(client: httpx.Client, path: str, content: object, **query: str) -> Any:
    return client.post(path, json=content, params=query).json()


def a_penalty(client: httpx.Client) -> dict[str, Any]:
    body = {
        "violation": "82-2",
        "severity": "severe",
        "decision_effective_on": "2028-02-29",
        "conduct": {"from": "2026-05-01", "to": "2026-06-30"},
        "responsible_persons": [{"role": "principal", "income_during_violation": "0.11"}, {"role": "other"}],
    }
    answer = asked(client, "/v1/penalties", body, lang="en")
    outcome = answer["outcome"]
    fine = outcome["fine"]
    return {
        "tier": outcome["tier"],
        "fine": [fine["minimum"], fine["maximum"], fine["basis"]["kind"]],
        "measures": [measure["kind"] for measure in outcome["measures"]],
        "persons": [[person["fine"]["minimum"], person["fine"]["maximum"]] for person in outcome["persons"]],
        "notices": [notice["code"] for notice in answer["notices"]],
    }


def a_deadline(client: httpx.Client) -> dict[str, Any]:
    stop = {"from": "2026-10-12", "to": "2026-10-16", "reason": "technical_review"}
    body = {"step": "production-licence", "start": "2026-09-18", "as_of": "2026-10-09", "clock_stops": [stop]}
    answer = asked(client, "/v1/deadlines", body)
    return {"due": answer["due"], "used": answer["days"]["used"], "left": answer["days"]["left"]}


def an_expiry(client: httpx.Client) -> dict[str, Any]:
    body = {"term": "orphan-exclusivity", "start": "2028-02-29", "granted": {"months": 30}}
    answer = asked(client, "/v1/expiries", body)
    return {
        "last_day": answer["last_day"],
        "civil_code": answer["by_convention"]["civil_code"],
        "ended_early": answer["ended_early"],
    }


def a_batch(client: httpx.Client) -> list[Any]:
    rows = [
        {"kind": "deadline", "step": "licence-delivery", "start": "2026-06-01", "ref": "a"},
        {"kind": "expiry", "term": "drug-registration", "start": "2026-06-01", "ref": "b"},
        {"kind": "penalty", "violation": "79-1-9", "ref": "c"},
    ]
    value = {"deadline": "due", "expiry": "last_day", "problem": "code"}
    answers = asked(client, "/v1/batch", rows)
    return [[answer["kind"], answer["ref"], answer[value[answer["kind"]]]] for answer in answers]


def a_problem(client: httpx.Client) -> dict[str, Any]:
    answer = asked(client, "/v1/penalties", {"violation": "79-1-9"}, lang="en")
    return {
        "status": answer["status"],
        "code": answer["code"],
        "title": answer["title"],
        "where": [fault["where"] for fault in answer["errors"]],
    }


@pytest.fixture(scope="module")
def wanted(url: str) -> dict[str, Any]:
    """What the clients are to read, out of the JSON of the API."""
    with httpx.Client(base_url=url, trust_env=False) as client:
        found = {
            "penalty": a_penalty(client),
            "deadline": a_deadline(client),
            "without_a_date": client.get("/v1/deadlines/urgent-import?start=2026-06-01").json()["due"],
            "expiry": an_expiry(client),
            "batch": a_batch(client),
            "problem": a_problem(client),
            "cell": client.get("/v1/cells/deadline?step=licence-delivery&start=2026/6/1").text,
        }
    assert found["penalty"]["persons"][1] == [None, None]
    assert [kind for kind, _, _ in found["batch"]] == ["deadline", "expiry", "problem"]
    return found


# ---------------------------------------------------------------------------------------- Python


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the generated package; a warning fails it."""
    folder = tmp_path_factory.mktemp("python")
    command = ["openapi-python-client", "generate", "--path", str(DOCUMENT), "--fail-on-warning", "--meta", "none"]
    config = ["--config", str(OPENAPI / "python-client.yml"), "--output-path", "penaltycalc_client"]
    said = run([*command, *config], folder)
    assert said.strip() == "Generating penaltycalc_client"
    return folder


def test_a_python_client_reads_what_the_api_says(package: Path, url: str, wanted: dict[str, Any]) -> None:
    program = HERE / "python" / "client.py"
    found = json.loads(run([sys.executable, program, url], package, PYTHONPATH=str(package)))
    table = found.pop("table")
    assert found == wanted
    with httpx.Client(base_url=url, trust_env=False) as client:
        content = b"kind,step,start,x_file\ndeadline,licence-delivery,2026-06-01,17\n"
        sent = client.post("/v1/batch/csv", content=content, headers={"Content-Type": "text/csv"})
    assert table == sent.text
    assert "2026-06-15" in table


def test_the_python_client_is_typed(package: Path) -> None:
    # Our program by what the package declares; what is inside the package is the generator's own.
    checker = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "--config-file="]
    checker += ["--cache-dir", str(package / "cache")]
    run([*checker, str(HERE / "python" / "client.py")], package, MYPYPATH=str(package))


# ------------------------------------------------------------------------------------ TypeScript


def test_a_typescript_client_reads_what_the_api_says(node: Path, url: str, wanted: dict[str, Any]) -> None:
    for source in (HERE / "typescript").iterdir():
        shutil.copy(source, node)
    types = ["npx", "openapi-typescript", str(DOCUMENT), "--default-non-nullable=false", "-o", "schema.d.ts"]
    run(types, node)
    assert run(["npx", "tsc", "-p", "."], node) == ""
    assert json.loads(run(["node", "built/client.js", url], node)) == wanted


# ------------------------------------------------------------------------------------------ Java


def test_a_java_client_reads_what_the_api_says(tmp_path: Path, url: str, wanted: dict[str, Any]) -> None:
    generator = pytest.importorskip("openapi_generator_cli")
    jar = str(Path(generator.__file__).parent / "openapi-generator.jar")
    options = ["--additional-properties=openApiNullable=false,useSingleRequestParameter=true"]
    options += ["--global-property", "apiTests=false,modelTests=false,apiDocs=false,modelDocs=false"]
    command = ["openapi-generator-cli", "generate", "-i", str(DOCUMENT), "-g", "java", "--library", "native"]
    run([*command, *options, "-o", "made"], tmp_path)
    sources = [*(tmp_path / "made" / "src" / "main").rglob("*.java"), *(HERE / "java").rglob("*.java")]
    run(["javac", "-nowarn", "-d", "built", "-cp", jar, *map(str, sources)], tmp_path)
    found = run(["java", "-cp", f"built{os.pathsep}{jar}", "Client", url], tmp_path)
    assert json.loads(found) == wanted


# --------------------------------------------------------------------------------------- linters


def test_redocly_finds_nothing(node: Path) -> None:
    run(["npx", "redocly", "lint", "--extends=recommended-strict", str(DOCUMENT)], node, REDOCLY_TELEMETRY="off")


def test_spectral_finds_nothing(node: Path) -> None:
    (node / "ruleset.yml").write_text('extends: ["spectral:oas"]\n')
    said = run(["npx", "spectral", "lint", "-r", "ruleset.yml", "--fail-severity=warn", str(DOCUMENT)], node)
    assert "No results with a severity of 'warn' or higher found!" in said
