"""Files that several processes write."""

from __future__ import annotations

import errno
from pathlib import Path
from threading import Thread

import pytest

from penaltycalc.files import lock_file, read_stamp, write_atomically


def test_a_file_is_written_whole_with_its_mode_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "kept"
    write_atomically(file, b"one", 0o600)
    write_atomically(file, b"two", 0o600)
    assert file.read_bytes() == b"two"
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_where_there_is_no_room_the_file_before_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    file = tmp_path / "kept"
    file.write_bytes(b"one")
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(file, b"two", 0o600)
    assert file.read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [file]


def test_a_lock_is_held_by_one_at_a_time_and_let_go_after_a_fault(tmp_path: Path) -> None:
    held: list[str] = []

    def second() -> None:
        with lock_file(tmp_path / "lock"):
            held.append("second")

    waiting = Thread(target=second)

    def first() -> None:
        with lock_file(tmp_path / "lock"):
            waiting.start()
            waiting.join(0.1)
            held.append("first")
            raise ValueError("fault")

    with pytest.raises(ValueError, match="fault"):
        first()
    waiting.join(10)
    assert held == ["first", "second"]


def test_a_lock_creates_no_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), lock_file(tmp_path / "absent" / "lock"):
        raise AssertionError
    assert list(tmp_path.iterdir()) == []


def test_a_stamp_changes_with_the_file(tmp_path: Path) -> None:
    file = tmp_path / "kept"
    assert read_stamp(None) is None
    assert read_stamp(file) is None
    write_atomically(file, b"one", 0o600)
    seen = read_stamp(file)
    assert seen is not None
    assert read_stamp(file) == seen
    write_atomically(file, b"two", 0o600)
    assert read_stamp(file) != seen
