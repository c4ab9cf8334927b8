"""The workbook for offices, made for the address at which this service is reached."""

from __future__ import annotations

import asyncio
from typing import Final

from litestar import get

from penaltycalc._version import __version__
from penaltycalc.api.media_types import XLSX
from penaltycalc.api.problems import problem_responses
from penaltycalc.api.request import StrictRequest, parse_query
from penaltycalc.api.response import BytesResponse, Content, answer_headers, bytes_response, kept, with_etag
from penaltycalc.calculators.explain import Provenance
from penaltycalc.calendar.workdays import WorkingCalendar
from penaltycalc.rules.rulebook import Rulebook
from penaltycalc.rules.wording import LANGUAGES, Language

NAME: Final = "penaltycalc.xlsx"


@get(
    "/workbook.xlsx",
    operation_id="getWorkbook",
    tags=["spreadsheets"],
    media_type=XLSX,
    responses=problem_responses(400, 406, 414, 500),
    opt={"role": "read", "key_in_query": True},
)
async def get_workbook(request: StrictRequest) -> BytesResponse[bytes]:
    """电子表格工作簿，用WEBSERVICE逐行查询 / The workbook whose rows ask this service through WEBSERVICE()."""
    lang = parse_query(request, (), XLSX).lang
    law = request.law
    made = _made(law.rulebook, law.calendar, lang, law.settings.public_url)
    if not made:
        # In a thread: it takes as long as thousands of answers, and the worker goes on serving.
        made.append(await asyncio.to_thread(_workbook, law.rulebook, law.calendar, lang, law.settings.public_url))
    made_from = Provenance(engine=__version__, rulebook=law.rulebook.digest, calendar=law.calendar.digest, inputs="")
    headers = answer_headers(lang, made_from)
    headers.append((b"content-disposition", f'attachment; filename="{NAME}"'.encode()))
    return bytes_response(request, headers, made[0], XLSX)


@kept(len(LANGUAGES))
def _made(_rulebook: Rulebook, _calendar: WorkingCalendar, _lang: Language, _url: str) -> list[Content]:
    """Where the workbook of these stands once it is made."""
    return []


def _workbook(rulebook: Rulebook, calendar: WorkingCalendar, lang: Language, url: str) -> Content:
    from penaltycalc.export.workbook.book import build_workbook  # noqa: PLC0415  # its library takes long to load

    return with_etag(build_workbook(rulebook, calendar, lang, url))


HANDLERS: Final = [get_workbook]
