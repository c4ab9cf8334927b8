"""The pages: the documentation of the interface and the help of each problem, with nothing from elsewhere.

Texts come from wording/, frames from web/pages/, the documentation's own program from web/docs/.
Addresses are relative, so that the pages also work behind a proxy that adds a prefix.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from types import MappingProxyType
from typing import Any, Final

import msgspec
from litestar import get
from litestar.params import FromPath

from penaltycalc.api.media_types import HTML
from penaltycalc.api.middleware import POLICY
from penaltycalc.api.problem_examples import EXAMPLES, statuses
from penaltycalc.api.problems import NotFound
from penaltycalc.api.request import StrictRequest, parse_query
from penaltycalc.api.response import BytesResponse, Content, answer_headers, bytes_response, with_etag
from penaltycalc.calculators.explain import encode_answer
from penaltycalc.rules.rulebook import PACKAGE
from penaltycalc.rules.wording import Language

WEB: Final = PACKAGE / "web"

_TYPES: Final = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", "": "text/plain"}
_FILES: Final[dict[str, Path]] = {
    path.name: path
    for path in (
        WEB / "docs" / "LICENSE",
        WEB / "docs" / "NOTICE",
        WEB / "docs" / "swagger-ui-bundle.js",
        WEB / "docs" / "swagger-ui.css",
        WEB / "pages" / "docs.css",
        WEB / "pages" / "docs.js",
        WEB / "pages" / "favicon.svg",
        WEB / "pages" / "page.css",
    )
}

_NOTHING: Final = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_PAGE_POLICY: Final = f"{_NOTHING}; style-src 'self'; img-src 'self'"
_DOCS_POLICY: Final = f"{_NOTHING}; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'"

LANGUAGE_TAGS: Final[dict[Language, str]] = {"zh": "zh-CN", "en": "en"}


class _Page:
    """One page of one request: its language, its texts, and the way from it to the root."""

    def __init__(self, request: StrictRequest) -> None:
        self.request = request
        self.lang = parse_query(request, (), HTML).lang
        # As the browser sees it: a slash at the end is one step more.
        self.root = "../" * (request.scope["raw_path"].count(b"/") - 1) or "./"
        self.wording = request.law.rulebook.wordings[self.lang]
        self.texts = self.wording.pages()

    def fill(self, template: str, markup: Mapping[str, str] = MappingProxyType({}), **values: str) -> str:
        """A template with the texts of the page and these values, all as plain text, and with `markup` as it is."""
        plain = {**self.texts, "root": self.root, "lang": self.lang, **values}
        return _template(template).substitute({name: escape(text) for name, text in plain.items()}, **markup)

    def answered(self, title: str, content: str, *, policy: str, head: str = "") -> BytesResponse[Any]:
        """The response with the page in its frame."""
        other: Language = "en" if self.lang == "zh" else "zh"
        page = self.fill(
            "layout.html",
            {"head": head, "content": content},
            title=title,
            language=LANGUAGE_TAGS[self.lang],
            other_lang=other,
            other_language=LANGUAGE_TAGS[other],
            other_name=self.request.law.rulebook.wordings[other].pages()["own_name"],
        )
        with_policy(self.request, policy)
        return bytes_response(self.request, answer_headers(self.lang), page.encode(), f"{HTML}; charset=utf-8")


def with_policy(request: StrictRequest, policy: str) -> None:
    """Let the page that answers this request load what the policy says, and nothing else."""
    scope: Any = request.scope
    scope[POLICY] = policy


@cache
def _template(name: str) -> Template:
    return Template((WEB / "pages" / name).read_text("utf-8"))


@cache
def _content(path: Path) -> Content:
    return with_etag(path.read_bytes())


def sent_file(request: StrictRequest, files: Mapping[str, Path], name: str) -> BytesResponse[bytes]:
    """One of the files that a page loads, by its name; NotFound where it is none of them."""
    if name not in files:
        raise NotFound(path=request.url.path)
    media_type = _TYPES[files[name].suffix]
    parse_query(request, (), media_type)
    return bytes_response(request, [], _content(files[name]), f"{media_type}; charset=utf-8")


@get("/docs", include_in_schema=False, opt={"role": None})
async def get_documentation(request: StrictRequest) -> BytesResponse[str]:
    """The documentation of the interface, made from its document in the browser."""
    page = _Page(request)
    return page.answered(
        page.texts["documentation_title"],
        page.fill("docs.html"),
        policy=_DOCS_POLICY,
        head=page.fill("docs-head.html"),
    )


@get("/docs/{file:str}", include_in_schema=False, opt={"role": None})
async def get_file(request: StrictRequest, file: FromPath[str]) -> BytesResponse[bytes]:
    """A file that the pages need; NotFound where it is none of them."""
    return sent_file(request, _FILES, file)


@get("/problems", include_in_schema=False, opt={"role": None})
async def list_problems(request: StrictRequest) -> BytesResponse[str]:
    """All problems, each with a link to its page."""
    page = _Page(request)
    rows = (
        page.fill("problems-row.html", code=code, statuses=_told(code, request), problem_title=title)
        for code, title in ((code, page.wording.problem(code)[0]) for code in page.wording.problem_codes())
    )
    title = page.texts["problems_title"]
    return page.answered(title, page.fill("problems.html", {"rows": "".join(rows)}), policy=_PAGE_POLICY)


@get("/problems/{code:str}", include_in_schema=False, opt={"role": None})
async def get_problem(request: StrictRequest, code: FromPath[str]) -> BytesResponse[str]:
    """What a problem means and what to do about it, with an example; NotFound where there is no such problem."""
    page = _Page(request)
    if code not in page.wording.problem_codes():
        raise NotFound(path=request.url.path)
    title, help_text = page.wording.problem(code)
    example = EXAMPLES[code]
    answer = encode_answer(example.problem(request.law, page.lang))
    content = page.fill(
        "problem.html",
        code=code,
        statuses=_told(code, request),
        problem_title=title,
        problem_meaning=page.wording.problem_meaning(code),
        problem_help=help_text,
        asked=example.request(page.lang),
        answered=msgspec.json.format(answer, indent=2).decode(),
    )
    return page.answered(title, content, policy=_PAGE_POLICY)


def _told(code: str, request: StrictRequest) -> str:
    return ", ".join(map(str, statuses(code, request.law)))


HANDLERS: Final = [get_documentation, get_file, list_problems, get_problem]
