"""The flat form of a request: one text for each fact, the same for query, command line and row."""

from __future__ import annotations

from datetime import date

import pytest

from penaltycalc import (
    ClockStop,
    Conduct,
    DeadlineRequest,
    ExemptionFacts,
    ExpiryRequest,
    Granted,
    Harm,
    Money,
    PenaltyRequest,
    Readings,
    RenewalLead,
    Rulebook,
)
from penaltycalc.calculators.calculate import Kind
from penaltycalc.calculators.penalties import ResponsiblePerson
from penaltycalc.calculators.problems import error_message
from penaltycalc.errors import FactOutOfRange, Label, PenaltycalcError, RequestError, UnknownQuery, label_fact
from penaltycalc.input.flat import decode_flat, find_flat_name, list_flat_fields, parse_flat

Fault = tuple[str, tuple[str | int, ...], str]


def faults(kind: Kind, **facts: str) -> list[Fault]:
    """Code, place and message of every fault of a flat form that is refused."""
    with pytest.raises(PenaltycalcError) as refused:
        parse_flat(kind, facts)
    return [(fault.code, fault.where, fault.message) for fault in refused.value.faults]


# ------------------------------------------------------------------------------------------- names

NAMES: list[tuple[Kind, str]] = [
    (
        "penalty",
        """violation goods_value activity severity rectified scope conduct_from conduct_to decision_effective_on
        discovered_on life_health_or_financial_safety harmful_consequence person_role person_name person_income
        duties_fulfilled did_not_know_proven severe_needs_failed_correction obstruction_suspension_replaces_fine
        as_of assume_in_force ref""",
    ),
    ("deadline", "step start clock_stops extension_working_days joint_filing as_of ledger assume_in_force ref"),
    (
        "expiry",
        """term start convention granted_years granted_months granted_days ended_on renewal_lead_months
        renewal_lead_days renewal_approved_on as_of ref""",
    ),
]


@pytest.mark.parametrize(("kind", "names"), NAMES)
def test_the_flat_names_are_those_of_the_contract(kind: Kind, names: str) -> None:
    assert list(list_flat_fields(kind)) == names.split()


@pytest.mark.parametrize("kind", ["penalty", "deadline", "expiry"])
def test_every_flat_name_is_explained_in_both_languages(kind: Kind, rulebook: Rulebook) -> None:
    for wording in rulebook.wordings.values():
        assert [name for name in list_flat_fields(kind) if not wording.field(name)] == []


def test_a_fact_is_what_its_type_says() -> None:
    kinds = {
        name: field.kind for kind in ("penalty", "deadline", "expiry") for name, field in list_flat_fields(kind).items()
    }
    assert (kinds["goods_value"], kinds["person_income"]) == ("money", "money")
    assert (kinds["severity"], kinds["person_role"], kinds["convention"]) == ("choice", "choice", "choice")
    assert (kinds["rectified"], kinds["ledger"], kinds["duties_fulfilled"]) == ("boolean", "boolean", "boolean")
    assert (kinds["conduct_from"], kinds["as_of"]) == ("date", "date")
    assert (kinds["granted_years"], kinds["extension_working_days"]) == ("integer", "integer")
    assert (kinds["violation"], kinds["person_name"], kinds["clock_stops"]) == ("text", "text", "clock_stops")


def test_only_what_a_request_needs_is_required() -> None:
    required = {(kind, name) for kind, _ in NAMES for name, field in list_flat_fields(kind).items() if field.required}
    assert required == {
        ("penalty", "violation"),
        ("deadline", "step"),
        ("deadline", "start"),
        ("expiry", "term"),
        ("expiry", "start"),
    }


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (("goods_value",), "goods_value"),
        (("conduct", "to"), "conduct_to"),
        (("conduct",), "conduct_from"),
        (("responsible_persons", 0, "income_during_violation"), "person_income"),
        (("responsible_persons", 0), "person_role"),
        (("harm", "harmful_consequence"), "harmful_consequence"),
        (("elsewhere", 1), "elsewhere/1"),
    ],
)
def test_a_place_of_a_request_has_a_flat_name(path: tuple[str | int, ...], name: str) -> None:
    assert find_flat_name(PenaltyRequest, path) == name


@pytest.mark.parametrize(
    ("stated", "name"),
    [
        ([], "duties_fulfilled"),
        (["violation", "duties_fulfilled"], "did_not_know_proven"),
        (["did_not_know_proven"], "duties_fulfilled"),
        (["duties_fulfilled", "did_not_know_proven"], "duties_fulfilled"),
    ],
)
def test_a_record_is_named_after_a_fact_that_was_not_stated(stated: list[str], name: str) -> None:
    assert find_flat_name(PenaltyRequest, ("exemption_facts",), stated) == name


def test_a_place_inside_clock_stops_is_named_after_them() -> None:
    assert find_flat_name(DeadlineRequest, ("clock_stops", 3, "reason")) == "clock_stops"


# ------------------------------------------------------------------------------------------ reading


