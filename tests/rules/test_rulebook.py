"""The law data: what is read from it, what is in force, and what is refused (the zoo of fixtures/broken)."""

from __future__ import annotations

import shutil
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from msgspec import UnsetType

import cases
import laws
from laws import load, patch
from penaltycalc import BrokenLaw, Rulebook
from penaltycalc.errors import Fact, Label, NotInForce, Reason, UnknownStep, UnknownTerm, UnknownViolation
from penaltycalc.rules.citations import Citation, ProvisionRef
from penaltycalc.rules.clauses import FixedFine, GoodsValueMultiple, IncomeShare
from penaltycalc.rules.money import Money
from penaltycalc.rules.periods import Period

ZOO = tomllib.loads((Path(__file__).parents[2] / "fixtures" / "broken" / "law.toml").read_text("utf-8"))["fault"]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of law/ and wording/ that a test may break."""
    laws.copy(tmp_path)
    return tmp_path


def refused(folder: Path) -> dict[str, Fact]:
    """The file, row and fault with which the data of a folder is refused."""
    with pytest.raises(BrokenLaw) as broken:
        load(folder)
    return broken.value.facts


# -------------------------------------------------------------------------------------------- the zoo


@pytest.mark.parametrize("fault", [pytest.param(fault, id=fault["name"]) for fault in ZOO])
def test_a_fault_in_the_law_is_refused_by_file_and_row(fault: dict[str, Any], copy: Path) -> None:
    patch(copy, fault["file"], fault["text"], fault["replacement"])
    told = refused(copy)
    assert (told["file"], told["row"]) == (fault.get("reported", Path(fault["file"]).name), fault["row"])
    if isinstance(fault["says"], str):
        assert isinstance(told["fault"], Reason)
        assert told["fault"].facts.get("original", told["fault"].code) == fault["says"]
    else:
        assert [word for word in fault["says"] if word not in str(told["fault"])] == []


def test_the_animals_of_the_zoo_have_names_of_their_own() -> None:
    assert len({fault["name"] for fault in ZOO}) == len(ZOO)


def test_the_data_that_the_zoo_starts_from_is_sound(copy: Path, rulebook: Rulebook) -> None:
    assert load(copy).digest == rulebook.digest


@pytest.mark.parametrize("file", ["law/civil-code.toml", "wording/titles.toml"])
def test_a_file_that_is_not_utf_8_is_refused(file: str, copy: Path) -> None:
    (copy / file).write_bytes("[instrument]\nid = '条例'\n".encode("gb18030"))
    told = refused(copy)
    assert told["file"] == Path(file).name
    assert "utf-8" in str(told["fault"])


def test_an_empty_law_folder_is_refused(copy: Path) -> None:
    shutil.rmtree(copy / "law")
    (copy / "law").mkdir()
    assert refused(copy) == {"file": "law", "row": "-", "fault": Reason("fault-no-law")}


def test_a_law_file_that_cannot_be_read_is_refused(copy: Path) -> None:
    (copy / "law" / "civil-code.toml").unlink()
    (copy / "law" / "civil-code.toml").mkdir()
    told = refused(copy)
    assert told["file"] == "civil-code.toml"
    assert "directory" in str(told["fault"])


def test_a_missing_wording_file_is_refused(copy: Path) -> None:
    (copy / "wording" / "notices.toml").unlink()
    told = refused(copy)
    assert told["file"] == "notices.toml"
    assert "No such file" in str(told["fault"])


@pytest.mark.parametrize(
    ("bounds", "same"),
    [
        ('minimum = "10000", maximum = "100000"', 'minimum = "100000", maximum = "100000"'),
        ("minimum = 2, maximum = 10", "minimum = 10, maximum = 10"),
        ("minimum_percent = 10, maximum_percent = 50", "minimum_percent = 50, maximum_percent = 50"),
    ],
)
def test_both_bounds_of_a_fine_may_be_the_same(bounds: str, same: str, copy: Path) -> None:
    patch(copy, "law/regulation.toml", bounds, same)
    assert load(copy).violations


# ------------------------------------------------------------------------------------------ versions


def test_a_row_may_be_in_force_for_a_single_day(copy: Path) -> None:
    own = ENDED.replace("2029-12-31", "2004-07-01")
    patch(copy, "law/administrative-licensing-law.toml", 'starts_from = "decision"\n', own)
    step = load(copy).step("licence-delivery")
    assert step.first_day == step.last_day == date(2004, 7, 1)


SHORTER_BEFORE = """
[[term]]
id = "glp-certificate"
citation = { article = 7, paragraph = 2 }
in_force_from = 2020-01-01
in_force_until = 2026-05-14
length = { years = 3 }
convention = "certificate"
issued_before = "warning"

