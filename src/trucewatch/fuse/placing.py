"""Where a salvo's place is: its sharpest round's, or what covers its path, all places that fit, or a bullet's line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.evidence import Evidence
from trucewatch.fuse.impulse import Located, Scene
from trucewatch.fuse.locate import Arrivals, is_point
from trucewatch.fuse.mirror import Modes, modes
from trucewatch.fuse.onsets import arrivals_of
from trucewatch.fuse.path import along_path, at_offset, covering, length_m, moved, offsets
from trucewatch.fuse.place_density import Prior, density, spread
from trucewatch.fuse.scatter import centre, usual_scatter_m
from trucewatch.fuse.supersonic import Shot
from trucewatch.geo.ellipse import error_ellipse
from trucewatch.model.incident import PlaceMode
from trucewatch.model.place import Place

FloatArray = NDArray[np.float64]
_MOST_SILENT = 8
"""nearest silent sensors that are asked what they would have heard, were it elsewhere"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """A salvo's place, and how it came about."""

    place: Place
    modes: tuple[PlaceMode, ...] = ()
    """where several places fit"""
    method: str = ""
    """what is to be added to the method in words"""
    sentences: tuple[str, ...] = ()
    later_s: float = 0.0
    """how much later than the fixes say it was, by the whole of where it may have been"""
    sigma_s: float = 0.0
    """error of that"""


def placing(
    scene: Scene, run: Sequence[Located], best: Located, doubtful: Sequence[bool], proof: Evidence, bullet: Shot | None
) -> Placing:
    """Return where a salvo was.

    Args:
        scene: onsets, air and settings.
        run: its rounds.
        best: the sharpest of them.
        doubtful: which may be images of another.
        proof: of its surest round, for who was silent.
        bullet: what its shock waves say, if any were heard.
    """
    rounds = [r for r, d in zip(run, doubtful, strict=True) if not d]
    off = offsets([r[2] for r in rounds])
    if moved(off, np.stack([r[1].scatter_m2[:2, :2] for r in rounds])):
        if not along_path(off, np.array([r[3] for r in rounds])):
            return _scattered(rounds, usual_scatter_m(scene, proof))
        centre, covariance = covering(off, best[2].covariance_m2)
        along = f"its rounds lie on a path of {length_m(off):.0f} m, which the place covers: no point fired them all"
        place = at_offset(rounds[0][2], centre, covariance)
        return Placing(place=place, method=", a path of rounds", sentences=(along,))
    found = _wherever(scene, best, proof)
    if bullet is None or bullet.xy_m is None or bullet.covariance_m2 is None:
        return found
    return replace(found, place=_in_frame(best, bullet.xy_m, bullet.covariance_m2), modes=())


def _scattered(rounds: Sequence[Located], usual_m: float) -> Placing:
    """Return the middle of rounds that fell apart."""
    place, scatter_m = centre([r[2] for r in rounds], usual_m)
    said = f"its rounds fell apart, by {scatter_m:.0f} m on one axis; the place is their middle, with its error"
    return Placing(place=place, method=", the middle of rounds that fell apart", sentences=(said,))


def _wherever(scene: Scene, best: Located, proof: Evidence) -> Placing:
    """Return the place of a round, all places that fit taken together.

    One whose arrivals say next to nothing of a place stays as it is: what they do not say, loudness does not either.
    """
    impulse, fix, place, _ = best
    arrivals, air = arrivals_of(scene.onsets, impulse.members, impulse.frame), scene.air_of(impulse)
    several = modes(arrivals, air, scene.settings, fix)
    region_m2 = fix.covariance_m2 if several is None else several.covariance_m2
    nowhere = error_ellipse(fix.covariance_m2, 0.95).semi_major_m > scene.settings.max_region_m
    if nowhere or is_point(region_m2):
        return Placing(place=place) if several is None else _stated(best, several)
    loud_db, prior = scene.onsets.alike_db(impulse.members), _hearing(scene, best, arrivals, proof)
    cells = density(arrivals, air, scene.settings, loud_db, prior)
    time_s, sigma_s = cells.moment()
    stated = _stated(best, spread(cells, scene.settings))
    return replace(stated, later_s=time_s - fix.time_s, sigma_s=sigma_s)


def _stated(best: Located, several: Modes) -> Placing:
    place = _in_frame(best, several.mean_m, several.covariance_m2)
    if len(several.weight) == 1:
        return Placing(place=place, sentences=(_STRIP,))
    parts = zip(several.xy_m, several.each_m2, several.weight.tolist(), strict=True)
    stated = tuple(PlaceMode(place=_in_frame(best, xy, c), p=p) for xy, c, p in parts)
    return Placing(place=place, modes=stated, method="; several places fit", sentences=(several.sentence(),))


_STRIP = "its sensors leave a wide stretch of ground; the region holds 90 per cent of it, by time, loudness and hearing"


def _in_frame(best: Located, xy_m: FloatArray, covariance_m2: FloatArray) -> Place:
    lon, lat, _ = best[0].frame.to_geographic(np.array([*xy_m, 0.0]))
    return at_offset(replace(best[2], lon_deg=float(lon), lat_deg=float(lat)), np.zeros(2), covariance_m2)


def _hearing(scene: Scene, best: Located, arrivals: Arrivals, proof: Evidence) -> Prior:
    """Return how likely those that heard it would hear it from elsewhere, and the nearest silent ones would not."""
    ears, settings, at_s = scene.ears, scene.settings, best[3]
    heard = ears.of_station[scene.onsets.station[list(best[0].members)]]
    number = {sensor.id: n for n, sensor in enumerate(ears.sensors)}
    order = np.argsort(proof.hearing.away_m, kind="stable")
    silent = [number[proof.hearing.names[i]] for i in order if proof.hearing.listened[i]][:_MOST_SILENT]
    quiet = np.array(silent, dtype=np.int64)
    lon, lat = ears.lon_deg[quiet], ears.lat_deg[quiet]
    where_m = np.concatenate((arrivals.xy_m, np.asarray(best[0].frame.to_enu(lon, lat))[..., :2].reshape(-1, 2)))
    which, n = np.concatenate((heard, quiet)), len(heard)
    weights = np.array([w for _, w in settings.size_weights])

    def log_p(cells: FloatArray) -> FloatArray:
        off = where_m - cells[:, None]
        away, toward = np.hypot(off[..., 0], off[..., 1]), np.degrees(np.arctan2(off[..., 0], off[..., 1])) % 360.0
        asked = (np.tile(which, len(cells)), away.ravel(), toward.ravel())
        p = ears.p_hear(*asked, scene.size_names, scene.weather_at(at_s), at_s).reshape(len(weights), len(cells), -1)
        each = p[..., :n].prod(axis=-1) * (1.0 - settings.silence_cap * p[..., n:]).prod(axis=-1)
        return np.asarray(np.log(weights @ each + 1e-12), dtype=np.float64)

    return log_p
