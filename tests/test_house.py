"""How the packages may import each other, and that every word that people read is written down."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pytest

import cases
import penaltycalc
from penaltycalc import LawRefuses, Rulebook, WorkingCalendar, errors
from penaltycalc.calculators import explain
from penaltycalc.calculators.calculate import CALCULATIONS, calculate
from penaltycalc.input.flat import parse_flat
from penaltycalc.rules.wording import LANGUAGES

SRC = Path(penaltycalc.__file__).parent
MODULES = sorted(SRC.rglob("*.py"))
LAYERS = (
    ("_version", "errors"),
    ("faults", "files", "strict_json"),
    ("rules",),
    ("calendar",),
    ("calculators",),
    ("input",),
    ("library",),
    ("batch",),
    ("settings", "keys"),
    ("export",),
    ("conformance",),
    ("api",),
    ("openapi", "server", "cli_errors"),
    ("cli",),
    ("__main__",),
)
"""The packages and modules from the lowest layer up: each may import those below it, and its own."""
CORE_PACKAGES = ("rules", "calendar", "calculators", "input", "batch", "conformance")
"""The core: what answers, wherever it runs."""


def find_package(path: Path) -> str:
    """The package or module that a file belongs to."""
    return path.relative_to(SRC).parts[0].removesuffix(".py")


RUNS_FILES = SRC / "batch" / "files.py"
"""Answers files with processes and progress, and so needs a clock; it calculates nothing."""
CORE = [path for path in MODULES if find_package(path) in (*CORE_PACKAGES, "errors") and path != RUNS_FILES]
PURE = [path for path in MODULES if find_package(path) in ("rules", "calendar", "calculators")]


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def named(path: Path) -> str:
    return path.relative_to(SRC).as_posix()


def imports(path: Path) -> Iterator[str]:
    """The full names of all modules that a module imports, wherever in it."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{named(path)} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def constants(node: ast.AST) -> Iterator[Any]:
    """Every literal in a piece of code, texts inside f-strings included."""
    return (one.value for one in ast.walk(node) if isinstance(one, ast.Constant))


def called(name: str, node: ast.AST) -> Iterator[ast.Call]:
    """Every call of a function or method of that name."""
    for one in ast.walk(node):
        if isinstance(one, ast.Call) and getattr(one.func, "attr", getattr(one.func, "id", None)) == name:
            yield one


def toml(name: str) -> dict[str, Any]:
    return tomllib.loads((SRC / "wording" / f"{name}.toml").read_text("utf-8"))


# ------------------------------------------------------------------------------- which package may import what