[[term]]
id = "glp-certificate"
"""


def test_the_version_in_force_on_the_day_is_found(copy: Path) -> None:
    patch(copy, "law/regulation.toml", '\n[[term]]\nid = "glp-certificate"\n', SHORTER_BEFORE)
    amended = load(copy)
    years = {
        day: amended.term("glp-certificate", day).row.length.years
        for day in (date(2020, 1, 1), date(2026, 5, 14), date(2026, 5, 15), date(2099, 1, 1))
    }
    assert list(years.values()) == [3, 3, 5, 5]


def test_without_a_day_the_newest_version_is_found(copy: Path) -> None:
    patch(copy, "law/regulation.toml", '\n[[term]]\nid = "glp-certificate"\n', SHORTER_BEFORE)
    assert load(copy).term("glp-certificate").row.length == Period(years=5)


def test_before_all_versions_the_first_stands_so_that_the_calculator_can_refuse(copy: Path) -> None:
    patch(copy, "law/regulation.toml", '\n[[term]]\nid = "glp-certificate"\n', SHORTER_BEFORE)
    assert load(copy).term("glp-certificate", date(2019, 12, 31)).first_day == date(2020, 1, 1)


ENDED = 'starts_from = "decision"\nin_force_until = 2029-12-31\n'


def test_after_all_versions_the_rule_is_no_more_in_force(copy: Path) -> None:
    patch(copy, "law/administrative-licensing-law.toml", 'starts_from = "decision"\n', ENDED)
    amended = load(copy)
    assert amended.step("licence-delivery", date(2029, 12, 31)).row.length == 10
    with pytest.raises(NotInForce) as refusal:
        amended.step("licence-delivery", date(2030, 1, 1))
    assert (refusal.value.where, refusal.value.facts["day"]) == (("start",), date(2030, 1, 1))
    assert (refusal.value.message, refusal.value.facts["limit"]) == ("not-in-force-any-more", date(2029, 12, 31))
    assert amended.step("licence-delivery").last_day == date(2029, 12, 31)


def test_between_two_versions_the_rule_is_not_in_force(copy: Path) -> None:
    gap = SHORTER_BEFORE.replace("in_force_until = 2026-05-14", "in_force_until = 2025-12-31")
    patch(copy, "law/regulation.toml", '\n[[term]]\nid = "glp-certificate"\n', gap)
    amended = load(copy)
    assert amended.term("glp-certificate", date(2025, 12, 31)).row.length == Period(years=3)
    with pytest.raises(NotInForce):
        amended.term("glp-certificate", date(2026, 1, 1))
    assert amended.term("glp-certificate", date(2026, 5, 15)).row.length == Period(years=5)


def test_versions_stand_in_the_order_of_their_days_whatever_the_order_in_the_file(copy: Path) -> None:
    own = '[[step]]\nid = "licence-delivery"\n'
    later = own + 'citation = { article = 44 }\nin_force_from = 2030-01-01\nlength = 7\nunit = "working_day"\n'
    patch(copy, "law/administrative-licensing-law.toml", own, f'{later}starts_from = "decision"\n\n{own}')
    path = copy / "law" / "administrative-licensing-law.toml"
    path.write_text(path.read_text("utf-8").removesuffix('starts_from = "decision"\n') + ENDED, "utf-8")
    versions = load(copy).steps["licence-delivery"]
    assert [(one.first_day, one.last_day, one.row.length) for one in versions] == [
        (date(2004, 7, 1), date(2029, 12, 31), 10),
        (date(2030, 1, 1), None, 7),
    ]


def test_a_row_is_in_force_from_its_own_day_or_that_of_its_instrument(rulebook: Rulebook) -> None:
    assert rulebook.step("production-licence").first_day == date(2026, 5, 15)
    assert rulebook.step("retest-application").first_day == date(2019, 12, 1)
    assert rulebook.step("licence-decision").first_day == date(2004, 7, 1)
    assert rulebook.step("temporary-import-reply").first_day is None
    assert rulebook.step("temporary-import-reply").is_in_force(date(1949, 10, 1))


# --------------------------------------------------------------------------------------------- ids


def test_an_unknown_violation_is_refused_with_the_nearest_id(rulebook: Rulebook) -> None:
    with pytest.raises(UnknownViolation) as unknown:
        rulebook.violation("79-1-11")
    assert unknown.value.where == ("violation",)
    assert unknown.value.facts == {"value": "79-1-11", "nearest": Label("violation", "79-1-1")}


def test_an_unknown_step_is_refused_with_the_nearest_id(rulebook: Rulebook) -> None:
    with pytest.raises(UnknownStep) as unknown:
        rulebook.step("production-license", date(2026, 6, 1))
    assert unknown.value.facts == {"value": "production-license", "nearest": Label("step", "production-licence")}


def test_an_unknown_term_that_is_like_none_is_refused_without_a_hint(rulebook: Rulebook) -> None:
    with pytest.raises(UnknownTerm) as unknown:
        rulebook.term("xyz")
    assert (unknown.value.message, unknown.value.facts) == ("unknown-term", {"value": "xyz"})


def test_the_rulebook_holds_the_rows_of_the_regulation_and_of_the_laws_beside_it(rulebook: Rulebook) -> None:
    violations = """79-1-1 79-1-2 79-1-3 79-1-4 80-1-1 80-1-2 81-1 81-2-1 81-2-2 82-1 82-2 83-1 83-2 84-1 84-2
        85-1 85-2 86-1 87-1"""
    steps = """glp-qualification trial-sponsor-change reference-drug-import registration-transfer production-licence
        production-licence-change herb-first-import distribution-licence distribution-licence-change urgent-import
        hospital-preparation-licence hospital-preparation-licence-change preparation-transfer-use retest-application
        announcement-correction temporary-import-reply narcotic-import-permit clinical-trial-application
        application-completeness licence-decision licence-delivery"""
    terms = """glp-certificate drug-registration api-approval production-licence distribution-licence
        hospital-preparation-licence hospital-preparation-registration paediatric-exclusivity orphan-exclusivity
        data-protection"""
    assert set(rulebook.violations) == set(violations.split())
    assert set(rulebook.steps) == set(steps.split())
    assert set(rulebook.terms) == set(terms.split())
    assert list(rulebook.instruments) == ["all", "apl", "cc", "dal", "measures", "plan", "dar-2024", "dar", "val"]


# ------------------------------------------------------------------------------------ what decides


def test_the_facts_that_decide_follow_from_the_tiers(rulebook: Rulebook) -> None:
    decides = {name: rulebook.violation(name).required_facts for name in rulebook.violations}
    multiple = ("severity", "activity", "goods_value")
    assert decides == {
        **dict.fromkeys(("79-1-1", "79-1-2", "79-1-3", "79-1-4"), multiple),
        **dict.fromkeys(("80-1-1", "80-1-2", "81-2-1", "81-2-2"), ("rectified",)),
        **dict.fromkeys(("81-1", "85-1"), ("severity", "goods_value")),
        **dict.fromkeys(("82-1", "85-2"), ("severity",)),
        **dict.fromkeys(("82-2", "84-1", "84-2"), ("severity", "rectified")),
        "83-1": ("rectified", "scope"),
        "83-2": ("scope",),
        "86-1": ("exemption_facts",),
        "87-1": (),
    }


def test_the_facts_that_can_matter_follow_from_the_row(rulebook: Rulebook) -> None:
    found_in_time = {"discovered_on", "harm"}
    assert rulebook.violation("80-1-1").relevant_facts == {"rectified", *found_in_time}
    assert rulebook.violation("82-1").relevant_facts == {
        "severity",
        "responsible_persons",
        "decision_effective_on",
        *found_in_time,
    }
    assert rulebook.violation("85-1").relevant_facts == {
        "severity",
        "goods_value",
        "responsible_persons",
        *found_in_time,
    }
    assert rulebook.violation("83-2").relevant_facts == {"scope", "decision_effective_on", *found_in_time}
    assert rulebook.violation("85-2").relevant_facts == {
        "severity",
        "obstruction_suspension_replaces_fine",
        *found_in_time,
    }
    assert rulebook.violation("86-1").relevant_facts == {"exemption_facts"}
    assert rulebook.violation("87-1").relevant_facts == set()


def test_only_article_83_tells_scopes_apart(rulebook: Rulebook) -> None:
    found = {
        (name, tier.name): tier.scopes
        for name, versions in rulebook.violations.items()
        for version in versions
        for tier in version.tiers.values()
        if tier.scopes
    }
    assert found == {
        ("83-1", "uncorrected"): ("specialty", "institution"),
        ("83-2", "first"): ("specialty", "institution"),
    }


def test_the_items_of_article_79_share_their_tiers(rulebook: Rulebook) -> None:
    def clauses(violation: str) -> list[object]:
        return [tier.clause for tier in rulebook.violation(violation).tiers.values()]

    assert all(clauses(f"79-1-{item}") == clauses("79-1-1") for item in (2, 3, 4))
    assert clauses("80-1-2") == clauses("80-1-1")
    assert clauses("81-2-2") == clauses("81-2-1")


def test_provisions_stand_beside_a_violation_where_the_same_party_may_meet_them(rulebook: Rulebook) -> None:
    def cite(citations: tuple[Citation, ...]) -> tuple[str, ...]:
        return tuple(map(cases.write_citation, citations))

    beside = {name: cite(rulebook.violation(name).higher_fine_of) for name in rulebook.violations}
    assert {name: found for name, found in beside.items() if found} == {
        "79-1-1": ("dal 124¶1",),
        "79-1-3": ("dal 129",),  # not DAL 133: the institution that sells is another party
        "79-1-4": ("dal 115",),
        "84-1": ("dal 131",),
    }
    special = {name: cite(rulebook.violation(name).gives_way_to) for name in rulebook.violations}
    assert {name: found for name, found in special.items() if found} == {
        "79-1-4": ("val 81(3)",),
        **dict.fromkeys(("81-2-1", "81-2-2"), ("val 85", "val 86", "val 88")),
        "82-1": ("val 81(1)",),
        "82-2": ("val 82",),
        "86-1": ("val 80",),
    }


def test_a_multiple_names_the_goods_of_which_it_is_one(rulebook: Rulebook) -> None:
    goods = {name: rulebook.violation(name).row.goods_value_of for name in rulebook.violations}
    assert {name: found for name, found in goods.items() if isinstance(found, str)} == {
        **dict.fromkeys(("79-1-1", "79-1-2", "79-1-3", "79-1-4"), "produced_or_sold"),
        "81-1": "purchased",
        "85-1": "produced_sold_used_or_imported",
    }


def test_which_activities_can_lead_to_a_violation(rulebook: Rulebook) -> None:
    plausible = {name: rulebook.violation(name).row.plausible_activities for name in rulebook.violations}
    assert {name: found for name, found in plausible.items() if found} == {
        "79-1-1": ("production", "wholesale"),  # retail needs a licence of its own, DAL 34¶1
        "79-1-2": ("production",),
        "79-1-3": ("wholesale", "retail"),
        "79-1-4": ("wholesale", "retail"),  # selling online is no production
    }


@pytest.mark.parametrize(
    ("violation", "tier", "fine"),
    [
        ("81-1", "severe", GoodsValueMultiple(minimum=10, maximum=30, deemed_value=Money.parse("50000"))),
        ("85-2", "first", FixedFine(maximum=Money.parse("50000"))),
        ("84-1", "severe", FixedFine(minimum=Money.parse("500000"), maximum=Money.parse("2000000"))),
    ],
)
def test_a_fine_is_read_as_the_law_states_it(violation: str, tier: str, fine: object, rulebook: Rulebook) -> None:
    assert rulebook.violation(violation).tiers[tier].clause.fine == fine


def test_a_share_of_an_income_is_read_as_the_law_states_it(rulebook: Rulebook) -> None:
    persons = rulebook.violation("82-2").tiers["severe"].clause.persons
    assert persons
    assert persons.fine == IncomeShare(minimum_percent=10, maximum_percent=50)
    assert persons.income_confiscated


# ------------------------------------------------------------------------------------- clock stops

LICENSING_LAW = (
    "hearing",
    "bidding",
    "auction",
    "inspection",
    "testing",
    "quarantine",
    "appraisal",
    "expert_review",
)


def test_a_step_of_the_regulation_knows_the_licensing_law_by_analogy(rulebook: Rulebook) -> None:
    step = rulebook.step("production-licence")
    assert step.stop_reasons == {**dict.fromkeys(LICENSING_LAW, "by_analogy"), "technical_review": "direct"}
    assert not step.counts_by_licensing_law


def test_a_step_of_the_licensing_law_knows_its_reasons_directly(rulebook: Rulebook) -> None:
    step = rulebook.step("licence-decision")
    assert step.stop_reasons == {**dict.fromkeys(LICENSING_LAW, "direct"), "registration_review": "interpretive"}
    assert step.counts_by_licensing_law


def test_a_step_may_know_no_reason_at_all(rulebook: Rulebook) -> None:
    for step in ("clinical-trial-application", "announcement-correction", "licence-delivery", "retest-application"):
        assert rulebook.step(step).stop_reasons == {}


# ---------------------------------------------------------------------------------- rules and digest


def test_the_statutory_days_are_those_of_the_version_in_force(rulebook: Rulebook) -> None:
    days = rulebook.rules.statutory_days
    assert [days.count_in(year) for year in (2007, 2008, 2024, 2025, 2100)] == [10, 11, 11, 13, 13]


def test_a_general_rule_is_cited_in_its_own_instrument(rulebook: Rulebook) -> None:
    labels = {name: citation.label for name, citation in rulebook.citations.items()}
    assert labels["limitation"] == "《中华人民共和国行政处罚法》第三十六条第一款"
    assert labels["regulation_clock_stops"] == "《中华人民共和国药品管理法实施条例》第八十八条"
    assert labels["rest_day_roll"] == "《中华人民共和国民法典》第二百零三条第一款"


def test_a_place_is_cited_in_the_instrument_that_it_names_or_else_at_home(rulebook: Rulebook) -> None:
    assert (
        rulebook.cite(ProvisionRef(instrument="dal", article=126)).label == "《中华人民共和国药品管理法》第一百二十六条"
    )
    assert (
        rulebook.cite(ProvisionRef(article=3, item=2), "plan").label
        == "《临床急需药品临时进口工作方案》第三部分第（二）项"
    )
    assert rulebook.cite(ProvisionRef(instrument="dal", article=126), "dar").instrument == "dal"


def test_a_neighbouring_provision_is_by_default_one_of_the_same_instrument(copy: Path) -> None:
    patch(copy, "law/regulation.toml", '[{ instrument = "dal", article = 131 }]', "[{ article = 85, paragraph = 2 }]")
    (place,) = load(copy).violation("84-1").higher_fine_of
    assert place.label == "《中华人民共和国药品管理法实施条例》第八十五条第二款"


def test_each_instrument_has_a_digest_of_its_own(copy: Path, rulebook: Rulebook) -> None:
    assert set(rulebook.digests) == set(rulebook.instruments)
    assert len({*rulebook.digests.values(), rulebook.digest}) == len(rulebook.instruments) + 1
    patch(copy, "law/administrative-licensing-law.toml", "extension = 10", "extension = 11")
    amended = load(copy).digests
    assert [one for one, digest in amended.items() if digest != rulebook.digests[one]] == ["all"]


def test_the_digest_does_not_depend_on_layout_and_comments(copy: Path, rulebook: Rulebook) -> None:
    path = copy / "law" / "civil-code.toml"
    path.write_text("# a comment\n\n" + path.read_text("utf-8").replace("id = ", "id    = "), "utf-8")
    assert load(copy).digest == rulebook.digest


def test_the_digest_depends_on_every_figure(copy: Path, rulebook: Rulebook) -> None:
    patch(copy, "law/administrative-licensing-law.toml", "extension = 10", "extension = 11")
    assert load(copy).digest != rulebook.digest
    assert load(copy).digest.startswith("sha256:")


def test_the_digest_does_not_depend_on_the_wording(copy: Path, rulebook: Rulebook) -> None:
    patch(copy, "wording/labels.toml", 'en = "hearing"', 'en = "oral hearing"')
    assert load(copy).digest == rulebook.digest


def test_a_row_may_name_the_provision_that_sets_its_first_day(copy: Path) -> None:
    own = 'id = "production-licence"\nin_force_from = 2026-06-01\n'
    path = copy / "law" / "regulation.toml"
    begin = path.read_text("utf-8").replace('[[step]]\nid = "production-licence"\n', "[[step]]\n" + own)
    path.write_text(begin, "utf-8")
    assert isinstance(load(copy).step("production-licence").commencement, UnsetType)
    path.write_text(begin.replace(own, own + "commencement = { article = 88 }\n"), "utf-8")
    commencement = load(copy).step("production-licence").commencement
    assert not isinstance(commencement, UnsetType)
    assert commencement.article == 88


def test_statutory_days_are_not_guessed_before_the_first_year(rulebook: Rulebook) -> None:
    with pytest.raises(BrokenLaw):
        rulebook.rules.statutory_days.count_in(1900)


def test_a_row_with_a_fine_is_no_row_without_a_penalty(copy: Path) -> None:
    patch(copy, "law/regulation.toml", 'id = "84-1"\n', 'id = "84-1"\npenalty = false\n')
    assert refused(copy)["fault"] == Reason("fault-rules", {"original": "a fine in a row that says penalty = false"})
