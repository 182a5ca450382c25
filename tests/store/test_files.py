"""Real folders and their twins in memory."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from trucewatch.store import Inbox, MemoryInbox, MemoryOutbox, Outbox, StoreError
from trucewatch.store import files as files_module


@pytest.fixture
def root(tmp_path: Path) -> Path:
    inbox = tmp_path / "inbox"
    (inbox / "b" / "deep").mkdir(parents=True)
    (inbox / "b" / "deep" / "звук.wav").write_bytes(b"RIFF")
    (inbox / "a.csv").write_bytes(b"1,2\n")
    (inbox / "B.csv").write_bytes(b"")
    return inbox


def test_paths_are_relative_and_sorted(root: Path) -> None:
    assert Inbox(root).paths() == ("B.csv", "a.csv", "b/deep/звук.wav")
    with Inbox(root).open("b/deep/звук.wav") as file:
        assert file.read() == b"RIFF"


def test_links_devices_and_odd_names_are_not_taken_in(root: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"x")
    (root / "link.csv").symlink_to(tmp_path / "secret")
    (root / "folder").symlink_to(tmp_path)
    (root / "dangling").symlink_to(tmp_path / "nowhere")
    os.mkfifo(root / "pipe")
    (Path(os.fsdecode(os.fsencode(root) + b"/\xff.csv"))).write_bytes(b"")
    (root / ".new.edge.part").write_bytes(b"half")
    inbox = Inbox(root)
    assert inbox.paths() == ("B.csv", "a.csv", "b/deep/звук.wav")
    assert inbox.skipped() == (
        (".new.edge.part", "a draft that is still being written"),
        ("\\xff.csv", "its name is not UTF-8; rename it"),
        ("dangling", "a link is not followed"),
        ("folder", "a link is not followed"),
        ("link.csv", "a link is not followed"),
        ("pipe", "not a plain file"),
    )


@pytest.mark.parametrize(
    "path",
    ["link.csv", "folder/secret", "pipe", "../secret", "/etc/hostname", "", "b", "none.csv", "a\0b", "b/../a.csv"],
)
def test_nothing_outside_the_inbox_is_opened(root: Path, tmp_path: Path, path: str) -> None:
    (tmp_path / "secret").write_bytes(b"x")
    (root / "link.csv").symlink_to(tmp_path / "secret")
    (root / "folder").symlink_to(tmp_path)
    os.mkfifo(root / "pipe")
    with pytest.raises(StoreError):
        Inbox(root).open(path)


def test_a_missing_inbox_is_an_error_not_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="inbox"):
        Inbox(tmp_path / "inbox").paths()


def test_a_publication_is_written_whole(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "out", tmp_path / "rejected")
    outbox.write("daily/2025-08-12/report.pdf", b"%PDF")
    assert outbox.read("daily/2025-08-12/report.pdf") == b"%PDF"
    assert [p.name for p in (tmp_path / "out/daily/2025-08-12").iterdir()] == ["report.pdf"]
    assert outbox.read("daily/none.pdf") is None
    assert outbox.read("daily") is None


def test_the_same_bytes_are_not_written_again(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "out", tmp_path / "rejected")
    outbox.write("report.txt", b"1")
    inode = (tmp_path / "out/report.txt").stat().st_ino
    outbox.write("report.txt", b"1")
    assert (tmp_path / "out/report.txt").stat().st_ino == inode
    outbox.write("report.txt", b"2")
    assert outbox.read("report.txt") == b"2"


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch) -> None:
    outbox = Outbox(tmp_path / "out", tmp_path / "rejected")
    outbox.write("report.txt", b"old")

    def refuse(_: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", refuse)
        with pytest.raises(StoreError, match=r"report\.txt: cannot be written: Input/output error"):
            outbox.write("report.txt", b"new")
    assert outbox.read("report.txt") == b"old"
    outbox.write("report.txt", b"new")
    assert outbox.read("report.txt") == b"new"
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["report.txt"]


def test_content_then_folder_is_synced_before_it_counts(tmp_path: Path, monkeypatch) -> None:
    calls: list[str] = []
    real_replace, real_fsync = Path.replace, os.fsync

    def replace(self, target):
        calls.append("rename")
        return real_replace(self, target)

    def fsync(handle):
        calls.append("folder" if os.path.isdir(f"/proc/self/fd/{handle}") else "file")  # noqa: PTH112
        real_fsync(handle)

    monkeypatch.setattr(Path, "replace", replace)
    monkeypatch.setattr(files_module.os, "fsync", fsync)
    Outbox(tmp_path / "out", tmp_path / "rejected").write("a/report.txt", b"1")
    assert calls == ["folder", "folder", "file", "rename", "folder"]


def test_a_link_in_the_outbox_is_not_written_through(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "theirs").write_bytes(b"theirs")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "link").symlink_to(outside)
    (tmp_path / "out" / "file").symlink_to(outside / "theirs")
    outbox = Outbox(tmp_path / "out", tmp_path / "rejected")
    with pytest.raises(StoreError, match="link"):
        outbox.write("link/theirs", b"ours")
    outbox.write("file", b"ours")
    assert (outside / "theirs").read_bytes() == b"theirs"
    assert outbox.read("file") == b"ours"


@pytest.mark.parametrize("path", ["../x", "/tmp/x", "a/../../x", ""])
def test_nothing_is_written_outside(tmp_path: Path, path: str) -> None:
    outbox = Outbox(tmp_path / "out", tmp_path / "rejected")
    with pytest.raises(StoreError, match="not a path inside"):
        outbox.write(path, b"x")
    with pytest.raises(StoreError, match="not a path inside"):
        outbox.reject(path, (b"x",), "no")


def test_a_rejected_input_keeps_its_bytes_and_its_reason(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "out", tmp_path / "rejected")
    outbox.reject("b/bad.csv", (piece for piece in (b"one", b"two")), "row 3: найдено x\n")
    assert (tmp_path / "rejected/b/bad.csv").read_bytes() == b"onetwo"
    assert (tmp_path / "rejected/b/bad.csv.reason.txt").read_text() == "row 3: найдено x\n"


def test_the_twins_in_memory_do_the_same() -> None:
    inbox = MemoryInbox({"b": b"2", "a": b"1"})
    assert inbox.paths() == ("a", "b")
    assert inbox.open("b").read() == b"2"
    with pytest.raises(StoreError, match="none"):
        inbox.open("none")
    outbox = MemoryOutbox()
    outbox.write("x", b"1")
    outbox.reject("b", iter((b"2", b"3")), "no")
    assert (outbox.read("x"), outbox.read("y"), outbox.rejected) == (b"1", None, {"b": (b"23", "no")})
