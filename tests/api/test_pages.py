"""The pages: complete, in two languages, strict about what a browser may load, and true in their examples."""

from __future__ import annotations

import hashlib
import html
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from litestar.testing import TestClient

from penaltycalc import Rulebook, errors
from penaltycalc.api.app import HANDLERS, Service, create_app
from penaltycalc.api.descriptions import ProblemResponse
from penaltycalc.api.site import LANGUAGE_TAGS, WEB, read_problem_examples
from penaltycalc.rules.wording import LANGUAGES, Language
from penaltycalc.settings import Settings

ROOT = Path(__file__).parents[2]
CHINESE = re.compile(r"[\u3000-\u9fff\uff00-\uffef]")
CODES = """
    malformed schema unknown-field unknown-query repeated-name unauthorised forbidden not-found method-not-allowed
    not-acceptable too-large unsupported-media-type unknown-violation unknown-step unknown-term not-in-force
    dates-out-of-order reason-not-allowed extension-not-allowed over-the-cap fact-out-of-range outside-calendar
    barred decided-elsewhere no-date bad-notice timeout uri-too-long too-many-requests insufficient-storage
    unavailable internal
"""
CONTRACT = CODES.split()
PAGES = ["/docs", "/problems", *(f"/problems/{code}" for code in CONTRACT)]
FILES = {
    "LICENSE": "text/plain",
    "NOTICE": "text/plain",
    "docs.css": "text/css",
    "docs.js": "text/javascript",
    "favicon.svg": "image/svg+xml",
    "page.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
}


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient[Service]]:
    with TestClient(create_app(Settings()), raise_server_exceptions=False) as client:
        yield client