def test_every_fact_of_a_penalty_finds_its_place() -> None:
    facts = {
        "violation": "82-2",
        "goods_value": "85000.5",
        "activity": "retail",
        "severity": "severe",
        "rectified": "false",
        "scope": "specialty",
        "conduct_from": "2026-06-01",
        "conduct_to": "2026-06-30",
        "decision_effective_on": "2026-09-01",
        "discovered_on": "2026-08-01",
        "life_health_or_financial_safety": "true",
        "harmful_consequence": "false",
        "person_role": "principal",
        "person_name": "某甲",
        "person_income": "0.01",
        "duties_fulfilled": "true",
        "did_not_know_proven": "false",
        "severe_needs_failed_correction": "true",
        "obstruction_suspension_replaces_fine": "true",
        "as_of": "2026-09-02",
        "assume_in_force": "true",
        "ref": "案-7",
    }
    assert set(facts) == set(list_flat_fields("penalty"))
    assert parse_flat("penalty", facts) == PenaltyRequest(
        violation="82-2",
        goods_value=Money.parse("85000.50"),
        activity="retail",
        severity="severe",
        rectified=False,
        scope="specialty",
        conduct=Conduct(from_=date(2026, 6, 1), to=date(2026, 6, 30)),
        decision_effective_on=date(2026, 9, 1),
        discovered_on=date(2026, 8, 1),
        harm=Harm(life_health_or_financial_safety=True, harmful_consequence=False),
        responsible_persons=(
            ResponsiblePerson(role="principal", name="某甲", income_during_violation=Money.parse("0.01")),
        ),
        exemption_facts=ExemptionFacts(duties_fulfilled=True, did_not_know_proven=False),
        readings=Readings(severe_needs_failed_correction=True, obstruction_suspension_replaces_fine=True),
        as_of=date(2026, 9, 2),
        assume_in_force=True,
        ref="案-7",
    )


def test_every_fact_of_a_deadline_finds_its_place() -> None:
    facts = {
        "step": "licence-decision",
        "start": "2026-06-01",
        "clock_stops": "2026-06-03/2026-06-10:hearing;2026-07-01/:testing",
        "extension_working_days": "10",
        "joint_filing": "true",
        "as_of": "2026-07-02",
        "ledger": "true",
        "assume_in_force": "false",
        "ref": "7",
    }
    assert set(facts) == set(list_flat_fields("deadline"))
    assert parse_flat("deadline", facts) == DeadlineRequest(
        step="licence-decision",
        start=date(2026, 6, 1),
        clock_stops=(
            ClockStop(from_=date(2026, 6, 3), to=date(2026, 6, 10), reason="hearing"),
            ClockStop(from_=date(2026, 7, 1), reason="testing"),
        ),
        extension_working_days=10,
        joint_filing=True,
        as_of=date(2026, 7, 2),
        ledger=True,
        ref="7",
    )


def test_every_fact_of_an_expiry_finds_its_place() -> None:
    facts = {
        "term": "orphan-exclusivity",
        "start": "2026-06-01",
        "convention": "civil-code",
        "granted_years": "1",
        "granted_months": "2",
        "granted_days": "3",
        "ended_on": "2027-01-01",
        "renewal_lead_months": "6",
        "renewal_lead_days": "15",
        "renewal_approved_on": "2028-01-15",
        "as_of": "2026-12-01",
        "ref": "7",
    }
    assert set(facts) == set(list_flat_fields("expiry"))
    assert parse_flat("expiry", facts) == ExpiryRequest(
        term="orphan-exclusivity",
        start=date(2026, 6, 1),
        convention="civil-code",
        granted=Granted(years=1, months=2, days=3),
        ended_on=date(2027, 1, 1),
        renewal_lead=RenewalLead(months=6, days=15),
        renewal_approved_on=date(2028, 1, 15),
        as_of=date(2026, 12, 1),
        ref="7",
    )


def test_facts_that_are_not_given_are_left_out() -> None:
    assert parse_flat("penalty", {"violation": "85-2"}) == PenaltyRequest(violation="85-2")


def test_any_record_has_a_flat_form() -> None:
    assert decode_flat(Conduct, {"from": "2026-06-01"}) == Conduct(from_=date(2026, 6, 1))


# ---------------------------------------------------------------------------------------- refusing


