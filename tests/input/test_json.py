"""From JSON to a typed request: strict, and with every fault listed."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any, get_args

import msgspec
import pytest

from penaltycalc import (
    ClockStop,
    Conduct,
    DeadlineRequest,
    ExpiryRequest,
    Granted,
    Money,
    PenaltyRequest,
    ResponsiblePerson,
    Rulebook,
)
from penaltycalc.calculators.calculate import CALCULATIONS, Request
from penaltycalc.calculators.problems import error_message
from penaltycalc.errors import (
    MAX_FAULTS,
    Label,
    Malformed,
    RepeatedName,
    RequestError,
    SchemaFault,
    UnknownField,
    label_fact,
)
from penaltycalc.input.json import convert, decode_json

Fault = tuple[str, tuple[str | int, ...], str]


def body(**facts: Any) -> bytes:
    return json.dumps({name.rstrip("_"): value for name, value in facts.items()}, ensure_ascii=False).encode()


def faults(content: bytes, type: type[Request]) -> list[Fault]:
    """Code, place and message of every fault of a body that is refused."""
    with pytest.raises(RequestError) as refused:
        decode_json(content, type)
    return [(fault.code, fault.where, fault.message) for fault in refused.value.faults]


def fault(content: bytes, type: type[Request]) -> Fault:
    """The one fault of a body that is refused."""
    (only,) = faults(content, type)
    return only


# ------------------------------------------------------------------------------------- what is read


def test_a_penalty_request_is_read_as_it_is_written() -> None:
    content = {
        "kind": "penalty",
        "violation": "82-2",
        "goods_value": "85000.5",
        "rectified": False,
        "conduct": {"from": "2026-06-01", "to": "2026-06-30"},
        "responsible_persons": [{"role": "principal", "name": "某甲", "income_during_violation": "0.01"}],
        "ref": "案-7",
    }
    assert decode_json(json.dumps(content).encode(), PenaltyRequest) == PenaltyRequest(
        violation="82-2",
        goods_value=Money.parse("85000.50"),
        rectified=False,
        conduct=Conduct(from_=date(2026, 6, 1), to=date(2026, 6, 30)),
        responsible_persons=(
            ResponsiblePerson(role="principal", name="某甲", income_during_violation=Money.parse("0.01")),
        ),
        ref="案-7",
    )


def test_the_kind_may_be_left_out() -> None:
    assert decode_json(b'{"term":"api-approval","start":"2026-06-01"}', ExpiryRequest) == decode_json(
        b'{"kind":"expiry","term":"api-approval","start":"2026-06-01"}', ExpiryRequest
    )


def test_a_deadline_request_is_read_with_its_stops() -> None:
    stops = [
        {"from": "2026-06-03", "to": "2026-06-10", "reason": "hearing"},
        {"from": "2026-07-01", "reason": "testing"},
    ]
    assert decode_json(body(step="herb-first-import", start="2026-06-01", clock_stops=stops), DeadlineRequest) == (
        DeadlineRequest(
            step="herb-first-import",
            start=date(2026, 6, 1),
            clock_stops=(
                ClockStop(from_=date(2026, 6, 3), to=date(2026, 6, 10), reason="hearing"),
                ClockStop(from_=date(2026, 7, 1), reason="testing"),
            ),
        )
    )


def test_a_whole_number_may_be_written_with_a_point() -> None:
    # JSON Schema takes 5.0 and 5e0 for the integer 5.
    for written in (b"5", b"5.0", b"5e0", b"50e-1"):
        request = decode_json(
            b'{"term":"orphan-exclusivity","start":"2026-06-01","granted":{"years":%s}}' % written, ExpiryRequest
        )
        assert request.granted == Granted(years=5)


# ------------------------------------------------------------------------------------- not readable


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "malformed-empty"),
        (b" \n\t ", "malformed-empty"),
        (b"{", "malformed"),
        (b'{"violation":"85-2",}', "malformed"),
        (b"{'violation':'85-2'}", "malformed"),
        (b'{"violation":"85-2"} x', "malformed"),
        (b'{"violation":NaN}', "malformed"),
        (b"\xef\xbb\xbf{}", "malformed"),
        (b"[1", "malformed"),  # of the wrong kind as well, which shows first
        (b"2 x", "malformed"),
        (b'{"violation":1', "malformed"),
        (b'{"violation":1,"ref":"\xff"}', "malformed-encoding"),
        ('{"violation":"违法"}'.encode("gb18030"), "malformed-encoding"),
        (b'{"violation":"\xff"}', "malformed-encoding"),
        (b'{"violation":"85-2","ref":"\\ud800"}', "malformed"),
    ],
)
def test_a_body_that_is_no_json_is_malformed(content: bytes, message: str) -> None:
    assert fault(content, PenaltyRequest) == ("malformed", (), message)


@pytest.mark.parametrize("depth", [50, 330, 500, 700, 990, 1_100, 99_999])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"scope":', "}")])
@pytest.mark.parametrize("name", ["responsible_persons", "unknown"])
def test_no_nesting_breaks_the_reader(depth: int, opening: str, closing: str, name: str) -> None:
    nested = f'{{"violation":"85-2","{name}":{opening * depth}1{closing * depth}}}'
    assert all(
        code in {"malformed", "schema", "unknown-field"} for code, _, _ in faults(nested.encode(), PenaltyRequest)
    )


def test_a_body_that_is_nested_too_deep_says_so() -> None:
    assert fault(b"[" * 99_999, PenaltyRequest)[0] == "malformed"
    nested = b'{"responsible_persons":' + b"[" * 5_000 + b"]" * 5_000 + b"}"
    assert fault(nested, PenaltyRequest) == ("malformed", (), "malformed-depth")


# ----------------------------------------------------------------------------------------- shapes


PERSONS_NAME = ("responsible_persons", 0, "name")
READING = ("readings", "severe_needs_failed_correction")


@pytest.mark.parametrize("content", [b"[]", b'"85-2"', b"null", b"1", b"true"])
def test_a_body_that_is_no_object_is_refused(content: bytes) -> None:
    assert fault(content, PenaltyRequest) == ("schema", (), "schema-object")


@pytest.mark.parametrize(
    ("facts", "place", "message"),
    [
        ({"goods_value": 85000}, ("goods_value",), "schema-money-text"),
        ({"goods_value": "85,000"}, ("goods_value",), "schema-money"),
        ({"goods_value": "1\n"}, ("goods_value",), "schema-money"),
        ({"goods_value": None}, ("goods_value",), "schema-money-text"),
        ({"severity": "grave"}, ("severity",), "schema-one-of"),
        ({"severity": 1}, ("severity",), "schema-one-of"),
        ({"severity": None}, ("severity",), "schema-one-of"),
        ({"rectified": "true"}, ("rectified",), "schema-boolean"),
        ({"rectified": 1}, ("rectified",), "schema-boolean"),
        ({"conduct": "2026-06-01"}, ("conduct",), "schema-object"),
        ({"conduct": []}, ("conduct",), "schema-object"),
        ({"conduct": {}}, ("conduct", "from"), "schema-missing"),
        ({"conduct": {"from": "2026-02-29"}}, ("conduct", "from"), "schema-date"),
        ({"conduct": {"from": "2026-06-01T00:00:00"}}, ("conduct", "from"), "schema-date"),
        ({"conduct": {"from": "2026-6-1"}}, ("conduct", "from"), "schema-date"),
        ({"conduct": {"from": 20260601}}, ("conduct", "from"), "schema-date"),
        ({"responsible_persons": {}}, ("responsible_persons",), "schema-list"),
        ({"responsible_persons": [{}]}, ("responsible_persons", 0, "role"), "schema-missing"),
        ({"responsible_persons": [{"role": "boss"}]}, ("responsible_persons", 0, "role"), "schema-one-of"),
        ({"responsible_persons": [{"role": "other", "name": "x" * 101}]}, PERSONS_NAME, "schema-text"),
        ({"responsible_persons": [{"role": "other"}] * 1001}, ("responsible_persons",), "schema-list"),
        ({"ref": "x" * 65}, ("ref",), "schema-text"),
        ({"ref": 7}, ("ref",), "schema-no-text"),
        ({"ref": None}, ("ref",), "schema-no-text"),
        ({"readings": {"severe_needs_failed_correction": "yes"}}, READING, "schema-boolean"),
        ({"kind": "expiry"}, ("kind",), "schema-one-of"),
        ({"kind": 1}, ("kind",), "schema-one-of"),
    ],
)  # fmt: skip
def test_a_value_of_the_wrong_kind_is_refused_at_its_place(
    facts: dict[str, Any], place: tuple[str | int, ...], message: str
) -> None:
    assert fault(body(violation="85-2", **facts), PenaltyRequest) == ("schema", place, message)


@pytest.mark.parametrize(
    ("facts", "place", "message"),
    [
        ({"extension_working_days": -1}, ("extension_working_days",), "schema-integer"),
        ({"extension_working_days": 10_000_000}, ("extension_working_days",), "schema-integer"),
        ({"extension_working_days": 5.5}, ("extension_working_days",), "schema-integer"),
        ({"extension_working_days": "5"}, ("extension_working_days",), "schema-integer"),
        ({"extension_working_days": True}, ("extension_working_days",), "schema-integer"),
        ({"clock_stops": [{"from": "2026-06-01", "reason": "lunch"}]}, ("clock_stops", 0, "reason"), "schema-one-of"),
    ],
)
def test_a_value_out_of_form_of_a_deadline_is_refused(
    facts: dict[str, Any], place: tuple[str | int, ...], message: str
) -> None:
    content = body(step="licence-decision", start="2026-06-01", **facts)
    assert fault(content, DeadlineRequest) == ("schema", place, message)


def test_a_fault_tells_what_would_fit() -> None:
    with pytest.raises(SchemaFault) as refused:
        decode_json(body(violation="85-2", severity="grave", ref="x" * 65), PenaltyRequest)
    assert [one.facts for one in refused.value.faults] == [
        {"given": "grave", "values": (Label("severity_given", "ordinary"), Label("severity_given", "severe"))},
        {"least": 0, "most": 64, "length": 65},
    ]
    with pytest.raises(SchemaFault) as refused:
        decode_json(body(step="licence-decision", start="2026-06-01", extension_working_days=-1), DeadlineRequest)
    assert refused.value.facts == {"given": "-1", "least": 0, "most": 9999}


READ_AND_REPEATED: list[tuple[str, dict[str, Any], str, str, str, str]] = [
    (
        *("an amount in ten thousands", {"goods_value": "8.5万"}, "schema-money", "8.5万"),
        (
            "“8.5万”不能读作金额。请以元为单位填写数字，不加逗号和单位，不能为负数，最多两位小数，例如85000或者85000.50；整数部分最多11位。"
        ),
        (
            "“8.5万” is not an amount. Give yuan as a number without commas, units or a minus sign, "
            "with at most two decimals, for example 85000 or 85000.50, at most 11 digits before the point."
        ),
    ),
    (
        *("an amount with separators", {"goods_value": "85,000"}, "schema-money", "85,000"),
        (
            "“85,000”不能读作金额。请以元为单位填写数字，不加逗号和单位，不能为负数，最多两位小数，例如85000或者85000.50；整数部分最多11位。"
        ),
        (
            "“85,000” is not an amount. Give yuan as a number without commas, units or a minus sign, "
            "with at most two decimals, for example 85000 or 85000.50, at most 11 digits before the point."
        ),
    ),
    (
        *("an amount as a number", {"goods_value": 85000}, "schema-money-text", "85000"),
        '此处的金额应为文字，例如"85000.50"；收到的是85000。',
        'An amount must be a string here, for example "85000.50"; 85000 was sent.',
    ),
    (
        *("no amount", {"goods_value": None}, "schema-money-text", "null"),
        '此处的金额应为文字，例如"85000.50"；收到的是null。',
        'An amount must be a string here, for example "85000.50"; null was sent.',
    ),
    (
        *("a day that does not exist", {"as_of": "2026-02-30"}, "schema-date", "2026-02-30"),
        "“2026-02-30”不是有效日期。请填实际存在的日期，年四位，月、日各两位，用“-”连接，例如2026-05-20。",
        (
            "“2026-02-30” is not a valid date. "
            "Give a day that exists as year-month-day with four, two and two digits, for example 2026-05-20."
        ),
    ),
    (
        *("a day of eight digits", {"as_of": 20260520}, "schema-date", "20260520"),
        "“20260520”不是有效日期。请填实际存在的日期，年四位，月、日各两位，用“-”连接，例如2026-05-20。",
        (
            "“20260520” is not a valid date. "
            "Give a day that exists as year-month-day with four, two and two digits, for example 2026-05-20."
        ),
    ),
    (
        *("circumstances in other words", {"severity": "重"}, "schema-one-of", "重"),
        "“重”不能使用。请填以下代码之一：情节一般（ordinary）、情节严重（severe）。",
        (
            "“重” cannot be used. Give one of these codes: "
            "ordinary circumstances (ordinary), serious circumstances (severe)."
        ),
    ),
    (
        *("neither yes nor no", {"rectified": "x"}, "schema-boolean", "x"),
        "“x”不能使用。请填括号内的代码：是（true）、否（false）。",
        "“x” cannot be used. Give true for yes or false for no.",
    ),
    (
        *("a number for yes", {"rectified": 1}, "schema-boolean", "1"),
        "“1”不能使用。请填括号内的代码：是（true）、否（false）。",
        "“1” cannot be used. Give true for yes or false for no.",
    ),
    (
        *("a number for a text", {"ref": 7}, "schema-no-text", "7"),
        "此处应为文字；收到的是7。",
        "Text is expected here; 7 was sent.",
    ),
    (
        *("a text that breaks the line", {"severity": "a\nb\x00"}, "schema-one-of", "a\ufffdb\ufffd"),
        "“a\ufffdb\ufffd”不能使用。请填以下代码之一：情节一般（ordinary）、情节严重（severe）。",
        (
            "“a\ufffdb\ufffd” cannot be used. Give one of these codes: "
            "ordinary circumstances (ordinary), serious circumstances (severe)."
        ),
    ),
    (
        *("a text too long to repeat", {"severity": "重" * 41}, "schema-one-of", "重" * 40 + "…"),
        f"“{'重' * 40}…”不能使用。请填以下代码之一：情节一般（ordinary）、情节严重（severe）。",
        (
            f"“{'重' * 40}…” cannot be used. Give one of these codes: "
            "ordinary circumstances (ordinary), serious circumstances (severe)."
        ),
    ),
]


@pytest.mark.parametrize(
    ("facts", "message", "given", "zh", "en"), [pytest.param(*rest, id=name) for name, *rest in READ_AND_REPEATED]
)
def test_what_was_read_is_repeated(
    facts: dict[str, Any], message: str, given: str, zh: str, en: str, rulebook: Rulebook
) -> None:
    with pytest.raises(SchemaFault) as refused:
        decode_json(body(violation="85-2", **facts), PenaltyRequest)
    assert refused.value.message == message
    assert refused.value.facts["given"] == given
    assert error_message(refused.value, rulebook.wordings["zh"]) == zh
    assert error_message(refused.value, rulebook.wordings["en"]) == en


def test_a_start_that_does_not_exist_is_repeated(rulebook: Rulebook) -> None:
    with pytest.raises(SchemaFault) as refused:
        decode_json(body(step="licence-decision", start="2026-02-30"), DeadlineRequest)
    assert (refused.value.where, refused.value.facts) == (("start",), {"given": "2026-02-30"})
    assert error_message(refused.value, rulebook.wordings["zh"]) == (
        "“2026-02-30”不是有效日期。请填实际存在的日期，年四位，月、日各两位，用“-”连接，例如2026-05-20。"
    )


@pytest.mark.parametrize(
    ("years", "given"), [(0, "0"), (-1, "-1"), (5.5, "5.5"), ("5", "5"), ("五", "五"), (True, "true"), (None, "null")]
)
def test_a_number_of_years_that_cannot_be_is_repeated_with_the_bounds(
    years: Any, given: str, rulebook: Rulebook
) -> None:
    content = body(term="orphan-exclusivity", start="2026-06-01", granted={"years": years})
    with pytest.raises(SchemaFault) as refused:
        decode_json(content, ExpiryRequest)
    assert refused.value.where == ("granted", "years")
    assert refused.value.facts == {"given": given, "least": 1, "most": 999}
    assert error_message(refused.value, rulebook.wordings["zh"]) == (
        f"“{given}”不能使用。应填1至999的整数，不带小数和单位。"
    )
    assert error_message(refused.value, rulebook.wordings["en"]) == (
        f"“{given}” cannot be used. Give a whole number from 1 to 999, without decimals or a unit."
    )


def test_the_length_of_a_text_too_long_is_told_and_not_the_text(rulebook: Rulebook) -> None:
    with pytest.raises(SchemaFault) as refused:
        decode_json(body(violation="85-2", ref="字" * 65), PenaltyRequest)
    assert error_message(refused.value, rulebook.wordings["zh"]) == "最多填64个字符，现有65个。"
    assert error_message(refused.value, rulebook.wordings["en"]) == "At most 64 characters are taken; 65 were given."


def test_the_required_names_are_missed_one_by_one() -> None:
    assert faults(b"{}", DeadlineRequest) == [
        ("schema", ("step",), "schema-missing"),
        ("schema", ("start",), "schema-missing"),
    ]


# ------------------------------------------------------------------------------------ unknown names


def test_an_unknown_name_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(UnknownField) as refused:
        decode_json(body(violation="85-2", goodsvalue="1"), PenaltyRequest)
    assert refused.value.where == ("goodsvalue",)
    assert refused.value.facts == {"name": "goodsvalue", "nearest": label_fact(("goods_value",))}


def test_an_unknown_name_inside_is_refused_at_its_place() -> None:
    content = body(
        step="licence-decision",
        start="2026-06-01",
        clock_stops=[{"from": "2026-06-02", "reason": "hearing", "until": "x"}],
    )
    assert fault(content, DeadlineRequest)[:2] == ("unknown-field", ("clock_stops", 0, "until"))


def test_a_name_as_python_has_it_is_unknown() -> None:
    assert fault(body(violation="85-2", conduct={"from": "2026-06-01", "to_": "2026-06-02"}), PenaltyRequest)[:2] == (
        "unknown-field",
        ("conduct", "to_"),
    )


# ----------------------------------------------------------------------------------- repeated names


@pytest.mark.parametrize(
    ("content", "places"),
    [
        ('{"violation":"85-2","violation":"85-2"}', [("violation",)]),
        ('{"violation":"85-2","violation":"85-1","violation":"85-2"}', [("violation",), ("violation",)]),
        ('{"violation":"85-2","conduct":{"from":"2026-06-01","from":"2026-06-02"}}', [("conduct", "from")]),
        (
            '{"violation":"85-2","responsible_persons":[{"role":"other"},{"role":"other","role":"principal"}]}',
            [("responsible_persons", 1, "role")],
        ),
        ('{"violation":"85-2","scope":"institution","sc\\u006fpe":"specialty"}', [("scope",)]),
        ('{"violation":"85-2","scope" : "institution","scope"\n:"specialty"}', [("scope",)]),
        ('{"violation":1,"violation":"85-2"}', [("violation",)]),
        ('{"x":1,"x":2}', [("x",)]),
    ],
)
def test_a_repeated_name_is_refused_wherever_it_lies(content: str, places: list[tuple[str | int, ...]]) -> None:
    assert [(code, place) for code, place, _ in faults(content.encode(), PenaltyRequest)] == [
        (RepeatedName.code, place) for place in places
    ]


def test_the_same_name_in_two_objects_is_no_repetition() -> None:
    content = b'{"violation":"82-1","responsible_persons":[{"role":"other"},{"role":"other"}]}'
    assert len(decode_json(content, PenaltyRequest).responsible_persons) == 2


def test_a_name_in_a_value_is_no_repetition() -> None:
    assert (
        decode_json(b'{"violation":"85-2","ref":"\\"scope\\": \\"scope\\":"}', PenaltyRequest).ref
        == '"scope": "scope":'
    )


def test_the_names_of_all_requests_are_of_small_letters() -> None:
    # The quick look for repeated names rests on it.
    def names(info: msgspec.inspect.Type) -> list[str]:
        if isinstance(info, msgspec.inspect.StructType):
            return [
                *([info.tag_field] if info.tag_field else []),
                *(name for field in info.fields for name in (field.encode_name, *names(field.type))),
            ]
        if isinstance(info, msgspec.inspect.UnionType):
            return [name for one in info.types for name in names(one)]
        return names(info.item_type) if isinstance(info, msgspec.inspect.VarTupleType) else []

    found = {name for one in get_args(Request) for name in names(msgspec.inspect.type_info(one))}
    assert {"violation", "from", "role", "kind", "severe_needs_failed_correction", "months"} <= found
    assert [name for name in found if not re.fullmatch("[a-z_]+", name)] == []
    assert {one.request for one in CALCULATIONS.values()} == set(get_args(Request))


# -------------------------------------------------------------------------------------- every fault


def test_every_fault_is_listed_and_those_of_form_come_first() -> None:
    content = body(colour="red", goods_value=1, severity="grave", conduct={"to": "x"})
    assert faults(content, PenaltyRequest) == [
        ("schema", ("goods_value",), "schema-money-text"),
        ("schema", ("severity",), "schema-one-of"),
        ("schema", ("conduct", "to"), "schema-date"),
        ("schema", ("conduct", "from"), "schema-missing"),
        ("schema", ("violation",), "schema-missing"),
        ("unknown-field", ("colour",), "unknown-field"),
    ]


def test_the_right_kind_is_no_fault_among_others() -> None:
    assert fault(body(kind="penalty", violation="85-2", severity="grave"), PenaltyRequest)[1] == ("severity",)


def test_at_most_a_hundred_faults_are_listed() -> None:
    assert MAX_FAULTS == 100
    many = {f"unknown_{number}": 1 for number in range(150)}
    assert len(faults(body(violation="85-2", **many), PenaltyRequest)) == 100
    assert len(faults(b'{"violation":"85-2"' + b',"ref":"1"' * 150 + b"}", PenaltyRequest)) == 100


# ---------------------------------------------------------------------------------- plain content


def test_plain_content_is_read_as_strictly() -> None:
    assert convert({"violation": "85-2", "goods_value": "1"}, PenaltyRequest).goods_value == Money.parse("1")
    with pytest.raises(SchemaFault) as refused:
        convert({"violation": "85-2", "rectified": "no"}, PenaltyRequest)
    assert refused.value.where == ("rectified",)


def test_an_escape_that_stands_for_no_character_is_malformed() -> None:
    with pytest.raises(Malformed):
        decode_json(b'{"violation":"\\x41"}', PenaltyRequest)
