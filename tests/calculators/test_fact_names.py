"""Every fact of a request or query has a flat name, and every flat name a label; so have the choices of facts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import msgspec
import pytest
from msgspec import inspect

from penaltycalc import Rulebook
from penaltycalc.api.batches import CsvBatchQuery
from penaltycalc.api.cells import CellOptions
from penaltycalc.batch.table import EXPLANATION_COLUMN, FACT_COLUMNS, RESULT_COLUMNS
from penaltycalc.calculators.calculate import CALCULATIONS, Kind
from penaltycalc.calculators.calendar_queries import CountQuery, ShiftQuery, YearQuery
from penaltycalc.calculators.coverage import CoverageQuery
from penaltycalc.calculators.fact_names import name_choices, name_fact
from penaltycalc.input.flat import list_fields
from penaltycalc.rules.wording import LANGUAGES

REQUESTS = [CALCULATIONS[kind].request for kind in get_args(Kind)]
QUERIES = [YearQuery, CountQuery, ShiftQuery, CoverageQuery, CellOptions, CsvBatchQuery]


def places(info: inspect.Type, place: str = "") -> Iterator[tuple[str, inspect.Type]]:
    """Every place of a request, written with dots, and its type; of a list, the places of its elements."""
    if place:
        yield place, info
    if isinstance(info, inspect.VarTupleType):
        info = info.item_type
    if isinstance(info, inspect.StructType):
        if info.tag_field:
            yield info.tag_field, inspect.StrType()
        for field in info.fields:
            yield from places(field.type, f"{place}.{field.encode_name}".strip("."))


@pytest.mark.parametrize("type", [*REQUESTS, *QUERIES])
def test_every_place_of_a_request_has_a_label(type: type[msgspec.Struct], rulebook: Rulebook) -> None:
    found = dict(places(inspect.type_info(type)))
    assert len(found) > 0
    wording = rulebook.wordings["zh"]
    assert [place for place in found if not wording.has_label("fact", name_fact(place))] == []
    for place, info in found.items():
        if isinstance(info, inspect.LiteralType):
            assert [code for code in info.values if not wording.has_label(name_choices(place), str(code))] == [], place


def test_the_places_are_those_of_requests() -> None:
    found = dict(places(inspect.type_info(CALCULATIONS["penalty"].request)))
    assert {"kind", "violation", "conduct", "conduct.from", "responsible_persons.role"} <= set(found)


@pytest.mark.parametrize("type", [*REQUESTS, *QUERIES])
def test_a_flat_fact_has_the_same_name_by_its_place(type: type[msgspec.Struct]) -> None:
    for name, field in list_fields(type).items():
        assert name_fact(".".join(part for part in field.path if isinstance(part, str))) == name
        assert name_fact(name) == name


def test_every_column_of_a_table_has_one_label(rulebook: Rulebook) -> None:
    for lang in LANGUAGES:
        labels = rulebook.wordings[lang].all_labels()
        assert FACT_COLUMNS.keys() <= labels["fact"].keys()
        assert labels["result"].keys() == {*RESULT_COLUMNS, EXPLANATION_COLUMN}
        assert labels["fact"].keys() & labels["result"].keys() == set()


def test_choices_that_share_their_labels_with_others_are_found_there() -> None:
    assert name_choices("severity") == "severity_given"
    assert name_choices("responsible_persons.role") == name_choices("person_role") == "role"
    assert name_choices("clock_stops.reason") == "stop_reason"
    assert name_choices("activity") == "activity"