def test_answering_a_penalty_loads_no_server_no_command_line_and_no_projection() -> None:
    program = """
import json, sys
import penaltycalc
rulebook = penaltycalc.load_rulebook()
calendar = penaltycalc.load_calendar(rulebook)
request = penaltycalc.PenaltyRequest(violation="85-2")
answer = penaltycalc.penalty(request, rulebook, calendar)
print(json.dumps([answer.missing_facts, sorted({name.partition(".")[0] for name in sys.modules})]))
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    missing, loaded = json.loads(run.stdout)
    assert missing == ["severity"]
    assert "penaltycalc" in loaded
    assert {"litestar", "granian", "holidays", "click"} & set(loaded) == set()


@pytest.mark.parametrize("path", CORE, ids=named)
def test_the_core_imports_no_server_and_no_command_line(path: Path) -> None:
    assert [name for name in imports(path) if name.partition(".")[0] in {"litestar", "granian", "click"}] == []


def test_every_package_has_its_layer() -> None:
    assert {find_package(path) for path in MODULES} - {"__init__"} == {package for layer in LAYERS for package in layer}


@pytest.mark.parametrize("path", [path for path in MODULES if named(path) != "__init__.py"], ids=named)
def test_imports_run_one_way(path: Path) -> None:
    layer = {package: number for number, packages in enumerate(LAYERS) for package in packages}
    package = find_package(path)
    inner = {name.split(".")[1] for name in imports(path) if name.startswith("penaltycalc.")} - {"__version__"}
    assert {one for one in inner if one != package and layer[one] >= layer[package]} == set()


def test_no_two_modules_import_each_other() -> None:
    """Also within a package, and also by a function that imports late."""
    modules = {"penaltycalc." + named(path).removesuffix(".py").replace("/", "."): path for path in MODULES}
    graph = {
        name: {one if one in modules else one.rpartition(".")[0] for one in imports(path)} & modules.keys()
        for name, path in modules.items()
    }
    TopologicalSorter(graph).prepare()


def test_every_package_says_what_it_is_for() -> None:
    packages = [path for path in MODULES if path.name == "__init__.py" and path.parent != SRC]
    assert [named(path) for path in packages if not (ast.get_docstring(tree(path)) or "").endswith(".")] == []


def test_no_file_is_long() -> None:
    lengths = {named(path): len(path.read_text("utf-8").splitlines()) for path in MODULES}
    assert {name: length for name, length in lengths.items() if length > 520} == {}


def test_only_periods_knows_dateutil() -> None:
    assert [named(path) for path in MODULES if any(name.startswith("dateutil") for name in imports(path))] == [
        "rules/periods.py"
    ]


@pytest.mark.parametrize("path", CORE, ids=named)
def test_the_core_reads_no_clock(path: Path) -> None:
    clocks = {"today", "now", "utcnow", "fromtimestamp", "localtime", "gmtime", "monotonic", "perf_counter"}
    read = [node.attr for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute) and node.attr in clocks]
    assert read == []
    assert [name for name in imports(path) if name.partition(".")[0] == "time"] == []


READS_FILES = {"rules/rulebook.py", "rules/wording.py", "calendar/holidays.py", "calendar/notices.py"}


@pytest.mark.parametrize("path", [path for path in PURE if named(path) not in READS_FILES], ids=named)
def test_what_calculates_reads_no_file_and_no_environment(path: Path) -> None:
    assert {one.partition(".")[0] for one in imports(path)} & {
        "os",
        "io",
        "pathlib",
        "tomllib",
        "sys",
        "random",
    } == set()
    assert list(called("open", tree(path))) == []


# ------------------------------------------------------------------------------- no figure of the law

FIGURES = (10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 2_000_000, 5_000_000)

NOT_OF_THE_LAW = {
    ("settings.py", 200_000),  # rows of a JSON batch, a limit of the service
}


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_no_figure_of_the_law_stands_in_python(path: Path) -> None:
    literals = list(constants(tree(path)))
    numbers = {value for value in literals if type(value) is int}
    texts = [value for value in literals if isinstance(value, str)]
    written = {
        int(found.replace(",", "").replace("_", ""))
        for text in texts
        for found in re.findall(r"(?<!\d)\d[\d,_]*", text)
    }
    package = named(path).split("/")[0]
    assert {figure for figure in numbers & set(FIGURES) if (package, figure) not in NOT_OF_THE_LAW} == set()
    assert written & set(FIGURES) == set()


def test_the_search_for_figures_looks_for_those_that_the_law_data_holds() -> None:
    law = "".join(path.read_text("utf-8") for path in (SRC / "law").glob("*.toml"))
    assert {int(amount) for amount in re.findall(r'"(\d+)"', law)} == set(FIGURES)


def test_no_float_stands_in_the_core() -> None:
    floats = {(named(path), value) for path in CORE for value in constants(tree(path)) if isinstance(value, float)}
    assert floats == {("errors.py", 0.5)}  # how alike two names must be for a hint; it meets no money and no day


# ------------------------------------------------------------------------------- the public surface


def test_the_public_surface_changes_only_on_purpose() -> None:
    assert penaltycalc.__all__ == [
        "BadNotice",
        "BrokenLaw",
        "Citation",
        "ClockStop",
        "Conduct",
        "DataBroken",
        "DeadlineAnswer",
        "DeadlineRequest",
        "ExemptionFacts",
        "ExpiryAnswer",
        "ExpiryRequest",
        "Explanation",
        "Granted",
        "Harm",
        "LawRefuses",
        "Money",
        "Notice",
        "PenaltyAnswer",
        "PenaltyRequest",
        "PenaltycalcError",
        "Provenance",
        "Readings",
        "RenewalLead",
        "RequestError",
        "ResponsiblePerson",
        "Rulebook",
        "WorkingCalendar",
        "__version__",
        "date",
        "deadline",
        "encode_answer",
        "expiry",
        "load_calendar",
        "load_rulebook",
        "penalty",
    ]
    assert [name for name in penaltycalc.__all__ if not hasattr(penaltycalc, name)] == []


# ------------------------------------------------------------------------------- errors and their words

ERRORS: list[type[errors.PenaltycalcError]] = [
    value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, errors.PenaltycalcError)
]
CODED = {error.code: error for error in ERRORS if "code" in vars(error)}

FAMILIES = {
    errors.RequestError: (400, 2),
    errors.LawRefuses: (422, 3),
    errors.TooLarge: (413, 2),
    errors.DataBroken: (503, 4),
}


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_an_error_has_a_code_of_its_own_or_is_the_base_of_some_that_do(error: type[errors.PenaltycalcError]) -> None:
    assert {"code", "sentence"} & set(vars(error)) or error.__subclasses__() != []
    assert error.__name__ in (errors.__doc__ or "")


def test_no_two_errors_share_a_code() -> None:
    assert len(CODED) == sum(1 for error in ERRORS if "code" in vars(error))


@pytest.mark.parametrize("code", sorted(set(CODED) - {"internal"}))
def test_an_error_answers_with_the_status_and_exit_code_of_its_family(code: str) -> None:
    error = CODED[code]
    status, exit_code = next(own for family, own in FAMILIES.items() if issubclass(error, family))
    # A broken notice can also be met while running, by a reload: then it is the operator's request that fails.
    assert error.status == (422 if code == "bad-notice" else status)
    assert error.exit_code == exit_code


def test_what_is_unforeseen_is_an_internal_error() -> None:
    base = errors.PenaltycalcError
    assert (base.code, base.status, base.exit_code) == ("internal", 500, 4)


NEVER_A_RESPONSE = {
    "broken-law",
    "bad-setting",
    "no-deployment",
    "run-broken",
    "wrong-use",
}  # nothing starts with these; the last is a client's

CODES = """
    malformed schema unknown-field unknown-query repeated-name unauthorised forbidden not-found method-not-allowed
    not-acceptable too-large unsupported-media-type unknown-violation unknown-step unknown-term not-in-force
    dates-out-of-order reason-not-allowed extension-not-allowed over-the-cap fact-out-of-range outside-calendar
    no-date barred decided-elsewhere bad-notice timeout uri-too-long too-many-requests insufficient-storage
    unavailable internal
