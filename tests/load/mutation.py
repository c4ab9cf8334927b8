"""Runs the tests of the core against mutmut's mutants of it; `make mutation`, in short `make mutation-short`.

Mutmut writes the mutants: copies of the modules in `mutants/` in which each function is kept once for
every small change. Here they are run: the tests are collected once, and for each mutant a forked process
runs them with that mutant switched on until one fails, first those that reach the changed function, then
all others. (Mutmut collects anew for each mutant, and leaves out tests that share a fixture or a cache with
another one; that takes several times as long and lets some live.)

A mutant that no test kills needs a reason in mutants.toml why no caller can see it; without one, or with
a reason for a mutant that does not survive, the exit code is 1. Arguments narrow the run:
`mutation.py money 'deadlines.Clock*'`. Afterwards `mutmut results` and `mutmut show NAME` work.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import pytest
from mutmut.__main__ import CatchOutput, create_mutants
from mutmut.configuration import config
from mutmut.mutation import file_mutation
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.state import state
from mutmut.utils.file_utils import copy_also_copy_files, copy_src_dir, setup_source_paths, walk_mutatable_files

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
MUTANTS = ROOT / "mutants"
PASSED = 0
FAILED = 1
BROKEN = 35  # of a fork that could not run the tests: suspicious, as mutmut has it
CPU_SECONDS = 60  # all tests together take less than ten
SECONDS = 600  # of a mutant that waits
MEMORY = 4 << 30
KILLED = ("killed", "timeout")
REMEMBERING = ("cache", "lru_cache", "remembered")
STATUS = {PASSED: "survived", FAILED: "killed", -signal.SIGXCPU: "timeout", -signal.SIGALRM: "timeout"}


class Mutant(NamedTuple):
    """A mutant: its name in mutmut, the function it changes (`periods.last_day`), and the file."""

    name: str
    function: str
    path: Path


class Change(NamedTuple):
    """What tells mutants apart for people, whatever else is edited: the function and the lines changed."""

    function: str
    was: str
    becomes: str


# ------------------------------------------------------------------------------------- the mutants


def generate() -> list[Mutant]:
    """Write the mutants of the modules that pyproject.toml names, and list them."""
    shutil.rmtree(MUTANTS, ignore_errors=True)
    MUTANTS.mkdir()
    set_mutant_under_test("mutant_generation")
    with CatchOutput(), _looking_into_what_remembers():
        copy_src_dir()
        copy_also_copy_files()
        setup_source_paths()
        create_mutants(os.cpu_count() or 1)
    return [
        Mutant(name, function_of(name), path)
        for path in sorted(walk_mutatable_files())
        for name in _data(path).exit_code_by_key
    ]


_skips = file_mutation.MutationVisitor._skip_node_and_children
_arranges = file_mutation.function_trampoline_arrangement


@contextmanager
def _looking_into_what_remembers() -> Iterator[None]:
    """Mutmut leaves decorated functions alone; those that only remember what they gave are code as any other."""

    def skips(visitor: Any, node: Any) -> bool:
        return not _remembers(node) and bool(_skips(visitor, node))

    def arranges(function: Any, mutants: Any, class_name: str | None) -> Any:
        declared, (switch, *copies), assigned, names = _arranges(function, mutants, class_name)
        if _remembers(function):
            copies = [copy.with_changes(decorators=[]) for copy in copies]
        return declared, [switch, *copies], assigned, names

    with (
        patch.object(file_mutation.MutationVisitor, "_skip_node_and_children", skips),
        patch.object(file_mutation, "function_trampoline_arrangement", arranges),
    ):
        yield


def _remembers(node: Any) -> bool:
    decorators = [getattr(one.decorator, "func", one.decorator) for one in getattr(node, "decorators", ())]
    return bool(decorators) and all(getattr(decorator, "value", None) in REMEMBERING for decorator in decorators)


def function_of(name: str) -> str:
    """`periods.last_day` or `money.Money.parse` of mutmut's `penaltycalc.money.xǁMoneyǁparse__mutmut_7`."""
    module, mangled = name.removeprefix("penaltycalc.").split(".", 1)
    plain = mangled.partition("__mutmut_")[0]
    return f"{module}.{plain[2:].replace('ǁ', '.')}"


