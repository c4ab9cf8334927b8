"""The service from outside: what it answers, and what it says to what it cannot answer."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from litestar.testing import TestClient

import cases
from penaltycalc import Rulebook
from penaltycalc.api.app import Service, create_app
from penaltycalc.api.negotiation import choose_language
from penaltycalc.calculators.calculate import CALCULATIONS, Kind, Request
from penaltycalc.input.flat import parse_flat
from penaltycalc.rules.records import encode_value
from penaltycalc.settings import Settings

PATHS: dict[Kind, str] = {"penalty": "/v1/penalties", "deadline": "/v1/deadlines", "expiry": "/v1/expiries"}
SALE = {"violation": "79-1-1", "goods_value": "85000.00", "activity": "wholesale", "severity": "ordinary"}


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient[Service]]:
    with TestClient(create_app(Settings()), raise_server_exceptions=False) as client:
        yield client


def post(client: TestClient[Service], path: str, body: Any, **headers: str) -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(path, content=content, headers={"content-type": "application/json", **headers})


def problem(response: Any, status: int, code: str) -> dict[str, Any]:
    """The problem of a response, after checking what every problem has."""
    found: dict[str, Any] = response.json()
    assert (response.status_code, found["status"], found["code"]) == (status, status, code)
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["link"] == f'</problems/{code}>; rel="help"'
    assert found["type"] == f"urn:penaltycalc:problem:{code}"
    assert set(found) == {"type", "title", "status", "detail", "instance", "code", "errors"}
    assert "?" not in found["instance"]
    return found


def places(found: dict[str, Any]) -> list[tuple[str, str]]:
    return [(fault["where"], fault["code"]) for fault in found["errors"]]


# ------------------------------------------------------------------------------------- answers


def test_a_sale_below_the_deemed_value_costs_ten_to_twenty_times_the_deemed_value(client: TestClient[Service]) -> None:
    response = post(client, "/v1/penalties?lang=en", SALE)
    answer = response.json()
    assert response.status_code == 200
    assert answer["outcome"]["fine"]["minimum"] == "1000000.00"
    assert answer["outcome"]["fine"]["maximum"] == "2000000.00"
    assert answer["outcome"]["fine"]["basis"]["deemed_value_applied"] is True
    deemed = next(step for step in answer["explanation"] if step["rule"] == "deemed-value")
    assert (deemed["before"], deemed["after"]) == ("85000.00", "100000.00")


def test_a_production_licence_accepted_before_national_day_is_due_on_the_fifth_of_november(
    client: TestClient[Service],
) -> None:
    answer = post(client, "/v1/deadlines", {"step": "production-licence", "start": "2026-09-18"}).json()
    assert (answer["due"], answer["status"]) == ("2026-11-05", "official")


def test_a_registration_of_march_2023_ends_on_the_leap_day(client: TestClient[Service]) -> None:
    answer = post(client, "/v1/expiries", {"term": "drug-registration", "start": "2023-03-01"}).json()
    assert answer["last_day"] == "2028-02-29"


def test_digests_stand_in_the_body_and_in_the_headers(client: TestClient[Service]) -> None:
    response = post(client, "/v1/penalties", SALE)
    rests = response.json()["provenance"]
    for name, digest in rests.items():
        assert response.headers[f"penaltycalc-{name}"] == digest


def test_texts_are_chinese_by_default_and_english_on_request(client: TestClient[Service]) -> None:
    asked = {
        "zh": ({}, ""),
        "en": ({"accept-language": "en-GB,zh;q=0.5"}, ""),
        "zh ": ({"accept-language": "fr"}, ""),
        "en ": ({"accept-language": "zh"}, "?lang=en"),
    }
    for lang, (headers, query) in asked.items():
        response = post(client, f"/v1/penalties{query}", SALE, **headers)
        assert response.headers["content-language"] == lang.strip()
        assert response.headers["vary"] == "Accept-Language"
        texts = [step["text"] for step in response.json()["explanation"] if step["rule"] == "deemed-value"]
        chinese = "货值金额" in texts[0]
        assert chinese == (lang.strip() == "zh")


@pytest.mark.parametrize(
    ("header", "lang"),
    [
        (None, "zh"),
        ("", "zh"),
        ("en", "en"),
        ("EN-us", "en"),
        ("zh-CN,en;q=0.9", "zh"),
        ("en;q=0.9,zh;q=0.1", "en"),
        ("en;q=0", "zh"),
        ("en;q=x", "zh"),
        ("de, en;q=0.2", "en"),
        ("*", "zh"),
    ],
)
def test_a_language_is_chosen_by_its_weight(header: str | None, lang: str) -> None:
    assert choose_language(header or "") == lang


def as_body(request: Request) -> dict[str, Any]:
    import msgspec

    body: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(request, enc_hook=encode_value))
    return body


@pytest.mark.parametrize("kind", get_args(Kind))
def test_get_and_post_agree_on_every_worked_case(kind: Kind, client: TestClient[Service]) -> None:
    subject = CALCULATIONS[kind].subject
    for row in cases.rows(kind):
        facts = cases.facts(kind, row)
        posted = post(client, PATHS[kind], as_body(parse_flat(kind, facts)))
        query = {name: text for name, text in facts.items() if name != subject}
        got = client.get(f"{PATHS[kind]}/{facts[subject]}", params=query)
        if got.status_code in {404, 422}:
            assert posted.status_code == 422
            assert posted.json()["code"] == got.json()["code"] == row["problem"]
        else:
            assert (got.status_code, got.content) == (200, posted.content), row["id"]


def test_the_same_request_gives_the_same_bytes(client: TestClient[Service]) -> None:
    assert post(client, "/v1/penalties", SALE).content == post(client, "/v1/penalties", SALE).content


def test_a_reference_is_echoed_and_no_part_of_the_inputs(client: TestClient[Service]) -> None:
    plain, named = (post(client, "/v1/penalties", {**SALE, **extra}).json() for extra in ({}, {"ref": "case 7"}))
    assert named["ref"] == "case 7"
    assert "ref" not in plain
    assert named["provenance"] == plain["provenance"]


def test_a_ledger_numbers_the_counted_days(client: TestClient[Service]) -> None:
    answer = client.get("/v1/deadlines/announcement-correction?start=2026-09-30&ledger=true").json()
    ledger = answer["ledger"]
    assert ledger[0] == {"date": "2026-09-30", "counted": False, "why": "start_day", "status": "official"}
    assert [day["number"] for day in ledger if day["counted"]] == [1, 2, 3, 4, 5]
    assert ledger[-1]["date"] == answer["due"] == "2026-10-13"
    assert next(day for day in ledger if day["date"] == "2026-10-10")["why"] == "make_up_day"
    assert next(day for day in ledger if day["date"] == "2026-10-01")["name"] == "国庆节"


# ------------------------------------------------------------------------------- catalogues etc.


def test_catalogues_list_every_row_and_each_row_stands_alone(client: TestClient[Service], rulebook: Rulebook) -> None:
    for name, table in (
        ("violations", rulebook.violations),
        ("steps", rulebook.steps),
        ("terms", rulebook.terms),
    ):
        items = client.get(f"/v1/{name}").json()["items"]
        assert [item["id"] for item in items] == list(table)
        for item in items:
            assert client.get(f"/v1/{name}/{item['id']}").json() == item
            assert item["title"]
            assert item["pinyin"].isalpha()


def test_a_violation_says_which_facts_it_needs(client: TestClient[Service]) -> None:
    assert client.get("/v1/violations/79-1-1").json()["facts"] == ["severity", "activity", "goods_value"]
    assert client.get("/v1/violations/84-1").json()["facts"] == ["severity", "rectified"]
    assert client.get("/v1/violations/83-1").json()["facts"] == ["rectified", "scope"]


def test_a_step_says_what_stops_its_clock(client: TestClient[Service]) -> None:
    stops = client.get("/v1/steps/production-licence").json()["clock_stops"]
    allowed = {stop["reason"]: stop["allowed"] for stop in stops}
    assert allowed["technical_review"] == "direct"
    assert allowed["hearing"] == "by_analogy"
    assert "registration_review" not in allowed
    assert client.get("/v1/steps/licence-decision").json()["extension_working_days"] == 10


def test_the_rulebook_names_its_instruments_and_the_reach_of_the_calendar(client: TestClient[Service]) -> None:
    answer = client.get("/v1/rulebook?lang=en").json()
    regulation = next(one for one in answer["instruments"] if one["id"] == "dar")
    assert regulation["in_force_from"] == "2026-05-15"
    assert regulation["digest"].startswith("sha256:")
    assert answer["calendar"]["official_from"] == "2007-01-01"
    assert answer["calendar"]["official_through"] == "2026-12-23"
    assert answer["calendar"]["projected_through"] == "2100-12-31"


def test_a_year_lists_its_days_off_and_make_up_days(client: TestClient[Service]) -> None:
    answer = client.get("/v1/calendar/2026?lang=en").json()
    days = {day["date"]: day for day in answer["days"]}
    assert days["2026-10-10"]["why"] == "make_up_day"
    assert days["2026-10-01"]["name"] == "National Day"
    assert client.get("/v1/calendar/2025").json()["status"] == "official"
    assert answer["status"] == "projected"  # its last days wait for the next notice


def test_working_days_count_both_ends(client: TestClient[Service]) -> None:
    def count(first: str, last: str) -> int:
        number: int = client.get(f"/v1/working-days?from={first}&to={last}").json()["working_days"]
        return number

    assert count("2026-10-08", "2026-10-12") == 4  # Thursday, Friday, the Saturday made up, Monday
    assert count("2026-10-09", "2026-10-09") == 1
    assert count("2026-10-04", "2026-10-04") == 0
    assert count("2007-01-01", "2007-01-04") == 1


@pytest.mark.parametrize(
    ("start", "days", "reached"),
    [
        ("2026-10-01", 1, "2026-10-08"),
        ("2026-10-08", 3, "2026-10-12"),
        ("2026-10-12", -3, "2026-10-08"),
        ("2026-10-01", 0, "2026-10-08"),
        ("2026-10-08", 0, "2026-10-08"),
        ("2026-10-04", -1, "2026-09-30"),
    ],
)
def test_a_shift_counts_from_the_next_working_day(
    start: str, days: int, reached: str, client: TestClient[Service]
) -> None:
    assert client.get(f"/v1/working-days/shift?start={start}&days={days}").json()["date"] == reached


def test_health_and_readiness_are_open_and_say_what_stands_behind(client: TestClient[Service]) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    ready = client.get("/readyz").json()
    assert ready["status"] == "ready"
    assert ready["rulebook"].startswith("sha256:")
    assert ready["official_through"] == "2026-12-23"


# ------------------------------------------------------------------------------------- HTTP


def test_a_get_can_be_validated(client: TestClient[Service]) -> None:
    for path in ("/v1/steps", "/v1/penalties/85-2", "/openapi.json", "/healthz"):
        first = client.get(path)
        assert first.headers["cache-control"] == "no-cache"
        tag = first.headers["etag"]
        for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            again = client.get(path, headers={"if-none-match": known})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert client.get(path, headers={"if-none-match": '"other"'}).status_code == 200


def test_the_validator_depends_on_the_language(client: TestClient[Service]) -> None:
    tags = {client.get(f"/v1/steps?lang={lang}").headers["etag"] for lang in ("zh", "en")}
    assert len(tags) == 2


def test_head_is_get_without_content(client: TestClient[Service]) -> None:
    for path in ("/v1/steps", "/healthz", "/v1/penalties/85-2?severity=severe", "/openapi.json", "/nowhere"):
        got, head = client.get(path), client.head(path)
        assert (head.status_code, head.content) == (got.status_code, b"")
        assert head.headers["content-length"] == got.headers["content-length"]
    assert client.head("/v1/penalties").status_code == 405


def test_an_unknown_path_and_method_are_problems(client: TestClient[Service]) -> None:
    assert problem(client.get("/v1/nowhere?lang=en"), 404, "not-found")["detail"] == "There is nothing at /v1/nowhere."
    refused = client.put("/v1/steps")
    problem(refused, 405, "method-not-allowed")
    assert "GET" in refused.headers["allow"]
    assert "HEAD" in refused.headers["allow"]
    assert "POST" in client.get("/v1/deadlines").headers["allow"]
    assert "GET" in client.delete("/v1/deadlines/glp-qualification").headers["allow"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": "text/plain"},
        {"content-type": "application/json-patch+json"},
        {"content-type": "application/json", "content-encoding": "gzip"},
    ],
)
def test_a_body_of_another_content_type_is_refused(headers: dict[str, str], client: TestClient[Service]) -> None:
    response = client.post("/v1/penalties", content=json.dumps(SALE).encode(), headers=headers)
    problem(response, 415, "unsupported-media-type")


def test_a_charset_beside_the_content_type_is_fine(client: TestClient[Service]) -> None:
    assert post(client, "/v1/penalties", SALE, **{"content-type": "application/json; charset=utf-8"}).status_code == 200


def test_accept_is_honoured(client: TestClient[Service]) -> None:
    for accept in ("application/json", "*/*", "application/*", "text/html, */*;q=0.1"):
        assert client.get("/v1/steps", headers={"accept": accept}).status_code == 200
    for accept in ("text/html", "application/json;q=0, */*;q=0", "*/*, application/*;q=0", "application/json;q=x"):
        problem(client.get("/v1/steps", headers={"accept": accept}), 406, "not-acceptable")
    problem(post(client, "/v1/penalties", SALE, accept="text/csv"), 406, "not-acceptable")


def test_a_large_body_is_read_to_its_end_and_refused(client: TestClient[Service]) -> None:
    huge = b'{"violation":"' + b"x" * 20_000_000 + b'"}'
    problem(post(client, "/v1/penalties", huge), 413, "too-large")


def test_a_long_address_is_refused(client: TestClient[Service]) -> None:
    problem(client.get("/v1/penalties/85-2?ref=" + "x" * 9000), 414, "uri-too-long")


def test_no_page_loads_anything_from_elsewhere(client: TestClient[Service]) -> None:
    for path in ("/openapi", "/openapi/swagger", "/openapi/redoc", "/openapi/openapi.json", "/schema"):
        problem(client.get(path), 404, "not-found")


def test_a_charset_other_than_utf8_is_refused(client: TestClient[Service]) -> None:
    response = post(client, "/v1/penalties", SALE, **{"content-type": "application/json; charset=gbk"})
    problem(response, 415, "unsupported-media-type")


def test_an_instance_is_a_reference_in_ascii(client: TestClient[Service]) -> None:
    assert problem(client.get("/v1/nowhere你"), 404, "not-found")["instance"] == "/v1/nowhere%E4%BD%A0"


def test_a_problem_lists_at_most_a_hundred_faults_of_any_kind(client: TestClient[Service]) -> None:
    stop = {"from": "2026-06-10", "to": "2026-06-01", "reason": "hearing"}
    body = {"step": "production-licence", "start": "2026-06-01", "clock_stops": [stop] * 500}
    assert len(problem(post(client, "/v1/deadlines", body), 422, "dates-out-of-order")["errors"]) == 100
    query = "&".join(f"x{number}=1" for number in range(300))
    assert len(problem(client.get(f"/v1/steps?{query}"), 400, "unknown-query")["errors"]) == 100


def test_stops_out_of_form_hide_no_other_fault(client: TestClient[Service]) -> None:
    found = problem(client.get("/v1/deadlines/production-licence?start=2026-2-1&star=1&clock_stops=x"), 400, "schema")
    assert set(places(found)) == {("start", "schema"), ("star", "unknown-query"), ("clock_stops", "schema")}


# ------------------------------------------------------------------------------ what cannot be read


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"{",
        b"nonsense",
        b'{"violation":"79-1-1"}x',
        b'{"violation":NaN}',
        b"\xef\xbb\xbf{}",
        b'{"violation":"\xff"}',
        b"2\xff\x0e",
        '{"violation":"79-1-1"}'.encode("utf-16"),
        b"[" * 5000,
        b'{"a":' * 5000,
        b'{"violation":"79-1-1","conduct":' + b"[" * 5000 + b"]" * 5000 + b"}",
    ],
)
def test_what_is_no_json_is_malformed(body: bytes, client: TestClient[Service]) -> None:
    problem(post(client, "/v1/penalties", body), 400, "malformed")


def test_every_fault_of_form_is_listed(client: TestClient[Service]) -> None:
    body = {
        "violation": "79-1-1",
        "goods_value": 85000,
        "activity": "import",
        "rectified": "true",
        "conduct": {"to": "2026-02-30"},
        "responsible_persons": [{"role": "clerk"}, {"name": "x" * 101}],
        "ref": None,
        "kind": "expiry",
    }
    found = problem(post(client, "/v1/penalties?lang=en", body), 400, "schema")
    assert places(found) == [
        ("/goods_value", "schema"),
        ("/activity", "schema"),
        ("/rectified", "schema"),
        ("/conduct/to", "schema"),
        ("/conduct/from", "schema"),
        ("/responsible_persons/0/role", "schema"),
        ("/responsible_persons/1/name", "schema"),
        ("/responsible_persons/1/role", "schema"),
        ("/ref", "schema"),
        ("/kind", "schema"),
    ]


def test_a_pointer_escapes_its_names(client: TestClient[Service]) -> None:
    found = problem(
        post(client, "/v1/expiries", {"term": "x", "start": "2026-06-01", "a/b~c": 1}), 400, "unknown-field"
    )
    assert places(found) == [("/a~1b~0c", "unknown-field")]


def test_at_most_a_hundred_faults_are_listed(client: TestClient[Service]) -> None:
    body = {**SALE, **{f"unknown{number}": 1 for number in range(250)}}
    assert len(problem(post(client, "/v1/penalties", body), 400, "unknown-field")["errors"]) == 100


def test_an_unknown_field_names_the_nearest(client: TestClient[Service]) -> None:
    found = problem(post(client, "/v1/penalties?lang=en", {**SALE, "goods_valu": "1"}), 400, "unknown-field")
    assert found["detail"] == "Unknown field goods_valu; did you mean “goods value (goods_value)”?"


@pytest.mark.parametrize(
    "body",
    [
        b'{"violation":"79-1-1","violation":"79-1-2"}',
        b'{"violation":"79-1-1","violat\\u0069on":"79-1-2"}',
        b'{"violation":"79-1-1","conduct":{"from":"2026-06-01","from":"2026-06-02"}}',
        b'{"violation":"79-1-1","responsible_persons":[{"role":"other","role":"principal"}]}',
    ],
)
def test_a_name_given_twice_is_refused(body: bytes, client: TestClient[Service]) -> None:
    problem(post(client, "/v1/penalties", body), 400, "repeated-name")


def test_the_same_name_in_two_objects_is_no_repetition(client: TestClient[Service]) -> None:
    persons = [{"role": "principal", "name": 'quoted "role": x'}, {"role": "other"}]
    body = {"violation": "85-1", "severity": "severe", "goods_value": "1", "responsible_persons": persons}
    assert post(client, "/v1/penalties", body).status_code == 200


@pytest.mark.parametrize(
    "money",
    [
        "",
        "-1",
        "+1",
        "1.",
        ".5",
        "1.234",
        "01",
        "1e5",
        "1,000",
        " 1",
        "1\n",
        "１００",
        "NaN",
        "Infinity",
        "1" * 12,
        "0x10",
    ],
)
def test_money_out_of_form_is_refused(money: str, client: TestClient[Service]) -> None:
    found = problem(post(client, "/v1/penalties", {**SALE, "goods_value": money}), 400, "schema")
    assert places(found) == [("/goods_value", "schema")]
    if money:
        query = {name: value for name, value in SALE.items() if name != "violation"} | {"goods_value": money}
        found = problem(client.get("/v1/penalties/79-1-1", params=query), 400, "schema")
        assert places(found) == [("goods_value", "schema")]


@pytest.mark.parametrize("value", [85000, 85000.0, None, True, [], {}])
def test_money_is_a_string(value: object, client: TestClient[Service]) -> None:
    problem(post(client, "/v1/penalties", {**SALE, "goods_value": value}), 400, "schema")


def test_a_whole_number_may_be_written_with_a_point(client: TestClient[Service]) -> None:
    body = {"step": "licence-decision", "start": "2026-06-01", "extension_working_days": 10.0}
    assert post(client, "/v1/deadlines", body).json()["days"]["length"] == 30
    problem(post(client, "/v1/deadlines", {**body, "extension_working_days": 1.5}), 400, "schema")
    problem(post(client, "/v1/deadlines", {**body, "extension_working_days": True}), 400, "schema")


# ---------------------------------------------------------------------------------- queries


def test_an_unknown_query_name_is_refused_everywhere(client: TestClient[Service]) -> None:
    for path in ("/v1/steps", "/v1/rulebook", "/v1/calendar/2026", "/healthz", "/readyz", "/openapi.json"):
        found = problem(client.get(f"{path}?lnag=en"), 400, "unknown-query")
        assert places(found) == [("lnag", "unknown-query")]
    found = problem(client.get("/v1/penalties/85-2?lang=en&severty=severe"), 400, "unknown-query")
    assert found["detail"] == "Unknown parameter severty; did you mean “circumstances (severity)”?"
    problem(client.get("/v1/penalties/85-2?violation=85-1"), 400, "unknown-query")
    assert places(problem(post(client, "/v1/penalties?x=1", SALE), 400, "unknown-query")) == [("x", "unknown-query")]


def test_a_repeated_query_name_is_refused(client: TestClient[Service]) -> None:
    problem(client.get("/v1/steps?lang=en&lang=en"), 400, "repeated-name")
    problem(client.get("/v1/penalties/85-2?severity=severe&severity=ordinary"), 400, "repeated-name")


def test_an_unknown_language_is_refused(client: TestClient[Service]) -> None:
    assert places(problem(client.get("/v1/steps?lang=fr"), 400, "schema")) == [("lang", "schema")]
    assert places(problem(post(client, "/v1/penalties?lang=fr", SALE), 400, "schema")) == [("lang", "schema")]


def test_a_query_that_is_no_utf8_is_malformed(client: TestClient[Service]) -> None:
    problem(client.get("/v1/penalties/85-2?ref=%FF"), 400, "malformed")


def test_every_fault_of_a_query_is_listed(client: TestClient[Service]) -> None:
    found = problem(
        client.get("/v1/deadlines/glp-qualification?star=1&as_of=2026-2-1&ledger=yes&extension_working_days=x"),
        400,
        "schema",
    )
    assert set(places(found)) == {
        ("star", "unknown-query"),
        ("start", "schema"),
        ("as_of", "schema"),
        ("ledger", "schema"),
        ("extension_working_days", "schema"),
    }


def test_a_last_day_needs_its_first_day(client: TestClient[Service]) -> None:
    found = problem(client.get("/v1/penalties/85-2?lang=en&conduct_to=2026-06-01"), 422, "fact-out-of-range")
    assert found["detail"] == (
        "Where “last day of the conduct (conduct_to)” is given, "
        "“first day of the conduct (conduct_from)” is needed as well."
    )
    problem(client.get("/v1/penalties/85-1?person_name=x"), 422, "fact-out-of-range")


@pytest.mark.parametrize("stops", ["", "x", "2026-06-01:hearing", "2026-06-01/2026-06-02", ";"])
def test_clock_stops_out_of_form_are_refused(stops: str, client: TestClient[Service]) -> None:
    response = client.get("/v1/deadlines/production-licence", params={"start": "2026-06-01", "clock_stops": stops})
    assert places(problem(response, 400, "schema")) == [("clock_stops", "schema")]


# ----------------------------------------------------------------------------- what is refused


def test_an_unknown_id_names_the_nearest_in_body_and_path(client: TestClient[Service]) -> None:
    for path, field, given, code, near in (
        ("/v1/penalties", "violation", "79-1", "unknown-violation", "79-1-"),
        ("/v1/deadlines", "step", "production-license", "unknown-step", "production-licence"),
        ("/v1/expiries", "term", "data-protecton", "unknown-term", "data-protection"),
    ):
        body = {field: given, **({} if field == "violation" else {"start": "2026-06-01"})}
        assert near in problem(post(client, path, body), 422, code)["detail"]
        start = "" if field == "violation" else "?start=2026-06-01"
        assert near in problem(client.get(f"{path}/{given}{start}"), 404, code)["detail"]
        assert near in problem(client.get(f"/v1/{field}s/{given}"), 404, code)["detail"]


def test_both_halves_of_the_rule_on_older_conduct_are_named(client: TestClient[Service]) -> None:
    body = {**SALE, "conduct": {"from": "2026-05-01", "to": "2026-05-14"}}
    found = problem(post(client, "/v1/penalties?lang=en", body), 422, "not-in-force")
    assert "the rules at the time of the conduct apply" in found["detail"]
    assert "the present ones if they are lighter or find no violation" in found["detail"]
    assert "assume_in_force" in found["detail"]


def test_every_date_out_of_order_is_listed(client: TestClient[Service]) -> None:
    stops = [
        {"from": "2026-06-10", "to": "2026-06-01", "reason": "hearing"},
        {"from": "2026-07-10", "to": "2026-07-01", "reason": "testing"},
    ]
    body = {"step": "production-licence", "start": "2026-06-01", "clock_stops": stops, "as_of": "2026-05-31"}
    found = problem(post(client, "/v1/deadlines", body), 422, "dates-out-of-order")
    assert [where for where, _ in places(found)] == ["/clock_stops/0/to", "/clock_stops/1/to", "/as_of"]


def test_a_year_that_is_no_year_is_not_found_and_one_outside_is_refused(client: TestClient[Service]) -> None:
    for year in ("abc", "26", "20261", "-206", "２０２６"):
        problem(client.get(f"/v1/calendar/{year}"), 404, "not-found")
    for year in ("2006", "2101", "0001", "9998"):
        problem(client.get(f"/v1/calendar/{year}"), 422, "outside-calendar")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("from=2026-06-02&to=2026-06-01", "dates-out-of-order"),
        ("from=2006-12-31&to=2026-06-01", "outside-calendar"),
        ("from=2026-06-01&to=2101-01-01", "outside-calendar"),
    ],
)
def test_spans_that_cannot_be_counted_are_refused(query: str, code: str, client: TestClient[Service]) -> None:
    problem(client.get(f"/v1/working-days?{query}"), 422, code)


@pytest.mark.parametrize(
    ("start", "days"), [("2100-12-31", 1), ("2007-01-04", -1), ("2006-12-31", 0), ("2026-01-01", 99999)]
)
def test_shifts_out_of_the_calendar_are_refused(start: str, days: int, client: TestClient[Service]) -> None:
    problem(client.get(f"/v1/working-days/shift?start={start}&days={days}"), 422, "outside-calendar")


@pytest.mark.parametrize("start", ["0001-01-01", "1949-09-30", "9998-01-01"])
def test_years_that_no_calculation_reaches_are_refused(start: str, client: TestClient[Service]) -> None:
    problem(post(client, "/v1/expiries", {"term": "drug-registration", "start": start}), 422, "outside-calendar")
    body = {"step": "licence-decision", "start": start, "assume_in_force": True}
    problem(post(client, "/v1/deadlines", body), 422, "outside-calendar")


# ---------------------------------------------------------------------------------------- logs


def test_nothing_of_a_case_reaches_the_log(client: TestClient[Service], caplog: pytest.LogCaptureFixture) -> None:
    secret = "Q7-secret"  # noqa: S105  # it is a fact of a case
    with caplog.at_level(logging.DEBUG):
        post(client, "/v1/penalties", {**SALE, "ref": secret})
        post(client, "/v1/penalties", {**SALE, "goods_value": secret, secret: 1})
        post(client, "/v1/penalties", f'{{"violation": "{secret}"'.encode())
        client.get(f"/v1/violations/{secret}")
    ours = [record for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    assert [record.getMessage() for record in ours if secret in record.getMessage()] == []


def test_a_fault_of_the_service_is_a_problem_and_logs_no_values(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("Q7-secret")

    monkeypatch.setattr("penaltycalc.api.calculations.calculate", broken)
    with TestClient(create_app(Settings()), raise_server_exceptions=False) as client:
        problem(post(client, "/v1/penalties", SALE), 500, "internal")
    told = [record.getMessage() for record in caplog.records if record.name == "penaltycalc"]
    assert len(told) == 1
    assert told[0].startswith("unhandled RuntimeError at broken:")
    assert "Q7-secret" not in told[0]
