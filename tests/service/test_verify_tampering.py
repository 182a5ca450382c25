"""Whatever is changed, removed, added, set back or back-dated is found, and the message names it."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mission_files import make_mission, run_mission, trucewatch, verify_mission
from trucewatch.evidence import EvidenceError, Outcome, Verdict
from trucewatch.model.errors import InvalidMission, ProofFailure, TrucewatchError
from trucewatch.model.register import NewRecord
from trucewatch.service.arrived import MAX_SIDECAR_BYTES, identify
from trucewatch.service.audit import UNKNOWN_KEY
from trucewatch.service.retirement import retire
from trucewatch.service.run import finish
from trucewatch.store.record_table import CHECKED, crc_of
from trucewatch.wiring import MissionFolder, clock, export, open_reading, open_workshop

STORE = "state/store.sqlite"


def _text(verdict: Verdict) -> str:
    return "\n".join(str(f) for f in verdict.findings)


def _files(folder: Path, *parts: str) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for part in parts for p in (folder / part).rglob("*") if p.is_file())


def _flipped(folder: Path, name: str, at: int, bits: int = 1) -> Verdict | str:
    """Verify with one byte changed, and put it back; the text where not even the log's key can be read."""
    path = folder / name
    content = path.read_bytes()
    path.write_bytes(content[:at] + bytes([content[at] ^ bits]) + content[at + 1 :])
    try:
        return verify_mission(folder)
    except ProofFailure as error:
        return str(error)
    finally:
        path.write_bytes(content)


def _require_found(folder: Path, name: str, at: int, bits: int = 1) -> None:
    verdict = _flipped(folder, name, at, bits)
    if isinstance(verdict, str):
        assert name == "state/key.pub", f"{name} byte {at}: {verdict}"
        assert name in verdict
        return
    assert verdict.outcome is Outcome.INVALID, f"{name} byte {at}: {verdict.outcome.name}"
    place = {"state/seal": "seal", "state/key.pub": "", "state/salts": "seq"}.get(name, name.removeprefix("state/log/"))
    assert place in _text(verdict), f"{name} byte {at}: not named in {_text(verdict)}"


def test_an_untouched_mission_holds(finished_mission: Path) -> None:
    verdict = verify_mission(finished_mission)
    assert (verdict.outcome, verdict.findings) == (Outcome.UNANCHORED, ())
    assert verdict.not_checked


