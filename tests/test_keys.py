"""Keys: what is kept of one, who may do what, and broken files of keys."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Any

import pytest

from penaltycalc import Rulebook
from penaltycalc.calculators.problems import error_message
from penaltycalc.errors import BadSetting
from penaltycalc.keys import Key, KeyRing, Role, encode_keys, hash_key, make_key, parse_hashes, parse_key_id, parse_keys
from penaltycalc.rules.wording import LANGUAGES

RANDOM = bytes(range(36))
DAY = date(2026, 11, 22)
TEXT, KEY = make_key(RANDOM, role="read", name="case system", created=DAY)


def test_a_key_holds_its_id_and_32_random_bytes_and_only_its_hash_is_kept() -> None:
    assert "pck_00010203_" + RANDOM[4:].hex() == TEXT
    assert KEY.id == "00010203"
    assert KEY.hash == "sha256:" + hashlib.sha256(TEXT.encode()).hexdigest()
    assert RANDOM[4:].hex() not in encode_keys([KEY]).decode()


def test_too_few_random_bytes_make_no_key() -> None:
    with pytest.raises(ValueError, match="35"):
        make_key(bytes(35), role="read", name="", created=DAY)


@pytest.mark.parametrize(
    ("own", "wanted", "allowed"),
    [("read", "read", True), ("read", "operate", False), ("operate", "operate", True), ("operate", "read", True)],
)
def test_operate_includes_read(own: Role, wanted: Role, *, allowed: bool) -> None:
    assert make_key(RANDOM, role=own, name="", created=DAY)[1].may(wanted) is allowed


def test_the_ring_finds_a_key_by_its_text_alone() -> None:
    ring = KeyRing([KEY])
    assert ring
    assert ring.find(TEXT) is KEY


@pytest.mark.parametrize(
    "text",
    [
        "",
        "pck",
        "pck_00010203",
        "pck_00010203_",
        TEXT[:-1],
        TEXT + "0",
        TEXT.upper(),
        TEXT.replace("pck", "xyz"),
        "pck_00000000_" + "0" * 64,
        "pck_ffffffff_" + RANDOM[4:].hex(),
        "密钥",
        "\ud800",
    ],
)
def test_the_ring_finds_nothing_by_another_text(text: str) -> None:
    assert KeyRing([KEY]).find(text) is None


def test_an_empty_ring_lets_nobody_in() -> None:
    assert KeyRing([]).find(TEXT) is None


def test_the_stand_in_for_an_unknown_key_is_no_key() -> None:
    # Nothing hashes to it; and if something did, it would still be nobody.
    assert KeyRing([]).find("pck_00000000_") is None
    assert parse_key_id("pck_00000000_") == "00000000"


def test_a_file_of_keys_comes_back_as_it_was_written() -> None:
    assert parse_keys(encode_keys([KEY]), "keys.json") == (KEY,)
    assert parse_keys(encode_keys([]), "keys.json") == ()


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "fault-keys-file"),
        (b"[]", "fault-keys-file"),
        (b"\xff", "fault-keys-file"),
        (b'{"keys": [], "more": 1}', "fault-keys-file"),
        (b'{"keys": 1}', "fault-keys-file-at (place: $.keys)"),
        (b'{"keys": [1]}', "fault-keys-file-at (place: $.keys[0])"),
        (b'{"keys": [{"id": "00010203"}]}', "fault-keys-file-at (place: $.keys[0])"),
        (b'{"keys": [{"id": "1", "role": "read", "hash": "sha256:0"}]}', "fault-keys-file-at (place: $.keys[0].id)"),
        (encode_keys([KEY]).replace(b'"read"', b'"admin"'), "fault-keys-file-at (place: $.keys[0].role)"),
        (encode_keys([KEY]).replace(b"sha256:", b"md5:"), "fault-keys-file-at (place: $.keys[0].hash)"),
        (encode_keys([KEY]).replace(b'"name"', b'"nam"'), "fault-keys-file-at (place: $.keys[0])"),
        (encode_keys([KEY, KEY]), "fault-key-twice (key: 00010203)"),
    ],
)
def test_a_broken_file_of_keys_is_named(content: bytes, fault: str) -> None:
    with pytest.raises(BadSetting) as refused:
        parse_keys(content, "keys.json")
    assert str(refused.value) == f"bad-setting (setting: keys.json, fault: {fault})"


ENTRY = {"id": KEY.id, "role": "read", "hash": KEY.hash}
# A whole key, and what somebody might take for one; the last part of each must not be repeated either.
SECRETS = (TEXT, TEXT.rpartition("_")[2], "correct horse battery staple", "Passwort123")


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_in_the_wrong_place_of_a_file_of_keys_is_not_repeated(secret: str, rulebook: Rulebook) -> None:
    misplaced: list[Any] = [
        secret,
        [secret],
        {secret: [ENTRY]},
        {"keys": secret},
        {"keys": [secret]},
        {"keys": {secret: ENTRY}},
        {"keys": [ENTRY], secret: 1},
        {"keys": [{**ENTRY, secret: 1}]},
        *({"keys": [{**ENTRY, name: secret}]} for name in ("id", "role", "hash", "created")),
        {"keys": [{**ENTRY, "name": f"{secret} {'x' * 100}"}]},
    ]
    contents = [secret.encode(), f'{{"keys": [{secret}]}}'.encode(), *(json.dumps(one).encode() for one in misplaced)]
    for content in contents:
        with pytest.raises(BadSetting) as refused:
            parse_keys(content, "keys.json")
        told = [str(refused.value), *(error_message(refused.value, rulebook.wordings[lang]) for lang in LANGUAGES)]
        assert [text for text in told if secret in text] == [], content
        assert all("keys.json" in text for text in told), content
        # Neither does what the error came from, which a log might show.
        assert refused.value.__cause__ is None
        assert refused.value.__suppress_context__


@pytest.mark.parametrize(
    "text", [TEXT, f"00010203:read:{TEXT}", f"{TEXT}:read:{KEY.hash}", f"00010203:{TEXT}:{KEY.hash}", f":{TEXT}:"]
)
def test_a_secret_in_the_wrong_place_of_the_setting_is_not_repeated(text: str, rulebook: Rulebook) -> None:
    with pytest.raises(BadSetting) as refused:
        parse_hashes(f"00010204:operate:{KEY.hash} {text}", "PENALTYCALC_KEYS")
    assert str(refused.value) == "bad-setting (setting: PENALTYCALC_KEYS, fault: fault-key-form)"
    assert error_message(refused.value, rulebook.wordings["zh"]) == (
        "设置有误：PENALTYCALC_KEYS：每个密钥应写成编号、角色和散列值，用冒号隔开（id:role:sha256:hash）。"
    )
    assert error_message(refused.value, rulebook.wordings["en"]) == (
        "A setting is wrong: PENALTYCALC_KEYS: "
        "each key is written as id, role and hash, with colons between them (id:role:sha256:hash)."
    )
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


def test_the_place_in_a_file_of_keys_is_told_in_both_languages(rulebook: Rulebook) -> None:
    with pytest.raises(BadSetting) as refused:
        parse_keys(encode_keys([KEY]).replace(b'"read"', b'"admin"'), "keys.json")
    assert error_message(refused.value, rulebook.wordings["zh"]) == (
        "设置有误：keys.json：密钥文件中有一项不对，位置见括号（$.keys[0].role）。"
    )
    assert error_message(refused.value, rulebook.wordings["en"]) == (
        "A setting is wrong: keys.json: something in the file of keys is wrong ($.keys[0].role)."
    )


def test_hashes_from_the_environment() -> None:
    text = f"00010203:read:{KEY.hash}, 00010204:operate:{hash_key('x')}"
    first, second = parse_hashes(text, "PENALTYCALC_KEYS")
    assert (first.id, first.role, first.hash) == ("00010203", "read", KEY.hash)
    assert second == Key(id="00010204", role="operate", hash=hash_key("x"))
    assert parse_hashes("", "PENALTYCALC_KEYS") == ()


@pytest.mark.parametrize(
    "text", ["x", "00010203:read", "00010203:admin:sha256:" + "0" * 64, "zz:read:sha256:" + "0" * 64]
)
def test_a_broken_variable_is_named_and_not_shown(text: str) -> None:
    with pytest.raises(BadSetting) as refused:
        parse_hashes(text, "PENALTYCALC_KEYS")
    assert str(refused.value) == "bad-setting (setting: PENALTYCALC_KEYS, fault: fault-key-form)"
