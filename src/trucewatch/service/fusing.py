"""Fusion stretch by stretch: what it takes, whether that changed, and the work, in one process or several.

Of a long line with many onsets a stretch is worked on piece by piece, so that processes share it as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from multiprocessing import get_context

from trucewatch import __version__
from trucewatch.fuse import METHOD, Classifier, FuseSettings
from trucewatch.fuse.assemble import Apart
from trucewatch.fuse.line_pieces import Piece
from trucewatch.fuse.long_line import fuse_long_line
from trucewatch.fuse.stretches import SLOW, Stretch, instrumental, own, span_of, stretches, without_joined
from trucewatch.model.detection import Detection, DetectionKind
from trucewatch.model.ids import content_id
from trucewatch.model.incident import Incident
from trucewatch.model.instant import Interval, utc_from_timestamp
from trucewatch.model.network import Network
from trucewatch.model.observation import Weather
from trucewatch.model.wire import to_bytes
from trucewatch.service.listening import during

Marked = Callable[[str], str | None]
"""what was remembered under a key"""
STRETCHES = "stretches"
"""mark that lists the numbers of all stretches that were fused"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A stretch with all that its incidents depend on."""

    stretch: Stretch
    network: Network
    weather: tuple[Weather, ...]
    key: str
    """changes with anything of it"""

    @property
    def label(self) -> str:
        """The mark under which its key is remembered."""
        return label_of(self.stretch.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fused:
    """What was fused anew, and what stands as it was."""

    fresh: tuple[Incident, ...]
    """at revision 1"""
    kept: tuple[Incident, ...]
    stale: tuple[Incident, ...]
    """of before, in whose place the fresh ones come"""
    marks: dict[str, str]
    """to be remembered with them"""
    n_fused: int
    n_stretches: int


def label_of(number: int) -> str:
    """Return the mark under which the key of a stretch is remembered."""
    return f"stretch:{number}"


def works(
    detections: Sequence[Detection],
    network: Network,
    weather: Sequence[Weather],
    settings: FuseSettings,
    classifier: Classifier | None,
) -> tuple[Work, ...]:
    """Return what there is to fuse, by time."""
    skies = sorted(weather, key=lambda w: (w.time_utc, w.id))
    rules = content_id(
        "rul", to_bytes((__version__, METHOD, settings, None if classifier is None else classifier.name))
    )
    return tuple(_work(s, network, skies, rules) for s in stretches(detections, settings))


def _work(stretch: Stretch, network: Network, skies: Sequence[Weather], rules: str) -> Work:
    first, last = (utc_from_timestamp(float(s)) for s in span_of(stretch))
    known = during(network, Interval(start_utc=first, end_utc=last))
    before = [w for w in skies if w.time_utc < first][-1:]
    within = [w for w in skies if first <= w.time_utc < last]
    # Before the first report the first one holds.
    weather = tuple([*before, *within] or skies[:1])
    basis = (rules, stretch.start_s, stretch.end_s, [d.id for d in stretch.detections], known, weather)
    return Work(stretch=stretch, network=known, weather=weather, key=content_id("str", to_bytes(basis)))


def fuse_changed(
    todo: Sequence[Work],
    previous: Sequence[Incident],
    marked: Marked,
    settings: FuseSettings,
    classifier: Classifier | None,
    processes: int = 1,
) -> Fused:
    """Fuse the stretches that changed since they were fused last; what others gave stands.

    A stretch is fused again too where something that speaks for hours or days (a report, a fire) came to belong to an
    event of another stretch, or no longer does.
    """
    kinds = {d.id: d.kind for w in todo for d in w.stretch.detections}
    before = {w.label: (marked(w.label) or "").partition(" ") for w in todo}
    given = {w.label: _of(w.stretch, previous) for w in todo if before[w.label][0] == w.key}
    changed = [w for w in todo if w.label not in given]
    done = dict(zip((w.label for w in changed), run_all(changed, settings, classifier, processes), strict=True))
    elsewhere = _elsewhere(todo, {**given, **done}, kinds)
    again = [w for w in todo if w.label in given and before[w.label][2] != _key(elsewhere[w.label])]
    done |= dict(zip((w.label for w in again), run_all(again, settings, classifier, processes), strict=True))
    kept = tuple(i for w in todo if w.label not in done for i in given[w.label])
    standing = {i.id for i in kept}
    numbers = {str(w.stretch.number) for w in todo}
    gone = set((marked(STRETCHES) or "").split()) - numbers
    return Fused(
        fresh=tuple(i for w in todo if w.label in done for i in without_joined(done[w.label], elsewhere[w.label])),
        kept=kept,
        stale=tuple(i for i in previous if i.id not in standing),
        marks={w.label: f"{w.key} {_key(elsewhere[w.label])}" for w in todo if w.label in done}
        | {label_of(int(n)): "" for n in gone}
        | {STRETCHES: " ".join(sorted(numbers, key=int))},
        n_fused=len(done),
        n_stretches=len(todo),
    )


def run_all(
    todo: Sequence[Work], settings: FuseSettings, classifier: Classifier | None, processes: int = 1
) -> list[tuple[Incident, ...]]:
    """Fuse stretches, each by itself, in as many processes; how many changes no byte.

    Where there are more processes than stretches, those share a long line out among them, piece by piece.
    """
    if processes <= 1 or len(todo) <= 1:
        return [fuse_one(work, settings, classifier, processes) for work in todo]
    each = processes // len(todo)
    with _pool(min(processes, len(todo))) as pool:
        return list(pool.map(fuse_one, todo, repeat(settings), repeat(classifier), repeat(each)))


def fuse_one(
    work: Work, settings: FuseSettings, classifier: Classifier | None, processes: int = 1
) -> tuple[Incident, ...]:
    """Return the incidents of one stretch, at revision 1; processes share the pieces of a long line."""
    found = fuse_long_line(
        work.stretch.detections,
        work.network,
        work.weather,
        settings,
        classifier,
        partial(_shared, processes),
    )
    return own(work.stretch, found)


def _shared(processes: int, work: Callable[[Piece], list[Apart]], pieces: Sequence[Piece]) -> list[list[Apart]]:
    if processes <= 1 or len(pieces) <= 1:
        return [work(piece) for piece in pieces]
    with _pool(min(processes, len(pieces))) as pool:
        return list(pool.map(work, pieces))


def _pool(processes: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(processes, mp_context=get_context("spawn"))


def _of(stretch: Stretch, incidents: Iterable[Incident]) -> tuple[Incident, ...]:
    return tuple(i for i in incidents if stretch.has(i.time.utc.timestamp()))


def _elsewhere(
    todo: Sequence[Work], found: Mapping[str, tuple[Incident, ...]], kinds: Mapping[str, DetectionKind]
) -> dict[str, frozenset[str]]:
    """Return, for each stretch, which of its slow detections belong to what was heard in another one."""
    heard = {label: instrumental(incidents, kinds) for label, incidents in found.items()}
    slow = {w.label: frozenset(d.id for d in w.stretch.detections if d.kind in SLOW) for w in todo}
    return {
        label: frozenset(i for other, ids in heard.items() if other != label for i in ids & mine)
        for label, mine in slow.items()
    }


def _key(ids: frozenset[str]) -> str:
    return content_id("els", "\n".join(sorted(ids)).encode())
