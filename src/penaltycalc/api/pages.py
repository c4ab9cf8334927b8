"""The routes of the pages: the calculator, the documentation of the interface, the help of each problem.

Texts come from wording/, frames from web/pages/, the modules of the calculator from web/app/, the program of the
documentation from web/docs/. The pages load nothing from other servers. The calculator holds no law: figures and
days come from the interface. Addresses are relative, so that the pages also work behind a proxy that adds a prefix.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from litestar import Response, get
from litestar.params import FromPath

from penaltycalc.api.media_types import HTML, JSON
from penaltycalc.api.middleware import POLICY
from penaltycalc.api.problems import NotFound
from penaltycalc.api.request import StrictRequest, parse_query
from penaltycalc.api.response import Content, build_answer_headers, build_bytes_response
from penaltycalc.api.site import LANGUAGE_TAGS
from penaltycalc.rules.wording import Language

_NOTHING: Final = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_CALCULATOR_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PAGE_POLICY: Final = f"{_NOTHING}; style-src 'self'; img-src 'self'"
_DOCS_POLICY: Final = f"{_NOTHING}; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'"

_MEDIA_TYPES: Final = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}
"""The media types of files by the ending of their names; those without an ending are plain text."""


def _set_policy(request: StrictRequest, policy: str) -> None:
    """Let the page that answers this request load what the policy names, and nothing else."""
    scope: Any = request.scope
    scope[POLICY] = policy


def _send_file(request: StrictRequest, files: Mapping[str, Content], name: str) -> Response[bytes]:
    """Send one of the files that a page loads; NotFound where there is none of that name."""
    # A lookup by name and never a path: no name can lead out of the folder.
    if name not in files:
        raise NotFound(path=request.scope["path"])
    media_type = _MEDIA_TYPES.get(name.rpartition(".")[2], "text/plain")
    parse_query(request, (), media_type)
    charset = "" if media_type.startswith("text/") else "; charset=utf-8"  # Litestar adds it to texts alone
    return build_bytes_response(request, {}, files[name], media_type + charset)


# ------------------------------------------------------------------------------------------ calculator


@get("/", include_in_schema=False, opt={"role": None})
async def get_calculator(request: StrictRequest) -> Response[str]:
    """Send the calculator page in the language of its reader."""
    lang = parse_query(request, (), HTML).lang
    _set_policy(request, _CALCULATOR_POLICY)
    return build_bytes_response(request, build_answer_headers(lang), request.worker.site.calculator[lang], HTML)


@get("/assets/texts.json", include_in_schema=False, opt={"role": None})
async def get_page_texts(request: StrictRequest) -> Response[bytes]:
    """Send the texts of the calculator page, which it loads when its reader changes the language."""
    lang = parse_query(request).lang
    return build_bytes_response(request, build_answer_headers(lang), request.worker.site.texts[lang], JSON)


@get("/assets/{file:str}", include_in_schema=False, opt={"role": None})
async def get_app_file(request: StrictRequest, file: FromPath[str]) -> Response[bytes]:
    """Send a file that the calculator page loads; NotFound."""
    return _send_file(request, request.worker.site.app_files, file)


# --------------------------------------------------------------------------- documentation and problems


class _Page:
    """A page in the common frame: its language, its texts, and the way from it to the root."""

    def __init__(self, request: StrictRequest) -> None:
        self.request = request
        self.lang = parse_query(request, (), HTML).lang
        # Counted as the browser resolves relative addresses: a slash at the end is one step more.
        self.root = "../" * (request.scope["raw_path"].count(b"/") - 1) or "./"
        self.wording = request.law.rulebook.wordings[self.lang]
        self.texts = self.wording.pages()

    def fill(self, template: str, markup: Mapping[str, str] = MappingProxyType({}), **values: str) -> str:
        """Fill a template with the texts of the page and these values, and with `markup` as it is."""
        plain = {**self.texts, "root": self.root, "lang": self.lang, **values}
        return self.request.worker.site.fill(template, markup, plain)

    def respond(self, title: str, content: str, *, policy: str, head: str = "") -> Response[Any]:
        """Make the response with the page in its frame."""
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
        # Only now: a page that fails before is answered with a problem, which has the policy of data.
        _set_policy(self.request, policy)
        return build_bytes_response(self.request, build_answer_headers(self.lang), page.encode(), HTML)

    def format_statuses(self, code: str) -> str:
        """Format the HTTP statuses that a problem comes with."""
        return ", ".join(map(str, self.request.worker.site.problems[code].statuses))


@get("/docs", include_in_schema=False, opt={"role": None})
async def get_documentation(request: StrictRequest) -> Response[str]:
    """Send the documentation of the interface, which a program in the browser makes from the document."""
    page = _Page(request)
    return page.respond(
        page.texts["documentation_title"],
        page.fill("docs.html"),
        policy=_DOCS_POLICY,
        head=page.fill("docs-head.html"),
    )


@get("/docs/{file:str}", include_in_schema=False, opt={"role": None})
async def get_docs_file(request: StrictRequest, file: FromPath[str]) -> Response[bytes]:
    """Send a file that the documentation and the pages of problems load; NotFound."""
    return _send_file(request, request.worker.site.docs_files, file)


@get("/problems", include_in_schema=False, opt={"role": None})
async def list_problem_pages(request: StrictRequest) -> Response[str]:
    """Send the list of all problems, each with a link to its page."""
    page = _Page(request)
    rows = (
        page.fill(
            "problems-row.html",
            code=code,
            statuses=page.format_statuses(code),
            problem_title=page.wording.problem(code)[0],
        )
        for code in page.wording.problem_codes()
    )
    title = page.texts["problems_title"]
    return page.respond(title, page.fill("problems.html", {"rows": "".join(rows)}), policy=_PAGE_POLICY)


@get("/problems/{code:str}", include_in_schema=False, opt={"role": None})
async def get_problem_page(request: StrictRequest, code: FromPath[str]) -> Response[str]:
    """Send what a problem means and what to do about it, with an example; NotFound."""
    page = _Page(request)
    if code not in page.wording.problem_codes():
        raise NotFound(path=request.scope["path"])
    title, help_text = page.wording.problem(code)
    example = request.worker.site.problems[code]
    content = page.fill(
        "problem.html",
        code=code,
        statuses=page.format_statuses(code),
        problem_title=title,
        problem_meaning=page.wording.problem_meaning(code),
        problem_help=help_text,
        asked=example.request[page.lang],
        answered=example.answer[page.lang],
    )
    return page.respond(title, content, policy=_PAGE_POLICY)


HANDLERS: Final = [
    get_calculator,
    get_page_texts,
    get_app_file,
    get_documentation,
    get_docs_file,
    list_problem_pages,
    get_problem_page,
]
