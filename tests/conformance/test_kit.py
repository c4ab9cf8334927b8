"""The conformance kit: the worked cases as the package carries them, and how an answer is compared with them."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import zipfile
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

import kit as made
from penaltycalc import BrokenLaw, Rulebook, WorkingCalendar, load_calendar
from penaltycalc.conformance import kit
from penaltycalc.conformance.kit import (
    FIELDS_OF_WORKING_DAYS,
    Case,
    Conformance,
    Installation,
    Kit,
    answer_case,
    compare_answers,
    describe_installation,
    find_differences,
    find_skipped_fields,
    load_kit,
)
from penaltycalc.conformance.kit_file import KIT, read_kit

ROOT = Path(__file__).parents[2]
HERE = Installation(engine="1.0.0", rulebook="sha256:law", calendar="sha256:days")
CASES = load_kit().cases


def case(id: str) -> Case:
    return next(one for one in CASES if one.id == id)


@pytest.fixture
def sale(rulebook: Rulebook, calendar: WorkingCalendar) -> dict[str, Any]:
    """The right answer to the case of a sale of 0 yuan, to be altered."""
    return dict(answer_case(SALE, rulebook, calendar))


SALE = case("79-1-1-production-zero")


# -------------------------------------------------------------------------------------------- the kit


def test_the_kit_of_the_package_is_made_of_the_worked_cases() -> None:
    assert KIT.read_bytes() == made.content(), "run `python tests/kit.py`"


def test_what_is_read_from_the_kit_is_what_the_worked_cases_say() -> None:
    assert list(CASES) == made.all_cases()
    assert len(CASES) > 700


def test_each_case_has_an_id_of_its_own_that_fits_a_reference() -> None:
    assert len({one.id for one in CASES}) == len(CASES)
    assert [one.id for one in CASES if len(one.id) > 64] == []


def test_the_file_is_rfc_4180_in_utf_8_and_holds_no_formula() -> None:
    content = read_kit()
    assert content.endswith(b"\r\n")
    assert content.count(b"\n") == content.count(b"\r\n") == len(CASES) + 1
    rows = list(csv.reader(StringIO(content.decode("utf-8"), newline=""), strict=True))
    assert {len(row) for row in rows} == {len(rows[0])}
    assert [cell for row in rows for cell in row if cell[:1] in tuple("=+-@\t\r'") and cell] == []


def test_the_wheel_carries_the_kit_and_proves_itself(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as file:
        assert file.read("penaltycalc/conformance/conformance.csv") == KIT.read_bytes()
        file.extractall(tmp_path / "site")
    program = "import penaltycalc, penaltycalc.cli; print(penaltycalc.__file__); penaltycalc.cli.main(['conform'])"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site")},
    )
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.decode().startswith(str(tmp_path / "site"))


@pytest.mark.parametrize(
    ("content", "row", "fault"),
    [
        (None, "-", "No such file"),
        (b"kind,ref,x_source\r\npenalty,\xff,DAR 79\r\n", "-", "utf-8"),
        (b'kind,ref,x_source\r\npenalty,1,"DAR 79\r\n', "-", "unexpected end of data"),
        (b"kind,ref,x_source\r\nfine,one,DAR 79\r\n", "one", "fault-no-case"),
        (b"kind,ref,x_source\r\n,one,DAR 79\r\n", "one", "fault-no-case"),
        (b"kind,ref,x_source\r\npenalty,one\r\n", "one", "fault-no-case"),
        (b"kind,ref,x_source\r\npenalty,one,DAR 79,more\r\n", "one", "fault-no-case"),
    ],
)
def test_a_kit_that_cannot_be_read_is_named_with_its_case(
    content: bytes | None, row: str, fault: str, tmp_path: Path
) -> None:
    path = tmp_path / "kit.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BrokenLaw) as broken:
        load_kit(path)
    assert (broken.value.facts["file"], broken.value.facts["row"]) == ("kit.csv", row)
    assert fault in str(broken.value.facts["fault"])


def test_a_text_that_looks_like_a_formula_comes_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "kit.csv"
    path.write_bytes(b"kind,ref,person_name,x_source\r\npenalty,one,'=Li,DAR 79\r\n")
    assert load_kit(path).cases == (Case("one", "penalty", {"person_name": "=Li"}, "", {}, "DAR 79"),)


# ----------------------------------------------------------------------------------------- comparing


def told(found: list[kit.Difference]) -> list[tuple[str, str, str]]:
    return [(one.field, one.expected, one.got) for one in found]


def test_the_right_answer_differs_in_nothing(sale: dict[str, Any]) -> None:
    assert find_differences(SALE, sale) == []


def test_a_wrong_value_is_told_with_its_case_and_provision(sale: dict[str, Any]) -> None:
    sale["outcome"]["fine"]["minimum"] = "999999.99"
    (found,) = find_differences(SALE, sale)
    assert (found.case, found.field) == ("79-1-1-production-zero", "fine_minimum")
    assert (found.expected, found.got) == ("1000000.00", "999999.99")
    assert found.source.startswith("DAR 79¶1(1)")


def test_what_must_be_absent_is_told_when_it_is_there(sale: dict[str, Any]) -> None:
    sale["limitation"] = {"two_years": {"last_day": "2028-06-01"}}
    assert told(find_differences(SALE, sale)) == [("limitation_two_years", "none", "2028-06-01")]


def test_measures_may_come_in_any_order(sale: dict[str, Any]) -> None:
    sale["outcome"]["measures"].reverse()
    assert find_differences(SALE, sale) == []
    del sale["outcome"]["measures"][0]
    assert [one.field for one in find_differences(SALE, sale)] == ["measures"]


def test_a_notice_that_is_wanted_must_come_and_one_that_is_not_must_stay_away(sale: dict[str, Any]) -> None:
    sale["notices"] = [{"code": "fact-not-used"}]
    expected = {"notices": "conduct-dates-missing !tier-not-in-law !fact-not-used"}
    assert told(find_differences(SALE._replace(expected=expected), sale)) == [
        ("notices", "conduct-dates-missing", "fact-not-used"),
        ("notices", "!fact-not-used", "fact-not-used"),
    ]
    sale["notices"] = []
    assert told(find_differences(SALE._replace(expected={"notices": "expired"}), sale)) == [
        ("notices", "expired", "none")
    ]


def test_refusals_are_compared_by_their_codes(sale: dict[str, Any]) -> None:
    refused = SALE._replace(problem="not-in-force", expected={})
    assert find_differences(refused, {"problem": "not-in-force"}) == []
    assert told(find_differences(refused, {"problem": "internal"})) == [("problem", "not-in-force", "internal")]
    assert told(find_differences(refused, sale)) == [("problem", "not-in-force", "none")]
    assert told(find_differences(SALE, {"problem": "internal"})) == [("problem", "none", "internal")]


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"kind": "fine"},
        {"kind": ["penalty"]},
        {"kind": "deadline", "notices": []},
        {"kind": "penalty", "determined": True, "outcome": []},
        {"kind": "penalty", "determined": True, "outcome": {"measures": [{}]}},
        {"kind": "penalty", "determined": False, "alternatives": [{"tier": "first"}]},
    ],
)
def test_an_answer_of_another_shape_is_one_difference(answer: dict[str, Any]) -> None:
    assert told(find_differences(SALE, answer)) == [("answer", "penalty", "unreadable")]


# ------------------------------------------------------------------------------- what rests on days


def from_days(digest: str, *codes: str, kind: str = "deadline") -> dict[str, Any]:
    """The bones of an answer of an installation whose calendar has that digest."""
    rests = {"engine": "1.0.0", "rulebook": "sha256:law", "calendar": digest}
    return {"kind": kind, "notices": [{"code": code} for code in codes], "provenance": rests}


DUE = Case("due", "deadline", {}, "", {"due": "2027-01-05", "days_length": "10", "status": "projected"}, "")
ENDS = Case("ends", "expiry", {}, "", {"last_day": "2031-05-31", "review_fits_until": "2031-04-18"}, "")


def test_with_the_packaged_days_everything_is_compared() -> None:
    assert find_skipped_fields(DUE, from_days("sha256:days", "projected"), "sha256:days") == ()


def test_with_other_days_what_is_projected_here_is_left_out() -> None:
    assert find_skipped_fields(DUE, from_days("sha256:others"), "sha256:days") == ("due", "status")
    projected = ENDS._replace(expected={**ENDS.expected, "notices": "projected"})
    assert find_skipped_fields(projected, from_days("sha256:others"), "sha256:days") == ("review_fits_until", "notices")


def test_with_other_days_what_is_announced_here_is_compared_unless_a_supplied_day_was_used() -> None:
    announced = DUE._replace(expected={**DUE.expected, "status": "official"})
    assert find_skipped_fields(announced, from_days("sha256:others"), "sha256:days") == ()
    assert find_skipped_fields(announced, from_days("sha256:others", "supplied"), "sha256:days") == ("due", "status")


def test_an_answer_that_does_not_say_what_it_rests_on_is_compared() -> None:
    for answer in ({"problem": "internal"}, {"provenance": {"engine": "1"}}, {"provenance": "mine"}, {"notices": 1}):
        assert find_skipped_fields(DUE, answer, "sha256:days") == ()


def test_what_is_left_out_is_no_difference() -> None:
    answer = {**from_days("sha256:others"), "due": "2027-01-04", "days": {"length": 11}}
    assert [one.field for one in find_differences(DUE, answer)] == ["due", "days_length", "status"]
    assert [one.field for one in find_differences(DUE, answer, ("due", "status"))] == ["days_length"]


def test_cases_that_rest_on_projected_days_say_so(rulebook: Rulebook, calendar: WorkingCalendar) -> None:
    for one in CASES:
        days = {name: one.expected.get(name, "none") for name in FIELDS_OF_WORKING_DAYS[one.kind] if name != "notices"}
        if one.problem or set(days.values()) == {"none"}:
            continue
        codes = {notice["code"] for notice in answer_case(one, rulebook, calendar)["notices"]}
        assert one.is_projected == ("projected" in codes), one.id


# --------------------------------------------------------------------------------------- all together


def summed(*answers: dict[str, Any]) -> Conformance:
    cases = tuple(DUE._replace(id=str(number)) for number in range(len(answers)))
    return compare_answers(zip(cases, answers, strict=True), Kit("sha256:kit", cases), HERE)


def right(digest: str = "sha256:days") -> dict[str, Any]:
    return {**from_days(digest), "due": "2027-01-05", "status": "projected", "days": {"length": 10}}


def test_an_installation_agrees_when_nothing_differs() -> None:
    found = summed(right(), right())
    assert (found.agrees, found.cases, found.agreeing) == (True, 2, 2)
    assert (found.kit, found.installations) == ("sha256:kit", (HERE,))


def test_a_case_with_several_differences_counts_once() -> None:
    found = summed(right(), {**right(), "due": None, "days": {"length": 9}})
    assert (found.agrees, found.cases, found.agreeing) == (False, 2, 1)
    assert [(one.case, one.field) for one in found.differences] == [("1", "due"), ("1", "days_length")]


def test_what_was_left_out_is_listed_and_does_not_count_as_a_difference() -> None:
    found = summed({**right("sha256:others"), "due": "2027-01-04"})
    assert (found.agrees, found.agreeing) == (True, 1)
    assert [(one.case, one.fields) for one in found.left_out] == [("0", ("due", "status"))]


def test_answers_of_two_installations_prove_neither() -> None:
    found = summed(right(), {**right(), "provenance": {**right()["provenance"], "engine": "1.1.0"}})
    assert (found.agrees, found.agreeing) == (False, 2)
    assert [one.engine for one in found.installations] == ["1.0.0", "1.1.0"]


def test_an_answer_that_says_nothing_of_its_origin_proves_nothing() -> None:
    nameless = right()
    del nameless["provenance"]
    assert not summed(nameless).agrees


# --------------------------------------------------------------------------------- this installation


def test_this_installation_agrees(rulebook: Rulebook, calendar: WorkingCalendar) -> None:
    package = describe_installation(rulebook, calendar)
    found = kit.check(load_kit(), rulebook, calendar, package)
    assert (found.differences, found.left_out) == ((), ())
    assert (found.agrees, found.installations) == (True, (package,))
    assert found.kit == kit.digest_kit(KIT.read_bytes())


def test_supplied_holidays_change_what_is_projected_and_nothing_else(
    rulebook: Rulebook, calendar: WorkingCalendar, tmp_path: Path
) -> None:
    off = [*range(104, 109), *range(208, 213), *range(1004, 1008)]  # fourteen weekdays, made up
    days = [{"name": "春节", "date": f"2027-{day // 100:02d}-{day % 100:02d}", "isOffDay": True} for day in off]
    (tmp_path / "2027.json").write_text(json.dumps({"year": 2027, "papers": [], "days": days}), "utf-8")
    supplied = load_calendar(rulebook, tmp_path)
    package = describe_installation(rulebook, calendar)
    found = kit.check(load_kit(), rulebook, supplied, package)
    assert found.differences == ()
    assert found.agrees
    assert {one.case for one in found.left_out} >= {one.id for one in CASES if one.is_projected and not one.problem}
    assert found.installations == (describe_installation(rulebook, supplied),) != (package,)


def test_a_case_is_sent_as_the_body_of_a_single_calculation() -> None:
    assert json.loads(kit.encode_case(SALE)) == {
        "kind": "penalty",
        "violation": "79-1-1",
        "goods_value": "0.00",
        "activity": "production",
        "severity": "ordinary",
    }
