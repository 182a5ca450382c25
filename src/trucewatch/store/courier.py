"""Carries batches from a node's folder to the centre: in order, each until it was taken, and never twice by mistake."""

from __future__ import annotations

import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from trucewatch.store.errors import StoreError

PAUSE_S = 1.0
"""between two looks at the folder"""
LONGEST_PAUSE_S = 300.0
"""a centre that does not answer is asked again after 1, 2, 4 ... seconds, at most this"""
TIMEOUT_S = 20.0
SENT = "sent"
REFUSED = "refused"
KEPT_CODES = frozenset({408, 425, 429})
"""answers below 500 after which a batch is tried again"""


@dataclass(slots=True, kw_only=True)
class CourierSummary:
    """What was carried."""

    n_sent: int = 0
    n_refused: int = 0
    last_failure: str = ""


class Courier:
    """Watches a folder of batches and posts each to the centre.

    A batch that was taken moves to `sent/`, one that the centre refuses for good to `refused/` with its reason beside
    it; what is left is tried again. The centre knows a batch by its name and bytes, so one that is sent again because
    an answer was lost counts once.
    """

    def __init__(self, folder: Path, url: str, say: Callable[[str], None]) -> None:
        """Prepare to carry.

        Args:
            folder: where batches (`*.edge`) are written, at any depth.
            url: of the centre, as `trucewatch receive` prints it.
            say: takes a line when something goes wrong, or right again.

        Raises:
            StoreError: the address is none of http or https.
        """
        if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
            raise StoreError(f"{url!r}: expected an address that starts with http:// or https://")
        self._folder, self._url, self._say = folder, url.rstrip("/"), say
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self.summary = CourierSummary()

    def start(self) -> None:
        """Begin to carry beside the work that makes batches."""
        self._thread = threading.Thread(target=self._work, name="courier", daemon=True)
        self._thread.start()

    def end(self) -> CourierSummary:
        """Try everything that is left once more, and stop."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
        self.carry()
        return self.summary

    def carry(self) -> bool:
        """Post every waiting batch in order of name; stops at the first that the centre could not take now."""
        return all(self._post(path) for path in self._waiting())

    def _waiting(self) -> list[Path]:
        found = (p.relative_to(self._folder) for p in self._folder.rglob("*.edge"))
        return sorted(p for p in found if p.parts[0] not in (SENT, REFUSED))

    def _work(self) -> None:
        pause_s = PAUSE_S
        while not self._ended.wait(pause_s):
            pause_s = PAUSE_S if self.carry() else min(2.0 * pause_s, LONGEST_PAUSE_S)

    def _post(self, path: Path) -> bool:
        address = f"{self._url}/{urllib.parse.quote(path.as_posix())}"
        request = urllib.request.Request(address, data=(self._folder / path).read_bytes(), method="PUT")  # noqa: S310
        request.add_header("Content-Type", "text/plain; charset=utf-8")
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S):  # noqa: S310 - the scheme was looked at
                self._move(path, SENT)
        except urllib.error.HTTPError as error:
            said = error.read(2_000).decode("utf-8", "replace")
            if error.code >= 500 or error.code in KEPT_CODES:
                return self._failed(f"{error.code} {said}")
            self._refused(path, f"{error.code} {said}")
        except OSError as error:
            return self._failed(str(error))
        if self.summary.last_failure:
            self._say(f"{self._url} answers again")
            self.summary.last_failure = ""
        return True

    def _failed(self, why: str) -> bool:
        if why != self.summary.last_failure:
            self._say(f"{self._url}: {why}; the batches stay here and are tried again")
        self.summary.last_failure = why
        return False

    def _refused(self, path: Path, why: str) -> None:
        self._say(f"{path}: refused: {why}")
        kept = self._move(path, REFUSED)
        kept.with_name(kept.name + ".reason.txt").write_text(why + "\n", encoding="utf-8")

    def _move(self, path: Path, part: str) -> Path:
        target = self._folder / part / path
        target.parent.mkdir(parents=True, exist_ok=True)
        (self._folder / path).replace(target)
        if part == SENT:
            self.summary.n_sent += 1
        else:
            self.summary.n_refused += 1
        return target