@pytest.mark.slow
def test_one_flipped_byte_in_any_published_or_rejected_file_is_found_and_named(finished_copy: Path) -> None:
    names = _files(finished_copy, "out", "rejected")
    assert len(names) > 25
    for name in names:
        size = (finished_copy / name).stat().st_size
        for at in range(0, size, max(50, size // 5)):
            _require_found(finished_copy, name, at, bits=1 << at % 8)
        _require_found(finished_copy, name, size - 1)


@pytest.mark.slow
def test_one_flipped_byte_anywhere_in_the_log_the_seal_and_the_key_is_found(finished_copy: Path) -> None:
    names = [n for n in _files(finished_copy, "state") if n != STORE]
    assert {"state/seal", "state/key.pub", "state/log/checkpoint"} < set(names)
    assert len([n for n in names if "/tile/" in n]) >= 2
    for name in names:
        size = (finished_copy / name).stat().st_size
        step = 3 if size < 300 else max(50, size // 40)
        for at in range(0, size, step):
            _require_found(finished_copy, name, at, bits=1 << at % 8)
        _require_found(finished_copy, name, size - 1)


@pytest.mark.slow
def test_one_flipped_byte_anywhere_in_the_store_is_found(finished_copy: Path) -> None:
    size = (finished_copy / STORE).stat().st_size
    header = list(range(0, 112, 4))
    spread = [n * size // 200 + n % 37 for n in range(200)]
    page_starts = [p * 4096 for p in range(1, size // 4096, 4)]
    for at in sorted({*header, *spread, *page_starts, size - 1}):
        _require_found(finished_copy, STORE, at, bits=1 << at % 8)


@pytest.mark.parametrize("white", [b"\x0b", b" ", b"\r", b"\t"])
def test_white_space_in_the_key_file_is_a_change_too(finished_copy: Path, white: bytes) -> None:
    path = finished_copy / "state" / "key.pub"
    path.write_bytes(path.read_bytes()[:-1] + white)
    assert "state/key.pub" in _text(verify_mission(finished_copy))


def test_a_removed_file_is_named_whichever_it_is(finished_copy: Path) -> None:
    for name in _files(finished_copy, "out", "rejected", "state", "inbox"):
        path = finished_copy / name
        content = path.read_bytes()
        path.unlink()
        try:
            if name in ("state/key.pub", "state/log/checkpoint"):
                with pytest.raises(ProofFailure, match=name):
                    verify_mission(finished_copy)
                continue
            verdict = verify_mission(finished_copy)
            assert verdict.outcome is Outcome.INVALID, name
            assert name.rsplit("/", 1)[1].replace(".json", ".") in _text(verdict), name
        finally:
            path.write_bytes(content)


def test_an_added_file_is_named(finished_copy: Path) -> None:
    for name in ("out/extra.html", "out/daily/2018-12-19/v1/more.csv", "rejected/x.bin", "state/log/tile/0/009"):
        path = finished_copy / name
        path.write_bytes(b"x")
        verdict = verify_mission(finished_copy)
        assert verdict.outcome is Outcome.INVALID, name
        assert name.removeprefix("state/log/") in _text(verdict), name
        path.unlink()


def test_a_link_in_place_of_a_published_file_is_named(finished_copy: Path, tmp_path: Path) -> None:
    page = finished_copy / "out" / "index.html"
    shutil.copyfile(page, tmp_path / "same.html")
    page.unlink()
    page.symlink_to(tmp_path / "same.html")
    assert "out/index.html" in _text(verify_mission(finished_copy))


@pytest.mark.parametrize("left", [0, 0.5, -1])
def test_a_truncated_file_is_named(finished_copy: Path, left: float) -> None:
    names = _files(finished_copy, "out/daily/2018-12-19", "rejected", "state/log/tile")
    for name in [*names, STORE, "state/seal", "state/log/checkpoint"]:
        path = finished_copy / name
        content = path.read_bytes()
        path.write_bytes(content[: int(len(content) * left) if left >= 0 else -1])
        verdict = verify_mission(finished_copy)
        path.write_bytes(content)
        assert verdict.outcome is Outcome.INVALID, name
        assert name.removeprefix("state/log/").removeprefix("state/seal"[:6]) in _text(verdict), name


def _forge(folder: Path, kind: str, change: Callable[[dict[str, Any]], None]) -> int:
    """Edit the first record of a kind as somebody would who knows the store: triggers off, checksum made anew."""
    store = sqlite3.connect(folder / STORE)
    store.row_factory = sqlite3.Row
    triggers = store.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        store.execute(f"DROP TRIGGER {name}")
    row = dict(store.execute("SELECT * FROM record WHERE kind = ? ORDER BY seq LIMIT 1", (kind,)).fetchone())
    seq = int(row["seq"])
    change(row)
    row["crc"] = crc_of([row[name] for name in CHECKED], row["payload"])
    columns = ", ".join(f"{name} = ?" for name in row)
    store.execute(f"UPDATE record SET {columns} WHERE seq = {seq}", tuple(row.values()))
    for _, sql in triggers:
        store.execute(sql)
    store.commit()
    store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    return seq


def _payload(row: dict[str, Any]) -> None:
    row["payload"] = row["payload"].replace(b'"n_rejected":0', b'"n_rejected":9').replace(b'"shot"', b'"fire"')


def _back_date(row: dict[str, Any]) -> None:
    row["received_us"] -= 86_400_000_000


def _rename(row: dict[str, Any]) -> None:
    row["id"] = row["id"][:-1] + "x"


def _refs(row: dict[str, Any]) -> None:
    row["refs"] = "[]"


@pytest.mark.parametrize("kind", ["input", "monitor_report", "incident", "publication"])
@pytest.mark.parametrize("change", [_payload, _back_date, _rename])
def test_a_record_forged_with_its_checksum_is_named(
    finished_copy: Path, kind: str, change: Callable[[dict[str, Any]], None]
) -> None:
    if change is _payload and kind in ("incident", "publication"):
        change = _refs
    seq = _forge(finished_copy, kind, change)
    with open_reading(MissionFolder(finished_copy)) as (_, register):
        register.check()  # the store itself holds the forgery for good: only the log knows
    text = _text(verify_mission(finished_copy))
    assert f"record {seq}" in text or f"seq {seq}" in text or f"entry {seq}" in text, text
    assert STORE in text


def test_a_record_that_was_cut_out_is_named(finished_copy: Path) -> None:
    store = sqlite3.connect(finished_copy / STORE)
    store.execute("DROP TRIGGER record_is_kept")
    (last,) = store.execute("SELECT max(seq) FROM record").fetchone()
    store.execute("DELETE FROM record WHERE seq = ?", (last,))
    store.commit()
    store.close()
    text = _text(verify_mission(finished_copy))
    assert f"{last}" in text.replace(STORE, ""), text
    assert "removed" in text or "missing" in text, text


def test_a_record_that_was_put_in_is_named(finished_copy: Path) -> None:
    with open_workshop(MissionFolder(finished_copy)) as shop:
        n = len(shop.register)
        with shop.register.transaction() as tx:
            tx.append(
                NewRecord(kind="rejection", id="rej-x", payload=b'{"source":"x"}'), at_utc=clock(shop.texts, None)
            )
    text = _text(verify_mission(finished_copy))
    assert f"record {n}" in text or f"seq {n}" in text or "rej-x" in text, text


def test_a_record_withdrawn_or_a_mark_changed_behind_the_logs_back_breaks_the_seal(finished_copy: Path) -> None:
    before = (finished_copy / STORE).read_bytes()
    for statement in (
        "UPDATE record SET current = 0 WHERE kind = 'assessment'",
        "DELETE FROM mark WHERE key = 'understood'",
    ):
        store = sqlite3.connect(finished_copy / STORE)
        assert store.execute(statement).rowcount > 0
        store.commit()
        store.close()
        assert STORE in _text(verify_mission(finished_copy))
        (finished_copy / STORE).write_bytes(before)


def test_a_fire_pixel_that_was_moved_is_found(finished_copy: Path) -> None:
    store = sqlite3.connect(finished_copy / STORE)
    (block, content) = store.execute("SELECT block, content FROM fire_column WHERE name = 'lon_deg'").fetchone()
    forged = content[:-1] + bytes([content[-1] ^ 1])
    assert store.execute(
        "UPDATE fire_column SET content = ? WHERE block = ? AND name = 'lon_deg'", (forged, block)
    ).rowcount
    store.commit()
    store.close()
    assert "fire" in _text(verify_mission(finished_copy))


@pytest.mark.parametrize(
    "name", ["monitors.csv", "fires.csv", "FP3/SCP-00-BNG-5515.wav", "FP3/SCP-00-BNG-5515.json", "weather.csv"]
)
def test_an_altered_input_is_named_and_so_is_an_altered_sidecar(finished_copy: Path, name: str) -> None:
    path = finished_copy / "inbox" / name
    content = path.read_bytes()
    path.write_bytes(content[:-2] + bytes([content[-2] ^ 1]) + content[-1:])
    verdict = verify_mission(finished_copy)
    assert verdict.outcome is Outcome.INVALID
    assert f"inbox/{Path(name).with_suffix('')}" in _text(verdict)


@pytest.mark.parametrize("name", ["mission.toml", "agreement.yaml", "network.yaml", "notified.yaml", "guarantees.yaml"])
def test_an_edited_mission_file_is_named_until_a_run_has_recorded_it(finished_copy: Path, name: str) -> None:
    path = finished_copy / name
    path.write_text(path.read_text(encoding="utf-8") + "\n# edited\n", encoding="utf-8")
    assert name in _text(verify_mission(finished_copy))
    run_mission(finished_copy)
    assert verify_mission(finished_copy).outcome is Outcome.UNANCHORED


@pytest.mark.usefixtures("no_pdf")
def test_an_optional_file_that_was_taken_away_is_named_until_a_run_has_recorded_it(finished_copy: Path) -> None:
    (finished_copy / "notified.yaml").unlink()
    assert "notified.yaml" in _text(verify_mission(finished_copy))
    run_mission(finished_copy)
    assert verify_mission(finished_copy).outcome is Outcome.UNANCHORED


@pytest.mark.usefixtures("no_pdf")
def test_a_log_set_back_to_an_earlier_copy_is_found_by_who_kept_a_checkpoint(tmp_path: Path) -> None:
    folder = make_mission(tmp_path / "m", recordings=False)
    weather = (folder / "inbox" / "weather.csv").read_bytes()
    (folder / "inbox" / "weather.csv").unlink()
    run_mission(folder)
    early = shutil.copytree(folder, tmp_path / "early")
    (folder / "inbox" / "weather.csv").write_bytes(weather)
    run_mission(folder)
    kept = tmp_path / "kept"
    shutil.copyfile(folder / "state" / "log" / "checkpoint", kept)
    assert verify_mission(folder, pinned=kept).outcome is Outcome.CONSISTENT_UNWITNESSED
    assert verify_mission(early).outcome is Outcome.UNANCHORED, "without a checkpoint kept nothing shows it"
    verdict = verify_mission(early, pinned=kept)
    assert verdict.outcome is Outcome.DIVERGED
    assert trucewatch("verify", early, "--pinned", kept).returncode == 30
    (early / "inbox" / "weather.csv").write_bytes(weather.replace(b"-1.5", b"+9.5"))
    run_mission(early)  # it grows again, with another past
    assert verify_mission(early).outcome is Outcome.UNANCHORED
    assert verify_mission(early, pinned=kept).outcome is Outcome.DIVERGED


@pytest.mark.usefixtures("no_pdf")
def test_a_key_known_from_elsewhere_exposes_a_log_that_was_made_anew(finished_mission: Path, tmp_path: Path) -> None:
    real = tmp_path / "real"
    shutil.copytree(finished_mission, real)
    for part in ("state", "out", "rejected"):
        shutil.rmtree(real / part)
    toml = (real / "mission.toml").read_text(encoding="utf-8")
    (real / "mission.toml").write_text(toml.replace("demonstration = true", ""), encoding="utf-8")
    run_mission(real)
    key = (real / "state" / "key.pub").read_text(encoding="utf-8").strip()
    assert (real / "state" / "key").stat().st_mode & 0o077 == 0
    assert verify_mission(real, key=key).outcome is Outcome.UNANCHORED
    shutil.rmtree(real / "state")
    shutil.rmtree(real / "out")
    run_mission(real)
    assert verify_mission(real).outcome is Outcome.UNANCHORED
    assert verify_mission(real, key=key).outcome is Outcome.INVALID


@pytest.mark.parametrize("with_inbox", [True, False])
def test_an_export_can_be_checked_and_a_tampered_one_is_found(
    finished_copy: Path, tmp_path: Path, with_inbox: bool
) -> None:
    target = tmp_path / "export"
    export(MissionFolder(finished_copy), target, with_inbox=with_inbox)
    assert verify_mission(finished_copy).outcome is Outcome.UNANCHORED, "to export changes nothing"
    verdict = verify_mission(target)
    assert (verdict.outcome, verdict.findings) == (Outcome.UNANCHORED, ())
    assert any("raw inputs" in text for text in verdict.not_checked) is not with_inbox
    assert not (target / "state" / "secret").exists()
    assert not (target / "state" / "key").exists()
    for name in ("out/index.html", STORE, "state/salts", "notified.yaml", "state/log/checkpoint"):
        _require_found(target, name, (target / name).stat().st_size // 2)
    for at in range(0, 700, 7):
        _require_found(target, "state/salts", at, bits=1 << at % 8)
    if with_inbox:
        _require_found(target, "inbox/monitors.csv", 300)


@pytest.mark.usefixtures("no_pdf")
def test_an_export_of_a_mission_with_a_key_of_its_own_keeps_the_secrets_at_home(tmp_path: Path) -> None:
    folder = make_mission(tmp_path / "m", recordings=False)
    toml = (folder / "mission.toml").read_text(encoding="utf-8")
    (folder / "mission.toml").write_text(toml.replace("demonstration = true", ""), encoding="utf-8")
    run_mission(folder)
    secrets = [(folder / "state" / name).read_bytes().strip() for name in ("key", "secret")]
    export(MissionFolder(folder), tmp_path / "export", with_inbox=True)
    assert verify_mission(tmp_path / "export").outcome is Outcome.UNANCHORED
    for path in (tmp_path / "export").rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not any(secret in content for secret in secrets), path


@pytest.mark.usefixtures("no_pdf")
@pytest.mark.parametrize("name", ["state/key", "state/secret", "out/index.html", "link.csv", "latin.csv"])
def test_a_gazetteer_that_is_one_of_the_programs_own_files_is_refused(tmp_path: Path, name: str) -> None:
    """A gazetteer goes on record and into exports: named as one, the private key would leave with them."""
    folder = make_mission(tmp_path / "m", recordings=False)
    toml = (folder / "mission.toml").read_text(encoding="utf-8").replace("demonstration = true", "")
    (folder / "mission.toml").write_text(toml, encoding="utf-8")
    run_mission(folder)
    (folder / "link.csv").symlink_to("state/key")
    (folder / "latin.csv").write_bytes("name,lon,lat,population\nÉ,0.2,0,1\n".encode("latin-1"))
    (folder / "mission.toml").write_text(f'names_file = "{name}"\n{toml}', encoding="utf-8")
    with pytest.raises(InvalidMission, match="cannot be read"):
        run_mission(folder)
    with pytest.raises(InvalidMission, match=name):
        export(MissionFolder(folder), tmp_path / "export", with_inbox=False)
    assert not (tmp_path / "export").exists()


@pytest.mark.usefixtures("no_pdf")
def test_a_rejected_input_may_have_any_name_and_is_still_sealed(tmp_path: Path) -> None:
    """Whoever may send an input must not be able to stop the run by its name, nor to hide a line of the seal."""
    folder = make_mission(tmp_path / "m", recordings=False)
    names = ["a\nb.bin", "a\rb.bin", "a\u2028b.bin", "a\x85b.bin", "\x01.bin", "a  b .bin", "100%41.bin", "=знак.bin"]
    for name in names:
        (folder / "inbox" / name).write_bytes(b"junk" + name.encode())
    run_mission(folder)
    verdict = verify_mission(folder)
    assert (verdict.outcome, verdict.findings) == (Outcome.UNANCHORED, ())
    for name in names:
        path = folder / "rejected" / name
        path.write_bytes(b"other")
        assert f"rejected/{name}" in _text(verify_mission(folder))


def test_what_is_no_plain_file_is_named_too(finished_copy: Path, tmp_path: Path) -> None:
    os.mkfifo(finished_copy / "out" / "pipe")
    assert "unexpected: out/pipe" in _text(verify_mission(finished_copy))
    (finished_copy / "out" / "pipe").unlink()
    shutil.move(finished_copy / "out", tmp_path / "elsewhere")
    (finished_copy / "out").symlink_to(tmp_path / "elsewhere")
    assert "unexpected: out:" in _text(verify_mission(finished_copy))


@pytest.mark.parametrize("kind", ["rejection", "publication", "assessment"])
def test_a_record_withdrawn_behind_the_logs_back_is_named_even_after_the_next_run_has_sealed_it(
    finished_copy: Path, kind: str
) -> None:
    store = sqlite3.connect(finished_copy / STORE)
    (seq,) = store.execute("SELECT max(seq) FROM record WHERE kind = ? AND current = 1", (kind,)).fetchone()
    store.execute("UPDATE record SET current = 0 WHERE seq = ?", (seq,))
    store.commit()
    store.close()
    with open_workshop(MissionFolder(finished_copy)) as shop:
        finish(shop)
    verdict = verify_mission(finished_copy)
    assert STORE not in _text(verdict), "the seal has been made anew"
    assert (verdict.outcome, len(verdict.findings)) == (Outcome.INVALID, 1)
    assert f"(seq {seq}): no longer counts" in _text(verdict)


def test_what_is_retired_twice_at_one_moment_is_on_record_twice(finished_copy: Path) -> None:
    """A replayed mission's clock stands still: the second retirement says the same as the first."""
    with open_workshop(MissionFolder(finished_copy)) as shop:
        at_utc = clock(shop.texts, None)
        for _ in range(2):
            with shop.register.transaction() as tx:
                tx.append(NewRecord(kind="weather", id="wea-x", payload=b"{}"), at_utc=at_utc)
            with shop.register.transaction() as tx:
                retire(tx, "weather", "wea-x", why="a test", at_utc=at_utc)
        finish(shop)
    verdict = verify_mission(finished_copy)
    assert (verdict.outcome, verdict.findings) == (Outcome.UNANCHORED, ())


@pytest.mark.usefixtures("no_pdf")
def test_no_mark_keeps_an_input_from_being_taken_in(tmp_path: Path) -> None:
    """What is on record as taken in was; what the store merely remembers as such may have been planted."""
    folder = make_mission(tmp_path / "m", recordings=False)
    with open_workshop(MissionFolder(folder)) as shop:
        for path in shop.inbox.paths():
            with shop.register.transaction() as tx:
                tx.mark(f"input:{identify(shop.inbox, path, None).id}", path)
        finish(shop)
    summary = run_mission(folder)
    assert summary.intake.n_new == summary.intake.n_files > 0


@pytest.mark.usefixtures("no_pdf")
def test_what_no_record_commits_to_is_made_anew_or_said(tmp_path: Path) -> None:
    folder = make_mission(tmp_path / "m", recordings=False)
    run_mission(folder)
    index = folder / "out" / "index.html"
    original = index.read_bytes()
    index.write_bytes(original.replace(b"<html", b"<html data-x"))
    (folder / "out" / "extra\nUNANCHORED.html").write_bytes(b"not a publication")
    run_mission(folder)  # seals what lies there
    assert index.read_bytes() == original
    verdict = verify_mission(folder)
    assert verdict.outcome is Outcome.UNANCHORED
    assert [t for t in verdict.not_checked if t.startswith("out/")] == [
        "out/extra\nUNANCHORED.html: no publication record names it"
    ]
    said = trucewatch("verify", folder).stdout
    assert "out/extra\\nUNANCHORED.html" in said
    assert UNKNOWN_KEY in said
    assert (
        UNKNOWN_KEY not in trucewatch("verify", folder, "--key", (folder / "state/key.pub").read_text().strip()).stdout
    )


@pytest.mark.usefixtures("no_pdf")
def test_a_mission_goes_on_with_its_own_key_and_secret_or_not_at_all(tmp_path: Path) -> None:
    folder = make_mission(tmp_path / "m", recordings=False)
    toml = (folder / "mission.toml").read_text(encoding="utf-8")
    own = toml.replace("demonstration = true", "")
    (folder / "mission.toml").write_text(own, encoding="utf-8")
    state = folder / "state"
    state.mkdir()
    (state / "secret").write_text("ab" * 32 + "\n")  # as a run leaves it that is stopped before it has made the key
    run_mission(folder)
    assert (state / "secret").read_text() == "ab" * 32 + "\n"
    for name in ("key", "secret"):
        kept = (state / name).read_bytes()
        (state / name).unlink()
        with pytest.raises(TrucewatchError, match="put it back"):
            run_mission(folder)
        assert not (state / name).exists(), "no other takes its place"
        (state / name).write_bytes(kept)
    public = (state / "key.pub").read_bytes()
    (folder / "mission.toml").write_text(toml, encoding="utf-8")  # the key that anyone can make
    with pytest.raises(EvidenceError, match="no signature"):
        run_mission(folder)
    assert (state / "key.pub").read_bytes() == public
    (folder / "mission.toml").write_text(own, encoding="utf-8")
    assert verify_mission(folder).outcome is Outcome.UNANCHORED


@pytest.mark.usefixtures("no_pdf")
def test_the_last_byte_of_an_overlong_sidecar_is_held_to_its_record_too(tmp_path: Path) -> None:
    folder = make_mission(tmp_path / "m")
    sidecar = folder / "inbox" / "FP3" / "SCP-00-BNG-5515.json"
    sidecar.write_bytes(sidecar.read_bytes() + b" " * MAX_SIDECAR_BYTES)
    run_mission(folder)
    assert verify_mission(folder).outcome is Outcome.UNANCHORED
    sidecar.write_bytes(sidecar.read_bytes()[:-1] + b"x")
    assert "inbox/FP3/SCP-00-BNG-5515" in _text(verify_mission(folder))
