"""Runs mutmut over modules of the core and lists the changes that no test notices; `make mutation`.

Arguments narrow the run to modules: `mutation.py money periods`, as `make mutation-short` does. What is changed and
which tests run stands in [tool.mutmut] of pyproject.toml. The exit code is 1 where a mutant survived.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Final

MUTMUT: Final = str(Path(sys.executable).parent / "mutmut")
KILLED: Final = ("killed", "timeout")


def run_mutmut(*arguments: str) -> str:
    """The output of one of mutmut's commands."""
    return subprocess.run([MUTMUT, *arguments], check=True, capture_output=True, text=True).stdout


def read_results() -> dict[str, str]:
    """The status of each mutant that was tried, by its name."""
    lines = (line.strip().rpartition(": ") for line in run_mutmut("results", "--all", "true").splitlines())
    return {name: status for name, _, status in lines if name and status != "not checked"}


def module_of(name: str) -> str:
    """The module in which a mutant is: `money` of `penaltycalc.rules.money.x_round__mutmut_1`."""
    return name.split(".")[-2]


def print_table(results: dict[str, str]) -> None:
    """Print mutants by module, as Markdown."""
    print("| module | mutants | killed | others |\n|---|---:|---:|---:|")
    totals = Counter(map(module_of, results))
    killed = Counter(module_of(name) for name, status in results.items() if status in KILLED)
    for module, total in sorted(totals.items()):
        print(f"| {module} | {total} | {killed[module]} | {total - killed[module]} |")


def main() -> None:
    """Run, print the table, and show each mutant that survived."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*", help="names of modules, such as money; all where none is given")
    parser.add_argument("--children", type=int, default=os.cpu_count() or 1, help="mutants that run at a time")
    options = parser.parse_args()
    patterns = [f"penaltycalc.*{module}.*" for module in options.modules]
    subprocess.run([MUTMUT, "run", "--max-children", str(options.children), *patterns], check=True)
    results = read_results()
    print_table(results)
    survivors = [name for name, status in sorted(results.items()) if status not in KILLED]
    for name in survivors:
        print(f"\n{results[name]}: {name}\n{run_mutmut('show', name)}")
    sys.exit(1 if survivors or not results else 0)


if __name__ == "__main__":
    main()
