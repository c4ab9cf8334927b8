"""The same calculations from a terminal.

Exit codes: 0 answered, 2 the request or an argument is wrong, 3 the law or the facts refuse it, 4 the data
(law, notices, settings) is broken, or `conform` finds an installation that does not agree with the
worked cases or cannot be asked. Messages go to standard error.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache, partial
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NoReturn

import click

from penaltycalc._version import __version__
from penaltycalc.batch.csv import CHARSETS, Charset
from penaltycalc.calculators.calculate import CALCULATIONS, Kind, calculate
from penaltycalc.calculators.calendar_queries import YearQuery, describe_year
from penaltycalc.calculators.catalogue import describe_rulebook
from penaltycalc.calculators.explain import encode_answer
from penaltycalc.calendar import holidays
from penaltycalc.calendar.workdays import WorkingCalendar
from penaltycalc.errors import BadSetting, DataBroken, PenaltycalcError, RunBroken, SchemaFault, WrongUse
from penaltycalc.export import text
from penaltycalc.files import lock_file, write_atomically
from penaltycalc.input.flat import FlatField, list_flat_fields, parse_flat
from penaltycalc.keys import ROLES, Key, Role, encode_keys, make_key, parse_keys
from penaltycalc.rules.rulebook import PACKAGE, Rulebook, load_rulebook
from penaltycalc.rules.wording import LANGUAGES, Language, Wording, read_wording
from penaltycalc.settings import PREFIX, SECRET_SETTINGS, load_settings, read_settings

CONTEXT: Final = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class Desk:
    """Law and calendar, loaded when a command needs them."""

    def __init__(self, lang: Language, notices: Path | None) -> None:
        self.lang = lang
        self.rulebook: Rulebook = _rulebook()
        folder = notices if notices is not None else read_settings(os.environ).notices
        self.calendar: WorkingCalendar = holidays.load_calendar(self.rulebook, folder)


@cache
def _rulebook() -> Rulebook:
    return load_rulebook()


def _options(command: Callable[..., None]) -> Callable[..., None]:
    """The options that every question has."""
    for option in (
        click.option(
            "--lang", type=click.Choice(LANGUAGES), default="zh", show_default=True, help="Language of texts."
        ),
        click.option("--notices", type=click.Path(path_type=Path), help="Folder with supplied holiday notices."),
        click.option("--json", "as_json", is_flag=True, help="The answer as JSON, the same bytes as over HTTP."),
    ):
        command = option(command)
    return command


class Commands(click.Group):
    """The commands, those of the calculations made when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Calculations first."""
        return [*_SUMMARIES, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        for kind, summary in _SUMMARIES.items():
            if kind == cmd_name:
                return _calculation(kind, summary, _wordings()["en"])
        return super().get_command(ctx, cmd_name)


_SUMMARIES: Final[dict[Kind, str]] = {
    "penalty": "What VIOLATION costs: fine, measures, persons, bars, limitation.",
    "deadline": "When STEP is due, counted from --start.",
    "expiry": "When TERM ends, counted from --start.",
}


@cache
def _wordings() -> dict[Language, Wording]:
    return read_wording(PACKAGE / "wording")


@click.group(cls=Commands, context_settings=CONTEXT)
@click.version_option(__version__, prog_name="penaltycalc")
def commands() -> None:
    """Fines, review deadlines and licence terms under China's drug regulation, with reasons and citations.

    药品管理法实施条例下的处罚、办理期限和有效期计算，逐步说明并引用条款。
    """


def _ask(kind: Kind, *, lang: Language, notices: Path | None, as_json: bool, **facts: str | None) -> None:
    """One calculation, from options to output."""
    desk = Desk(lang, notices)
    given = {name: text for name, text in facts.items() if text is not None}
    answer = calculate(parse_flat(kind, given), desk.rulebook, desk.calendar, lang=lang)
    _put(answer, as_json=as_json, text=lambda: text.format_answer(answer, desk.rulebook, lang))


def _put(answer: Any, *, as_json: bool, text: Callable[[], str]) -> None:
    """Write an answer as JSON, byte for byte as over HTTP, or as text; always in UTF-8."""
    output = encode_answer(answer) if as_json else (text() + "\n").encode()
    sys.stdout.buffer.write(output)


def _calculation(kind: Kind, summary: str, wording: Wording) -> click.Command:
    """The command of one calculation: the id as its argument, an option for each other fact."""
    subject = CALCULATIONS[kind].subject
    parameters: list[click.Parameter] = [click.Argument([subject], metavar=subject.upper())]
    parameters += [_option(field, wording) for field in list_flat_fields(kind).values() if field.name != subject]
    command = click.Command(kind, params=parameters, help=summary, callback=_options(partial(_ask, kind)))
    command.params += getattr(command.callback, "__click_params__", [])[::-1]
    return command


def _option(field: FlatField, wording: Wording) -> click.Option:
    """The option of a fact; one that is true or false may stand alone, which means true."""
    flag = f"--{field.name.replace('_', '-')}"
    help_text = wording.field(field.name)
    if field.kind == "boolean":
        return click.Option(
            [flag, field.name], is_flag=False, flag_value="true", metavar="[true|false]", help=help_text
        )
    return click.Option([flag, field.name], metavar=field.kind.upper(), required=field.required, help=help_text)


@commands.command()
@click.argument("year", type=click.IntRange(1, 9999))
@_options
def calendar(year: int, lang: Language, notices: Path | None, as_json: bool) -> None:
    """The days off and make-up days of YEAR."""
    desk = Desk(lang, notices)
    answer = describe_year(YearQuery(year=year), desk.rulebook, desk.calendar, lang=lang)
    _put(answer, as_json=as_json, text=lambda: text.format_calendar(answer, desk.rulebook, lang))


@commands.command()
@_options
def rulebook(lang: Language, notices: Path | None, as_json: bool) -> None:
    """What answers rest on: instruments, digests, how far the calendar reaches."""
    desk = Desk(lang, notices)
    answer = describe_rulebook(desk.rulebook, desk.calendar, lang)
    _put(answer, as_json=as_json, text=lambda: text.format_rulebook(answer))


_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@commands.command()
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "-o", "--output", "target", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Answer."
)
@click.option("--resume", is_flag=True, help="Go on with a run that was interrupted.")
@click.option("--explain", is_flag=True, help="Answers with their explanations.")
@click.option("--bom", is_flag=True, help="Write CSV with a byte order mark, as Chinese Excel needs it.")
@click.option(
    "--charset",
    type=click.Choice(CHARSETS, case_sensitive=False),
    default="utf-8",
    show_default=True,
    help="Charset of CSV.",
)
@click.option("--workers", type=click.IntRange(1, 64), help="Number of processes.  [default: one for each core]")
@click.option("--lang", type=click.Choice(LANGUAGES), default="zh", show_default=True, help="Language of texts.")
@click.option("--notices", type=click.Path(path_type=Path), help="Folder with supplied holiday notices.")
def batch(
    source: Path,
    target: Path,
    resume: bool,
    explain: bool,
    bom: bool,
    charset: Charset,
    workers: int | None,
    lang: Language,
    notices: Path | None,
) -> None:
    """Answer every row of SOURCE (csv, xlsx, ndjson or json, by its ending), in the order of the rows."""
    from penaltycalc.batch import files  # noqa: PLC0415  # only here: the import takes long
    from penaltycalc.batch.rows import Batch  # noqa: PLC0415  # only here, as above

    settings = read_settings(os.environ)
    desk = Desk(lang, notices)
    rows = Batch(desk.rulebook, desk.calendar, lang=lang, explain=explain)
    task = files.plan_job(source, target, rows, bom=bom, charset=charset, most_line=settings.max_line)
    job = files.Job(source, target, task, notices or settings.notices, workers or len(os.sched_getaffinity(0)))
    try:
        told = files.run_with_bar(job, resume=resume)
    except KeyboardInterrupt:
        code = "interrupted" if job.state.exists() else "interrupted_early"
        click.echo(_wordings()[lang].label("batch", code).format(part=job.part), err=True)
        sys.exit(130)
    except OSError as fault:
        message = "run-broken-full" if fault.errno in _FULL else "run-broken"
        place = str(fault.filename or job.part)
        raise RunBroken(message=message, path=place, fault=fault.strerror or str(fault)) from None
    click.echo(files.format_summary(told, _wordings()[lang]), err=True)


@commands.command("workbook")
@click.option("-o", "--output", "target", type=click.Path(dir_okay=False, path_type=Path), required=True, help="File.")
@click.option("--lang", type=click.Choice(LANGUAGES), default="zh", show_default=True, help="Language of texts.")
@click.option("--address", help="Address of the service.  [default: the setting PENALTYCALC_PUBLIC_URL]")
@click.option("--notices", type=click.Path(path_type=Path), help="Folder with supplied holiday notices.")
def write_workbook(target: Path, lang: Language, address: str | None, notices: Path | None) -> None:
    """The workbook for offices, whose rows ask the service at an address."""
    from penaltycalc.export.workbook.book import build_workbook  # noqa: PLC0415  # only here: its library takes long to load

    if target.suffix.lower() != ".xlsx":
        raise WrongUse(message="wrong-use-ending", path=str(target), endings=".xlsx")
    url = read_settings(os.environ).public_url if address is None else _address(address)
    desk = Desk(lang, notices)
    _replace(target, build_workbook(desk.rulebook, desk.calendar, lang, url))


def _address(given: str) -> str:
    """An address in the form of the setting, without a slash at its end; SchemaFault where it is none."""
    try:
        return read_settings({f"{PREFIX}PUBLIC_URL": given.rstrip("/")}).public_url
    except BadSetting:
        raise SchemaFault(("--address",), message="schema-url") from None


def _replace(target: Path, content: bytes) -> None:
    """Write a file that is there whole or not at all; BadSetting where it cannot be written."""
    try:
        write_atomically(target, content, 0o666)
    except OSError as fault:
        raise BadSetting(str(target), fault.strerror or str(fault)) from None


@commands.command()
@click.option("--url", metavar="ADDRESS", help="The deployment to check.  [default: this installation]")
@click.option("--key", envvar=f"{PREFIX}KEY", show_envvar=True, help="Key of the deployment, where it wants one.")
@click.option(
    "--timeout", type=click.IntRange(1, 600), default=10, show_default=True, help="Seconds to wait for an answer."
)
@_options
def conform(
    *, url: str | None, key: str | None, timeout: int, lang: Language, notices: Path | None, as_json: bool
) -> None:
    """Check an installation against the worked cases: 0 where all agree, else 4.

    Where its holidays are not the packaged ones, what rests on working days is left out and named.
    """
    from penaltycalc.conformance import client, kit, report  # noqa: PLC0415  # only here: they load an HTTP client

    if url is not None and notices is not None:
        raise click.UsageError("--notices are those of this installation: they do not go with --url.")
    law = load_rulebook()
    cases, package = kit.load_kit(), kit.describe_installation(law, holidays.load_calendar(law, None))
    if url is None:
        found = kit.check(cases, law, Desk(lang, notices).calendar, package)
    else:
        with closing(client.Deployment(url, key=key, timeout=timeout, lang=lang)) as deployment:
            found = client.check(cases, deployment, package)
    _put(found, as_json=as_json, text=lambda: report.format_report(found, law.wordings[lang]))
    if not found.agrees:
        sys.exit(DataBroken.exit_code)


@commands.group()
def keys() -> None:
    """Keys of the service: make, list and revoke them, in the file that the setting keys_file names."""


_FILE: Final = click.option(
    "--file", type=click.Path(dir_okay=False, path_type=Path), help="File of keys.  [default: the setting]"
)


@keys.command("new")
@click.option("--role", type=click.Choice(ROLES), default="read", show_default=True, help="What the key may do.")
@click.option("--name", default="", help="Whom the key is for.")
@_FILE
def new_key(role: Role, name: str, file: Path | None) -> None:
    """Make a key and show it, this once; the file keeps its hash alone."""
    import secrets  # noqa: PLC0415  # only here: the import takes long

    with _keys_in(file) as kept:
        text, key = make_key(secrets.token_bytes(36), role=role, name=name, created=datetime.now(UTC).date())
        kept.append(key)
    click.echo(text)


@keys.command("list")
@_FILE
def list_keys(file: Path | None) -> None:
    """Id, role, day of making and name of each key."""
    with _keys_in(file) as kept:
        for key in kept:
            click.echo(f"{key.id}  {key.role:7}  {key.created or '-'}  {key.name}".rstrip())


@keys.command("revoke")
@click.argument("id")
@_FILE
def revoke_key(id: str, file: Path | None) -> None:
    """Take the key with this id out; running services let it in for a second at the most."""
    with _keys_in(file) as kept:
        left = [key for key in kept if key.id != id]
        if len(left) == len(kept):
            raise BadSetting(id, "there is no key with this id")
        kept[:] = left


@contextmanager
def _keys_in(file: Path | None) -> Iterator[list[Key]]:
    """The keys of a file, for this command alone; written back where they have changed."""
    path = file or read_settings(os.environ).keys_file
    if path is None:
        raise BadSetting(f"{PREFIX}KEYS_FILE", "no file of keys is named, here or with --file")
    try:
        with lock_file(path.with_name(f"{path.name}.lock")):
            before = parse_keys(path.read_bytes(), str(path)) if path.exists() else ()
            kept = list(before)
            yield kept
            if tuple(kept) != before:
                write_atomically(path, encode_keys(kept), 0o600)
    except OSError as fault:
        raise BadSetting(str(path), fault.strerror or str(fault)) from None


@commands.command()
def config() -> None:
    """The settings as TOML, and where each comes from: the default, a variable, or the file."""
    found = load_settings(os.environ)
    for name in found.settings.__struct_fields__:
        value = getattr(found.settings, name)
        if name in SECRET_SETTINGS and value:
            value = "…"
        shown = f"{name} = {_as_toml(value)}"
        click.echo(f"{f'# {name} is not set' if value is None else shown}  # {found.sources[name]}")


def _as_toml(value: object) -> str:
    """The value of a setting as it stands in the file."""
    if isinstance(value, Decimal):
        return str(value)
    return json.dumps(str(value) if isinstance(value, Path) else value, ensure_ascii=False)


@commands.command()
def openapi() -> None:
    """The OpenAPI document of the service."""
    from penaltycalc.api.app import create_app  # noqa: PLC0415  # only here and in serve: the import takes long

    sys.stdout.buffer.write(create_app().document)


@commands.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="Port to listen on.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Number of processes.")
@click.option("--notices", type=click.Path(path_type=Path), help="Folder with supplied holiday notices.")
@click.option("--allow-open", is_flag=True, help="Listen off loopback without keys.")
def serve(host: str, port: int, workers: int, notices: Path | None, allow_open: bool) -> None:
    """Run the service."""
    from penaltycalc.api.auth import check_open  # noqa: PLC0415  # only here: the import takes long
    from penaltycalc.server import run  # noqa: PLC0415  # only here: the import takes long

    if notices is not None:
        os.environ[f"{PREFIX}NOTICES"] = str(notices.resolve())
    if allow_open:
        os.environ[f"{PREFIX}ALLOW_OPEN"] = "true"
    settings = read_settings(os.environ)
    check_open(host, settings)
    _check_free(host, port)
    run(host, port, workers, settings, _rulebook())


def _check_free(host: str, port: int) -> None:
    """Refuse a port that another server listens on: the kernel would share requests out between the two."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as fault:
            raise BadSetting(f"{host}:{port}", fault.strerror or str(fault)) from None


def main(arguments: Iterable[str] | None = None) -> NoReturn:
    """Run a command and end with its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    lang = _language(given)
    try:
        commands.main(given, prog_name="penaltycalc", standalone_mode=False)
    except PenaltycalcError as error:
        _complain(error, lang)
        sys.exit(error.exit_code)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    sys.exit(0)


def _language(arguments: list[str]) -> Language:
    """The language of messages, also where the arguments cannot be read."""
    pairs = pairwise(part for argument in arguments for part in argument.split("=", 1))
    return "en" if ("--lang", "en") in pairs else "zh"


def _complain(error: PenaltycalcError, lang: Language) -> None:
    """Every fault, one a line, on standard error."""
    wording = _wordings()[lang]
    for fault in error.faults:
        place = "/".join(str(part).replace("_", "-") for part in fault.where)
        sentence = wording.message(fault.message, fault.facts)
        click.echo(f"{fault.code}{f' ({place})' if place else ''}: {sentence}", err=True)
