"""The real disk: nothing missed on short writes, no way out of the directory through links."""

import os
from pathlib import Path

import pytest

from trucewatch.evidence import DirectoryDisk


def test_short_writes_are_continued(tmp_path, monkeypatch):
    write = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: write(handle, bytes(data)[:3]))
    DirectoryDisk(tmp_path).write("a", b"0123456789")
    assert (tmp_path / "a").read_bytes() == b"0123456789"


def test_bytes_are_synced_before_write_returns(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda handle: synced.append(os.fstat(handle).st_size))
    DirectoryDisk(tmp_path).write("a", b"0123")
    assert synced == [4]


def test_new_directories_above_the_log_are_synced(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda handle: synced.append(str(Path(f"/proc/self/fd/{handle}").readlink())))
    disk = DirectoryDisk(tmp_path / "a" / "b")
    disk.claim()
    disk.release()
    assert sorted(synced) == [str(tmp_path), str(tmp_path / "a")]


def test_a_link_is_listed_and_not_written_through(tmp_path):
    (tmp_path / "outside").write_bytes(b"keep")
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "a").symlink_to(tmp_path / "outside")
    disk = DirectoryDisk(tmp_path / "log")
    assert disk.files() == ["a"]
    with pytest.raises(OSError, match="symbolic"):
        disk.write("a", b"changed")
    assert (tmp_path / "outside").read_bytes() == b"keep"


def test_only_regular_files_are_read(tmp_path):
    disk = DirectoryDisk(tmp_path)
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    assert disk.files() == ["file", "link", "pipe"]
    assert disk.read("file") == b"x"
    for path in ("link", "folder", "pipe", "file/below", "gone"):
        with pytest.raises(FileNotFoundError):
            disk.read(path)


def test_removing_prunes_empty_directories_but_not_the_log(tmp_path):
    disk = DirectoryDisk(tmp_path)
    for path in ("a", "a/b", "c"):
        disk.make_directory(path)
    for path in ("a/b/x", "a/y"):
        disk.write(path, b"")
    disk.remove("a/b/x")
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["a", "c", "y"]
    disk.remove("a/y")
    assert [p.name for p in tmp_path.iterdir()] == ["c"]
