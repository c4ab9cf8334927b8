"""The route of the workbook for offices, whose formulas use the address of this service."""

from __future__ import annotations

from typing import Final

from litestar import Response, get

from penaltycalc._version import __version__
from penaltycalc.api.descriptions import BAD_QUERY, DIGESTS, FILE_NAME, list_problems
from penaltycalc.api.media_types import XLSX
from penaltycalc.api.request import StrictRequest, parse_query
from penaltycalc.api.response import build_file_response
from penaltycalc.calculators.explain import Provenance

NAME: Final = "penaltycalc.xlsx"


@get(
    "/workbook.xlsx",
    operation_id="getWorkbook",
    summary="电子表格工作簿，用WEBSERVICE逐行查询 / The workbook whose rows query this service through WEBSERVICE()",
    tags=["spreadsheets"],
    media_type=XLSX,
    responses=list_problems(BAD_QUERY),
    opt={"role": "read", "key_in_query": True, "headers": (*DIGESTS, FILE_NAME), "sends": "file"},
)
async def get_workbook(request: StrictRequest) -> Response[bytes]:
    """Send the workbook in the language of the request."""
    lang = parse_query(request, (), XLSX).lang
    law = request.law
    provenance = Provenance(engine=__version__, rulebook=law.rulebook.digest, calendar=law.calendar.digest, inputs="")
    return build_file_response(request, lang, provenance, await law.workbooks.read(lang), XLSX, NAME)


HANDLERS: Final = [get_workbook]