def _data(path: Path) -> SourceFileMutationData:
    data = SourceFileMutationData(path=path)
    data.load()
    return data


def change_of(mutant: Mutant) -> Change:
    lines = get_diff_for_mutant(mutant.name, path=mutant.path).splitlines()[2:]
    was, becomes = ("\n".join(line[1:].strip() for line in lines if line[0] == sign) for sign in "-+")
    return Change(mutant.function, was, becomes)


# --------------------------------------------------------------------------------------- the runs


class Runner:
    """A pytest plugin that runs the collected tests not once but once for each mutant, each time in a fork."""

    def __init__(self, mutants: Sequence[Mutant], children: int) -> None:
        self.mutants = mutants
        self.children = children
        self.status: dict[str, str] = {}
        self._reaching: dict[str, list[str]] = {}
        self._seconds: dict[str, float] = {}
        self._room = Path(tempfile.mkdtemp(prefix="mutants-"))

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._learn(session.items)
        running: dict[int, Mutant] = {}
        for number, mutant in enumerate(self.mutants):
            if len(running) == self.children:
                self._wait(running)
            running[_fork(partial(self._try, mutant, session))] = mutant
            if number % 100 == 0:
                print(f"{number} of {len(self.mutants)}", file=sys.stderr, flush=True)
        while running:
            self._wait(running)
        self._room.rmdir()
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            os._exit(FAILED)

    def _learn(self, tests: Sequence[pytest.Item]) -> None:
        """Which tests reach which function, and how long each takes; without a mutant all must pass."""
        learnt = Path("learnt.json")
        _, code = os.waitpid(_fork(lambda: learnt.write_text(json.dumps(_observed(tests)))), 0)
        if code != PASSED:
            sys.exit("tests fail without any mutant")
        self._reaching, self._seconds = json.loads(learnt.read_text())

    def _try(self, mutant: Mutant, session: pytest.Session) -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        signal.alarm(SECONDS)
        set_mutant_under_test(mutant.name)
        reaching = set(self._reaching.get(mutant.name.partition("__mutmut_")[0], ()))
        room = self._room / str(os.getpid())
        room.mkdir()
        vars(session.config)["_tmp_path_factory"]._basetemp = room  # forks do not meet in one folder
        order = sorted(session.items, key=lambda test: (test.nodeid not in reaching, self._seconds[test.nodeid]))
        for _ in _run(order):
            pass

    def _wait(self, running: dict[int, Mutant]) -> None:
        pid, code = os.wait()
        shutil.rmtree(self._room / str(pid), ignore_errors=True)
        mutant = running.pop(pid)
        status = self.status[mutant.name] = STATUS.get(os.waitstatus_to_exitcode(code), "suspicious")
        if status != "killed":
            print(f"{status}: {mutant.name}", file=sys.stderr, flush=True)


def _fork(work: Callable[[], object]) -> int:
    """Do the work in a process of its own, quietly; its id."""
    if pid := os.fork():
        return pid
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    code = BROKEN
    try:
        work()
        code = PASSED
    finally:
        os._exit(code)


def _run(tests: Sequence[pytest.Item]) -> Iterator[pytest.Item]:
    """Run tests in this order; each is handed out once it has run."""
    for test, following in zip_longest(tests, tests[1:]):
        test.config.hook.pytest_runtest_protocol(item=test, nextitem=following)
        yield test