"""


def test_every_problem_has_a_title_and_a_help_in_both_languages(rulebook: Rulebook) -> None:
    for lang in LANGUAGES:
        assert sorted(rulebook.wordings[lang].problem_codes()) == sorted(CODES.split())
        for code in CODES.split():
            assert all(rulebook.wordings[lang].problem(code))


def test_every_error_has_a_problem() -> None:
    assert set(CODED) - set(CODES.split()) == NEVER_A_RESPONSE


def messages_in(path: Path) -> Iterator[str]:
    """The messages that a module gives to its errors, as far as they are written out."""
    content = tree(path)
    for node in ast.walk(content):
        if isinstance(node, ast.keyword) and node.arg == "message":
            yield from (value for value in constants(node) if isinstance(value, str) and not value.startswith("-"))
    beginnings = tuple(f"{code}-" for code in CODED)
    yield from (value for value in constants(content) if isinstance(value, str) and value.startswith(beginnings))


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_every_message_of_an_error_is_written_down(path: Path) -> None:
    assert set(messages_in(path)) - set(toml("messages")) == set()


def test_the_search_for_messages_finds_them() -> None:
    assert {"not-in-force-conduct"} <= set(messages_in(SRC / "calculators" / "penalties" / "applicable_law.py"))
    assert {"granted-on-fixed-term", "length-empty"} <= set(messages_in(SRC / "calculators" / "expiries" / "expiry.py"))
    assert {"schema-money", "schema-missing", "malformed-depth"} <= set(messages_in(SRC / "input" / "json.py"))
    assert "schema-clock-stops" in set(messages_in(SRC / "input" / "flat.py"))
    assert "reason-not-allowed-none" in set(messages_in(SRC / "errors.py"))


def test_no_message_is_written_down_for_nothing() -> None:
    named = {value for path in MODULES for value in constants(tree(path)) if isinstance(value, str)}
    assert {name for name in toml("messages") if not {name, name.removesuffix("-near")} & named} == set()


ALWAYS_WITH_A_MESSAGE = {"FactOutOfRange": 2, "NotInForce": 2, "OverTheCap": 2}  # or that many arguments by position


def test_every_error_that_is_raised_without_a_message_has_that_of_its_code() -> None:
    without = set(CODED) - {errors.FactOutOfRange.code, errors.NotInForce.code, errors.OverTheCap.code}
    near = {
        f"{code}-near" for code, error in CODED.items() if issubclass(error, errors.UnknownId | errors.UnknownField)
    }
    sentences = {str(vars(error)["sentence"]) for error in ERRORS if "sentence" in vars(error)}
    near |= {f"{sentence}-near" for sentence in sentences}
    assert (without | near | sentences) - set(toml("messages")) == set()
    for path in CORE:
        for name, position in ALWAYS_WITH_A_MESSAGE.items():
            for call in called(name, tree(path)):
                assert len(call.args) >= position or any(one.arg == "message" for one in call.keywords)


# ------------------------------------------------------------------------------- notices and explanations


def notices_of_the_law() -> Iterator[str]:
    """The notice codes that rows and tiers of law/ name."""
    for path in (SRC / "law").glob("*.toml"):
        content = tomllib.loads(path.read_text("utf-8"))
        rows = [row for table in ("violation", "step", "term") for row in content.get(table, [])]
        tiers = [tier for row in rows for tier in row.get("tier", [])]
        for one in [*rows, *tiers]:
            yield from (*one.get("notices", []), *one.get("renewal_notices", []))
            yield from (one[name] for name in ("lapse_notice", "gains_notice") if name in one)
            yield from (text for name, text in one.get("renewal", {}).items() if name == "review_notice")


def notices_of_the_code() -> Iterator[str]:
    """The notice codes that calculators name, directly or through a variable of the same function."""
    for path in CORE:
        for function in ast.walk(tree(path)):
            if not isinstance(function, ast.FunctionDef):
                continue
            assigned = {
                target.id: [value for value in constants(node.value) if isinstance(value, str)]
                for node in ast.walk(function)
                if isinstance(node, ast.Assign)
                for target in node.targets
                if isinstance(target, ast.Name)
            }
            for call in (*called("add_notice", function), *called("make_notice", function)):
                yield from (value for value in constants(call.args[0]) if isinstance(value, str))
                if isinstance(call.args[0], ast.Name):
                    yield from assigned.get(call.args[0].id, [])


def test_every_notice_that_is_used_is_written_down_and_every_one_written_down_is_used() -> None:
    used = {*notices_of_the_law(), *notices_of_the_code()}
    compared_only = {"interpretive"}  # a kind of stop, not a notice
    assert used - compared_only == set(toml("notices"))


def rules_of_the_code() -> Iterator[str]:
    for path in CORE:
        for call in called("add_step", tree(path)):
            if call.args and isinstance(call.args[0], ast.Constant):
                yield str(call.args[0].value)


def test_every_rule_that_is_applied_has_a_sentence_and_every_sentence_a_rule() -> None:
    sentences = set(toml("explanations"))
    rules = set(rules_of_the_code())
    assert [rule for rule in rules if not any(f"{one}-".startswith(f"{rule}-") for one in sentences)] == []
    assert [one for one in sentences if not any(f"{one}-".startswith(f"{rule}-") for rule in rules)] == []


@pytest.fixture(scope="module")
def told(calendar: WorkingCalendar) -> tuple[set[str], set[str]]:
    """The notices and the sentences that the worked cases make use of; of a rulebook of which nothing is remembered."""
    rulebook = penaltycalc.load_rulebook()
    notices: set[str] = set()
    sentences: set[str] = set()
    apply = explain.Explainer.add_step

    def listen(self: explain.Explainer, rule: str, *values: Any, **facts: Any) -> None:
        case = facts.get("variant")
        sentences.add(f"{rule}-{case}" if case else rule)
        apply(self, rule, *values, **facts)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(explain.Explainer, "add_step", listen)
        for kind in CALCULATIONS:
            for row in cases.rows(kind):
                try:
                    answer = calculate(parse_flat(kind, cases.facts(kind, row)), rulebook, calendar)
                except LawRefuses:
                    continue
                notices.update(notice.code for notice in answer.notices)
    return notices, sentences


NEVER_IN_THE_WORKED_CASES = {
    "supplied",  # needs a supplied notice
    "later-law-to-compare",  # these need a row with two versions
    "repealed-since",
    "review-step-not-in-force",
}


def test_the_worked_cases_bring_up_every_notice(told: tuple[set[str], set[str]]) -> None:
    assert set(toml("notices")) - told[0] == NEVER_IN_THE_WORKED_CASES


def test_the_worked_cases_bring_up_every_sentence_of_an_explanation(told: tuple[set[str], set[str]]) -> None:
    assert set(toml("explanations")) - told[1] == {"applicable-law-in-force-then"}  # needs a row with two versions