class Read(HTMLParser):
    """A page: its elements with their attributes, and the text of each element by its name."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._open.append(tag)
        self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        for tag in set(self._open):
            self.texts[tag][-1] += data

    def addresses(self) -> list[str]:
        """Everything that the page links to or loads."""
        named = ("href", "src", "action", "data-document")
        return [value for _, attributes in self.elements for name in named if (value := attributes.get(name))]


def page(client: TestClient[Service], path: str, lang: Language | None = None, accept: str = "zh") -> Read:
    response = client.get(path, params={"lang": lang} if lang else {}, headers={"accept-language": accept})
    assert response.status_code == 200, path
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    return Read(response.text)


# ------------------------------------------------------------------------- what every page is like


@pytest.mark.parametrize("path", PAGES)
def test_a_page_says_its_language_and_lets_the_browser_load_nothing_else(
    path: str, client: TestClient[Service]
) -> None:
    for lang in LANGUAGES:
        response = client.get(f"{path}?lang={lang}")
        assert response.headers["content-language"] == lang
        assert response.headers["vary"] == "Accept-Language"
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "no-referrer"
        assert response.headers["cache-control"] == "no-cache"
        policy = dict(part.strip().split(" ", 1) for part in response.headers["content-security-policy"].split(";"))
        scripts = {"script-src": "'self'", "connect-src": "'self'", "img-src": "'self' data:"}
        assert policy == {
            "default-src": "'none'",
            "frame-ancestors": "'none'",
            "base-uri": "'none'",
            "form-action": "'none'",
            "style-src": "'self'",
            **(scripts if path == "/docs" else {"img-src": "'self'"}),
        }
        again = client.get(f"{path}?lang={lang}", headers={"if-none-match": response.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_holds_nothing_inline_and_only_relative_addresses(path: str, client: TestClient[Service]) -> None:
    read = page(client, path)
    names = {name for _, attributes in read.elements for name in attributes}
    assert [name for name in names if name == "style" or name.startswith("on")] == []
    assert "style" not in read.texts
    assert set(read.texts.get("script", [])) <= {""}
    for address in read.addresses():
        split = urlsplit(address)
        assert (split.scheme, split.netloc) == ("", ""), address
        assert not address.startswith("/"), address
    if path != "/docs":
        assert "script" not in read.texts


@pytest.mark.parametrize(
    "path", ["/docs", "/docs/", "/problems", "/problems/", "/problems/schema", "/problems/schema/"]
)
def test_every_address_of_a_page_leads_somewhere(path: str, client: TestClient[Service]) -> None:
    for lang in LANGUAGES:
        for address in page(client, path, lang).addresses():
            if not address.startswith("#"):
                found = client.get(urljoin(f"http://testserver.local{path}", address))
                assert found.status_code == 200, address


def test_the_pages_keep_together_behind_a_prefix(client: TestClient[Service]) -> None:
    for path in ("/docs", "/problems", "/problems/schema"):
        base = f"https://example.org/tools/fines{path}"
        for address in page(client, path).addresses():
            assert urljoin(base, address).startswith("https://example.org/tools/fines/"), address


@pytest.mark.parametrize("path", PAGES)
def test_a_page_leads_to_itself_in_the_other_language(path: str, client: TestClient[Service]) -> None:
    for lang, other in zip(LANGUAGES, reversed(LANGUAGES), strict=True):
        read = page(client, path, lang)
        assert ("html", {"lang": LANGUAGE_TAGS[lang]}) in read.elements
        (switch,) = (attributes for _, attributes in read.elements if attributes.get("class") == "language")
        assert switch["href"] == f"?lang={other}"
        assert switch["lang"] == switch["hreflang"] == LANGUAGE_TAGS[other]


def test_a_page_comes_in_the_language_of_its_reader(client: TestClient[Service]) -> None:
    def title(path: str, lang: Language | None = None, accept: str = "fr") -> str:
        return page(client, path, lang, accept).texts["h1"][0]

    assert title("/problems/no-date") == "没有届满日"
    assert title("/problems/no-date", accept="en-GB") == "There is no due date"
    assert title("/problems/no-date", "zh", accept="en-GB") == "没有届满日"
    assert title("/docs", "en") == "API documentation"


@pytest.mark.parametrize("path", PAGES)
def test_an_english_page_holds_chinese_only_in_the_link_to_the_chinese_one(
    path: str, client: TestClient[Service]
) -> None:
    text = client.get(f"{path}?lang=en").text
    assert text.count("中文</a>") == 1
    assert CHINESE.search(text.replace("中文</a>", "")) is None


def test_a_page_is_answered_as_strictly_as_anything_else(client: TestClient[Service]) -> None:
    for path in ("/docs", "/problems", "/problems/schema", "/docs/page.css"):
        assert client.get(f"{path}?langs=en").json()["code"] == "unknown-query"
        assert client.get(f"{path}?lang=fr").json()["code"] == "schema"
        assert client.get(path, headers={"accept": "application/json"}).json()["code"] == "not-acceptable"
        assert client.post(path).json()["code"] == "method-not-allowed"
        head = client.head(path)
        assert (head.status_code, head.content) == (200, b"")


def test_every_text_of_the_pages_is_used_and_every_one_used_is_written(rulebook: Rulebook) -> None:
    given = {"root", "lang", "language", "other_lang", "other_language", "other_name", "title", "head", "content"}
    given |= {"rows", "code", "statuses", "problem_title", "problem_meaning", "problem_help", "asked", "answered"}
    templates = [Template(path.read_text("utf-8")) for path in (WEB / "pages").glob("*.html")]
    used = {name for template in templates for name in template.get_identifiers()}
    written = set(rulebook.wordings["zh"].pages())
    assert used - given == written - {"own_name"}  # which stands in the page of the other language
    assert given - used == set()


def test_no_frame_of_a_page_holds_words_of_its_own() -> None:
    for path in (WEB / "pages").glob("*.html"):
        without_texts = re.sub(r"\$\w+|\$\{\w+\}", "", path.read_text("utf-8"))
        words = set(re.sub(r"<[^>]*>", " ", without_texts).split())
        assert words <= {"penaltycalc", "urn:penaltycalc:problem:", "–"}


# ------------------------------------------------------------------------------------ readable for all


def contrast(one: str, other: str) -> float:
    """The contrast of two colours (WCAG 2)."""

    def luminance(colour: str) -> float:
        digits = colour.removeprefix("#")
        digits = digits if len(digits) == 6 else "".join(digit * 2 for digit in digits)
        channels = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
        red, green, blue = (
            channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4 for channel in channels
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_text_stands_out_from_its_ground_by_day_by_night_and_on_paper() -> None:
    assert round(contrast("#000", "#fff")) == 21
    style = (WEB / "pages" / "page.css").read_text("utf-8")
    schemes = [
        dict(re.findall(r"--(\w+): (#\w+);", block)) for block in re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    ]
    assert len(schemes) == 3
    for colours in schemes:
        for text in ("ink", "quiet", "link"):
            for ground in ("paper", "shade"):
                assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)


# --------------------------------------------------------------------------------------- documentation


def test_the_documentation_is_made_from_the_document_by_files_of_this_server(client: TestClient[Service]) -> None:
    read = page(client, "/docs")
    scripts = [attributes for tag, attributes in read.elements if tag == "script"]
    assert [script["src"] for script in scripts] == ["./docs/swagger-ui-bundle.js", "./docs/docs.js"]
    (place,) = (attributes for _, attributes in read.elements if attributes.get("id") == "documentation")
    assert place["data-document"] == "./openapi.json"
    assert "validatorUrl: null" in client.get("/docs/docs.js").text


@pytest.mark.parametrize(("name", "media_type"), FILES.items())
def test_a_file_is_served_with_its_type_and_validator(name: str, media_type: str, client: TestClient[Service]) -> None:
    response = client.get(f"/docs/{name}")
    assert response.status_code == 200
    assert response.headers["content-type"] == f"{media_type}; charset=utf-8"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["cache-control"] == "no-cache"
    assert response.content in [path.read_bytes() for path in WEB.rglob(name)]
    again = client.get(f"/docs/{name}", headers={"if-none-match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "name", ["README.md", "layout.html", "..%2Fpages%2Flayout.html", "%2e%2e", "swagger-ui.css.map", "PAGE.CSS"]
)
def test_no_other_file_is_served(name: str, client: TestClient[Service]) -> None:
    response = client.get(f"/docs/{name}")
    assert (response.status_code, response.json()["code"]) == (404, "not-found")


def test_the_files_of_others_are_as_they_were_published() -> None:
    readme = (WEB / "docs" / "README.md").read_text("utf-8")
    sums = {name: digest for digest, name in re.findall(r"^\| `([0-9a-f]{64})` \| `(.+)` \|$", readme, re.MULTILINE)}
    assert {path.name for path in (WEB / "docs").iterdir()} == {*sums, "README.md"}
    for name, digest in sums.items():
        assert hashlib.sha256((WEB / "docs" / name).read_bytes()).hexdigest() == digest, name
    assert "Apache License" in (WEB / "docs" / "LICENSE").read_text("utf-8")


def test_an_installed_package_carries_every_file_of_the_pages(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        names = set(packed.namelist())
    files = {path.relative_to(WEB.parent.parent).as_posix() for path in WEB.rglob("*") if path.is_file()}
    assert len(files) > 15
    assert files - names == set()


# ------------------------------------------------------------------------------------ help of problems


def coded() -> dict[str, type[errors.PenaltycalcError]]:
    """All errors that have a code of their own, those of the routes included."""
    found: dict[str, type[errors.PenaltycalcError]] = {}
    waiting: list[type[errors.PenaltycalcError]] = [errors.PenaltycalcError]
    while waiting:
        error = waiting.pop()
        waiting += error.__subclasses__()
        if error.__module__.startswith("penaltycalc.") and "code" in vars(error):
            found[error.code] = error
    return found


NEVER_A_RESPONSE = {
    "broken-law",
    "bad-setting",
    "no-deployment",
    "run-broken",
    "wrong-use",
}  # met by the command line only


def test_every_problem_of_the_contract_and_of_the_code_has_a_page(
    client: TestClient[Service], rulebook: Rulebook
) -> None:
    assert set(coded()) - NEVER_A_RESPONSE == set(CONTRACT) == set(read_problem_examples())
    for lang in LANGUAGES:
        wording = rulebook.wordings[lang]
        for code in CONTRACT:
            read = page(client, f"/problems/{code}", lang)
            title, help_text = wording.problem(code)
            assert read.texts["h1"] == [title]
            assert read.texts["dd"][:2] == [code, f"urn:penaltycalc:problem:{code}"]
            assert {wording.problem_meaning(code), help_text} <= set(read.texts["p"])


def test_every_problem_is_listed(client: TestClient[Service]) -> None:
    for lang in LANGUAGES:
        read = page(client, "/problems", lang)
        listed = [address for address in read.addresses() if "problems/" in address]
        assert listed == [f"./problems/{code}?lang={lang}" for code in CONTRACT]


def test_a_problem_that_does_not_exist_is_not_explained(client: TestClient[Service]) -> None:
    for code in ("teapot", "broken-law", "bad-setting", "INTERNAL"):
        response = client.get(f"/problems/{code}")
        assert (response.status_code, response.json()["code"]) == (404, "not-found")
        assert client.get(response.links["help"]["url"]).status_code == 200


def test_a_page_names_the_statuses_that_the_problem_comes_with(client: TestClient[Service]) -> None:
    responses = [response for handler in HANDLERS for response in (handler.responses or {}).values()]
    documented: dict[str, set[int]] = {code: set() for code in CONTRACT}
    for response in responses:
        assert isinstance(response, ProblemResponse)
        for code in response.codes:
            documented[code].add(response.status)
    for code, error in coded().items():
        if code not in NEVER_A_RESPONSE:
            shown = {int(status) for status in page(client, f"/problems/{code}").texts["dd"][2].split(", ")}
            assert {error.status} | documented[code] <= shown
            assert shown - {error.status} <= {404}
    assert page(client, "/problems/unknown-step").texts["dd"][2] == "404, 422"


def shown_example(client: TestClient[Service], code: str, lang: Language) -> tuple[list[str], str, dict[str, Any]]:
    """The lines before the body, the body and the answer that a page shows."""
    asked, answered = re.findall(
        r"<pre><code>(.*?)</code></pre>", client.get(f"/problems/{code}?lang={lang}").text, re.DOTALL
    )
    head, _, body = html.unescape(asked).partition("\n\n")
    answer: dict[str, Any] = json.loads(html.unescape(answered))
    return head.split("\n"), body, answer


BY_HOW_THE_SERVICE_IS_RUN = {
    "unauthorised",
    "forbidden",
    "too-large",
    "bad-notice",
    "timeout",
    "uri-too-long",
    "too-many-requests",
    "insufficient-storage",
    "unavailable",
    "internal",
}


@pytest.mark.parametrize("code", CONTRACT)
def test_an_example_is_answered_as_the_page_shows(code: str, client: TestClient[Service]) -> None:
    for lang in LANGUAGES:
        (first, *lines), body, answer = shown_example(client, code, lang)
        method, target = first.split(" ")
        assert (answer["code"], answer["type"]) == (code, f"urn:penaltycalc:problem:{code}")
        assert answer["instance"] == urlsplit(target).path
        if code in BY_HOW_THE_SERVICE_IS_RUN:
            continue
        headers = dict(line.split(": ", 1) for line in lines)
        response = client.request(method, target, headers=headers, content=body.encode() or None)
        assert response.json() == answer
        assert response.status_code == answer["status"]
        assert response.headers["link"] == f'</problems/{code}>; rel="help"'
        assert client.get(response.links["help"]["url"], headers={"accept-language": lang}).status_code == 200


def test_a_body_that_is_too_large_is_answered_as_the_page_shows(client: TestClient[Service]) -> None:
    _, _, answer = shown_example(client, "too-large", "zh")
    sent = client.post("/v1/penalties", content=b" " * 1_000_001, headers={"content-type": "application/json"})
    assert sent.json() == answer


def test_an_address_that_is_too_long_is_answered_as_the_page_shows(client: TestClient[Service]) -> None:
    _, _, answer = shown_example(client, "uri-too-long", "zh")
    assert client.get(f"/v1/penalties/85-2?ref={'x' * 8192}").json() == answer


def test_what_the_core_refuses_is_refused_by_the_core_on_the_page_too() -> None:
    refused = {code for code, error in coded().items() if issubclass(error, errors.RequestError | errors.LawRefuses)}
    assert len(refused) > 15
    assert refused & BY_HOW_THE_SERVICE_IS_RUN == set()