@pytest.mark.parametrize(
    ("kind", "name", "text", "message"),
    [
        ("penalty", "goods_value", "85,000", "schema-money"),
        ("penalty", "rectified", "True", "schema-boolean"),
        ("penalty", "rectified", "1", "schema-boolean"),
        ("penalty", "severity", "grave", "schema-one-of"),
        ("penalty", "conduct_from", "2026-6-1", "schema-date"),
        ("penalty", "ref", "x" * 65, "schema-text"),
        ("deadline", "extension_working_days", "ten", "schema-integer"),
        ("deadline", "extension_working_days", "-1", "schema-integer"),
        ("deadline", "extension_working_days", "１０", "schema-integer"),
        ("deadline", "extension_working_days", "1.0", "schema-integer"),
        ("deadline", "extension_working_days", "9" * 12, "schema-integer"),
        ("deadline", "clock_stops", "2026-06-03", "schema-clock-stops"),
        ("deadline", "clock_stops", "2026-06-03/2026-06-10", "schema-clock-stops"),
        ("deadline", "clock_stops", "2026-06-03:hearing", "schema-clock-stops"),
        ("deadline", "clock_stops", "2026-06-03/:hearing;", "schema-clock-stops"),
        ("deadline", "clock_stops", "", "schema-clock-stops"),
        ("deadline", "clock_stops", "2026-06-31/:hearing", "schema-date"),
        ("deadline", "clock_stops", "2026-06-03/x:hearing", "schema-date"),
        ("deadline", "clock_stops", "2026-06-03/:lunch", "schema-one-of"),
        ("expiry", "granted_years", "0", "schema-integer"),
    ],
)
def test_a_text_that_stands_for_no_value_is_refused_by_its_name(kind: Kind, name: str, text: str, message: str) -> None:
    needed = {
        "penalty": {"violation": "85-2"},
        "deadline": {"step": "s", "start": "2026-06-01"},
        "expiry": {"term": "t", "start": "2026-06-01"},
    }
    assert faults(kind, **needed[kind], **{name: text}) == [("schema", (name,), message)]


def test_a_missing_fact_is_named_by_its_flat_name() -> None:
    with pytest.raises(RequestError) as refused:
        parse_flat("deadline", {})
    assert [(fault.where, fault.facts["name"]) for fault in refused.value.faults] == [
        (("step",), Label("fact", "step")),
        (("start",), Label("fact", "start")),
    ]


def test_an_unknown_name_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(UnknownQuery) as refused:
        parse_flat("expiry", {"term": "api-approval", "start": "2026-06-01", "granted_year": "5"})
    assert refused.value.where == ("granted_year",)
    assert refused.value.facts == {"name": "granted_year", "nearest": label_fact(("granted_years",))}


def test_the_nested_name_of_the_body_is_unknown_in_flat_form() -> None:
    assert faults("penalty", violation="85-2", responsible_persons="x")[0][:2] == (
        "unknown-query",
        ("responsible_persons",),
    )


def test_the_other_faults_stand_beside_an_unknown_name() -> None:
    assert faults("penalty", colour="red", goods_value="x", severity="grave") == [
        ("schema", ("goods_value",), "schema-money"),
        ("schema", ("severity",), "schema-one-of"),
        ("schema", ("violation",), "schema-missing"),
        ("unknown-query", ("colour",), "unknown-query"),
    ]
    assert faults("penalty", colour="red", violation="85-2") == [("unknown-query", ("colour",), "unknown-query")]


@pytest.mark.parametrize(
    ("name", "text", "needed", "zh", "en"),
    [
        (
            *("conduct_to", "2026-06-30", "conduct_from"),
            "填了“行为终了日（conduct_to）”的，还要填“行为开始日（conduct_from）”。",
            (
                "Where “last day of the conduct (conduct_to)” is given, "
                "“first day of the conduct (conduct_from)” is needed as well."
            ),
        ),
        (
            *("person_name", "某甲", "person_role"),
            "填了“责任人员姓名（person_name）”的，还要填“责任人员的身份（person_role）”。",
            (
                "Where “name of the responsible person (person_name)” is given, "
                "“role of the responsible person (person_role)” is needed as well."
            ),
        ),
        (
            *("person_income", "100", "person_role"),
            (
                "填了“责任人员违法行为发生期间自本单位所获收入（person_income）”的，"
                "还要填“责任人员的身份（person_role）”。"
            ),
            (
                "Where “income of the responsible person from the unit during the violation (person_income)” is given, "
                "“role of the responsible person (person_role)” is needed as well."
            ),
        ),
    ],
)
def test_a_fact_that_says_nothing_alone_asks_for_the_one_it_needs(
    name: str, text: str, needed: str, zh: str, en: str, rulebook: Rulebook
) -> None:
    with pytest.raises(FactOutOfRange) as refused:
        parse_flat("penalty", {"violation": "85-2", name: text})
    assert (refused.value.where, refused.value.facts) == (
        (name,),
        {"given": Label("fact", name), "name": Label("fact", needed)},
    )
    assert error_message(refused.value, rulebook.wordings["zh"]) == zh
    assert error_message(refused.value, rulebook.wordings["en"]) == en


def test_faults_of_form_come_before_a_fact_that_says_nothing_alone() -> None:
    assert faults("penalty", violation="85-2", conduct_to="2026-01-01", goods_value="abc") == [
        ("schema", ("conduct_from",), "schema-missing"),
        ("schema", ("goods_value",), "schema-money"),
    ]


def test_both_facts_on_harm_stand_alone() -> None:
    request = parse_flat("penalty", {"violation": "85-2", "harmful_consequence": "true"})
    assert request == PenaltyRequest(violation="85-2", harm=Harm(harmful_consequence=True))