def _observed(tests: Sequence[pytest.Item]) -> tuple[dict[str, list[str]], dict[str, float]]:
    set_mutant_under_test("stats")
    reaching: dict[str, list[str]] = {}
    seconds: dict[str, float] = {}
    begun = time.perf_counter()
    for test in _run(tests):
        seconds[test.nodeid] = time.perf_counter() - begun
        for function in state()._stats:
            reaching.setdefault(function, []).append(test.nodeid)
        state()._stats.clear()
        begun = time.perf_counter()
    return reaching, seconds


def run(mutants: Sequence[Mutant], children: int) -> dict[str, str]:
    """What became of each mutant: killed, timeout, survived or suspicious, by its name in mutmut."""
    runner = Runner(mutants, children)
    os.chdir(MUTANTS)
    arguments = ["-qq", "-s", "--assert=plain", "--tb=no", "-p", "no:cacheprovider", "-p", "no:terminalreporter"]
    code = pytest.main(arguments + list(config().pytest_add_cli_args_test_selection), plugins=[runner])
    os.chdir(ROOT)
    if len(runner.status) != len(mutants):
        sys.exit(f"the tests could not be run: {code}")
    _keep(mutants, runner.status)
    return runner.status


def _keep(mutants: Sequence[Mutant], status: dict[str, str]) -> None:
    """Tell mutmut, so that its commands show the results."""
    codes = {status: code for code, status in STATUS.items()}
    for path in {mutant.path for mutant in mutants}:
        data = _data(path)
        tried = {mutant.name for mutant in mutants if mutant.path == path}
        data.exit_code_by_key |= {name: codes.get(status[name], BROKEN) for name in tried}
        data.save()


# ------------------------------------------------------------------------------------ the account


def explanations(patterns: Sequence[str]) -> set[Change]:
    """The changes of which mutants.toml says why nobody sees them, as far as they concern what is run."""
    groups = tomllib.loads((HERE / "mutants.toml").read_text(encoding="utf-8"))["unseen"]
    changes = [Change(*change) for group in groups for change in group["changes"]]
    if len(set(changes)) != len(changes):
        sys.exit(f"explained twice: {Counter(changes).most_common(1)[0][0]}")
    return {change for change in changes if _wanted(change.function, patterns)}


def _wanted(function: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(function, pattern) or function.startswith(f"{pattern}.") for pattern in patterns or ["*"])


def table(counts: dict[str, Counter[str]]) -> Iterator[str]:
    """Mutants by module, as Markdown."""
    yield "| module | mutants | killed | of these by timeout | explained | open | score | without the explained |"
    yield "|---|---:|---:|---:|---:|---:|---:|---:|"
    counts["all"] = sum(counts.values(), Counter())
    for module, count in counts.items():
        total, killed = count.total(), sum(count[status] for status in KILLED)
        yield (
            f"| {module} | {total} | {killed} | {count['timeout']} | {count['explained']} "
            f"| {total - killed - count['explained']} | {killed / total:.1%} "
            f"| {killed / (total - count['explained']):.1%} |"
        )


def main() -> None:
    """Run the mutants, print the table, and list what no test kills and nothing explains."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("patterns", nargs="*", help="modules or functions: money, deadlines.Clock*")
    parser.add_argument("--children", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    os.chdir(ROOT)
    known = explanations(given.patterns)
    mutants = [mutant for mutant in generate() if _wanted(mutant.function, given.patterns)]
    status = run(mutants, given.children)
    counts: dict[str, Counter[str]] = {}
    faults, seen = [], set()
    for mutant in mutants:
        found = status[mutant.name]
        if found not in KILLED:
            change = change_of(mutant)
            if found == "survived" and change in known:
                seen.add(change)
                found = "explained"
            else:
                faults.append((found, mutant.name, change))
        counts.setdefault(mutant.path.stem, Counter())[found] += 1
    print("\n".join(table(counts)))
    for found, name, change in faults:
        print(f"\n{found}: {name}\n  {list(change)!r}")
    for change in sorted(known - seen):
        print(f"\nexplained, but does not survive:\n  {list(change)!r}")
    sys.exit(1 if faults or known - seen else 0)


if __name__ == "__main__":
    main()
