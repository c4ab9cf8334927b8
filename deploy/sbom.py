"""The bill of materials: the packages of the lock and the files in web/docs, as CycloneDX JSON.

    python deploy/sbom.py > FILE

Names, versions and digests are those of the lock; licences and dependencies are those of the environment that runs
this, which must be installed from the lock. The same lock gives the same bytes.
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


def build_bill() -> dict[str, Any]:
    """Build the bill of the service.

    Packages for other systems, which are not installed here, have no licences and the scope `optional`.
    """
    environment = run_cyclonedx("environment", sys.executable)
    installed = {one["purl"]: one for one in environment["components"] if "purl" in one}
    locked = run_cyclonedx("requirements", str(LOCK))["components"]
    packages = [merge_package(package, installed.get(package["purl"])) for package in locked]
    web = describe_pages()
    project = environment["metadata"]["component"]
    project |= {"version": VERSION, "purl": f"pkg:pypi/{project['name']}@{VERSION}"}
    components = sorted([*packages, web], key=lambda one: str(one["bom-ref"]).lower())
    needs = {one["ref"]: one.get("dependsOn", []) for one in environment["dependencies"]}
    needs[project["bom-ref"]] = [*needs[project["bom-ref"]], web["bom-ref"]]
    return environment | {"components": components, "dependencies": build_graph([project, *components], needs)}


def run_cyclonedx(kind: str, source: str) -> dict[str, Any]:
    """Return the bill that cyclonedx-py makes of a lock or an environment."""
    command = [sys.executable, "-m", "cyclonedx_py", kind, "--pyproject", str(ROOT / "pyproject.toml")]
    options = ["--output-reproducible", "--no-validate", "--spec-version", "1.6", source]
    # It warns that each of the two is not a whole bill, which is known here.
    variables = {**os.environ, "PYTHONWARNINGS": "ignore"}
    done = subprocess.run([*command, *options], check=True, capture_output=True, env=variables)
    content: dict[str, Any] = json.loads(done.stdout)
    return content


def merge_package(locked: Component, installed: Component | None) -> Component:
    """Describe a package by its digests in the lock and by its installed metadata."""
    component = installed or {name: locked[name] for name in ("name", "version", "purl", "type")} | {
        "bom-ref": f"{locked['name']}=={locked['version']}",
        "scope": "optional",
    }
    return component | {"externalReferences": locked["externalReferences"] + component.get("externalReferences", [])}


def build_graph(components: Iterable[Component], needs: dict[str, list[str]]) -> list[dict[str, Any]]:
    """List for each component which of the others it depends on."""
    refs = {component["bom-ref"] for component in components}
    return [{"ref": ref, "dependsOn": sorted(refs & set(needs.get(ref, [])))} for ref in sorted(refs)]


def describe_pages() -> Component:
    """Describe the library that the pages use, as the README beside its files names it."""
    readme = WEB.read_text("utf-8")
    name, version, address, licence = (
        find_line(readme, pattern)
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


def find_line(text: str, pattern: str) -> str:
    """Return the first group of the first match; ValueError where there is none."""
    match = re.search(pattern, text)
    if match is None:
        raise ValueError(pattern)
    return match[1]


def encode_bill(content: dict[str, Any]) -> bytes:
    """Encode the bill as JSON."""
    return json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False).encode() + b"\n"


if __name__ == "__main__":
    sys.stdout.buffer.write(encode_bill(build_bill()))
