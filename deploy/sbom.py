"""The bill of materials: what the lock names and what lies in web/docs, as CycloneDX JSON.

    python deploy/sbom.py > FILE

The lock tells names, versions and digests; the environment that runs this, installed from the lock,
tells licences and which package needs which. The same lock gives the same bytes.
"""

from __future__ import annotations

import json
import os
import re
import runpy
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parent.parent
LOCK: Final = ROOT / "requirements.lock"
WEB: Final = ROOT / "src" / "penaltycalc" / "web" / "docs" / "README.md"
VERSION: Final[str] = runpy.run_path(str(ROOT / "src" / "penaltycalc" / "_version.py"))["__version__"]

Component = dict[str, Any]


def bill() -> dict[str, Any]:
    """The bill of the service; licences as far as its packages are installed beside the Python that runs this.

    What is not installed, because it is for other systems, is marked as optional.
    """
    told = _told("environment", sys.executable)
    installed = {one["purl"]: one for one in told["components"] if "purl" in one}
    packages = [_package(one, installed.get(one["purl"])) for one in _told("requirements", str(LOCK))["components"]]
    web = pages()
    own = told["metadata"]["component"]
    own |= {"version": VERSION, "purl": f"pkg:pypi/{own['name']}@{VERSION}"}
    components = sorted([*packages, web], key=lambda one: str(one["bom-ref"]).lower())
    needs = {one["ref"]: one.get("dependsOn", []) for one in told["dependencies"]}
    needs[own["bom-ref"]] = [*needs[own["bom-ref"]], web["bom-ref"]]
    return told | {"components": components, "dependencies": _graph([own, *components], needs)}


def _told(kind: str, source: str) -> dict[str, Any]:
    """What cyclonedx-py says about a lock or an environment."""
    command = [sys.executable, "-m", "cyclonedx_py", kind, "--pyproject", str(ROOT / "pyproject.toml")]
    options = ["--output-reproducible", "--no-validate", "--spec-version", "1.6", source]
    # Its warnings are about the two halves, which are no whole bills yet.
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    done = subprocess.run([*command, *options], check=True, capture_output=True, env=environment)
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def _package(locked: Component, installed: Component | None) -> Component:
    """A package: its digests from the lock, the rest from where it is installed."""
    found = installed or {name: locked[name] for name in ("name", "version", "purl", "type")} | {
        "bom-ref": f"{locked['name']}=={locked['version']}",
        "scope": "optional",
    }
    return found | {"externalReferences": locked["externalReferences"] + found.get("externalReferences", [])}


def _graph(components: Iterable[Component], needs: dict[str, list[str]]) -> list[dict[str, Any]]:
    """Who needs whom, among these components."""
    known = {one["bom-ref"] for one in components}
    return [{"ref": ref, "dependsOn": sorted(known & set(needs.get(ref, [])))} for ref in sorted(known)]


def pages() -> Component:
    """The files of others that the pages use, as the README beside them names them."""
    readme = WEB.read_text("utf-8")
    name, version, address, licence = (
        _line(readme, pattern)
        for pattern in (r"- Name: .*`(.+)`", r"- Version: (.+)", r"- From: <(.+?)>", r"- Licence: ([\w.-]+)")
    )
    sums = re.findall(r"^\| `([0-9a-f]{64})` \| `(.+)` \|$", readme, re.MULTILINE)
    return {
        "bom-ref": f"{name}=={version}",
        "type": "library",
        "name": name,
        "version": version,
        "purl": f"pkg:npm/{name}@{version}",
        "licenses": [{"license": {"id": licence, "acknowledgement": "declared"}}],
        "externalReferences": [{"type": "website", "url": address}],
        "components": [
            {
                "bom-ref": f"{name}=={version}/{file}",
                "type": "file",
                "name": file,
                "hashes": [{"alg": "SHA-256", "content": digest}],
            }
            for digest, file in sums
        ],
    }


def _line(text: str, pattern: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        raise ValueError(pattern)
    return found[1]


def encoded(content: dict[str, Any]) -> bytes:
    """The bill as it is written down."""
    return json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False).encode() + b"\n"


if __name__ == "__main__":
    sys.stdout.buffer.write(encoded(bill()))
