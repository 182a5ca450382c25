"""The record of claims by sort: simulated days for tuning, and the curves that `fuse/record_table.py` holds.

    python benchmarks/record.py FILE [--minutes 10] [--first-seed 1000] [--preset NAME ...]
    python benchmarks/record.py FILE [FILE ...] --write

The first form adds days to FILE, one a line with its claims: sort, sum of log-odds before any record, whether it stood
for a true incident of its own. Seeds from 1000 to 9999 only: those from 10000 on are for reported scores. The second
form makes the table of all that the files hold.

In each band of sums a sort's share is drawn towards that of all sorts by the worth of four claims; shares that fall
with the sum are pooled until they do not (isotonic regression).
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from calibration import SHORT, detections

from trucewatch.fuse import FuseSettings
from trucewatch.fuse.assemble import each_by_itself, trusted
from trucewatch.fuse.existence import log_odds
from trucewatch.fuse.owner_doubt import doubted
from trucewatch.fuse.record import BESIDE, OTHERS, told_beside
from trucewatch.fuse.region_record import group_of, heard_from_m
from trucewatch.model.score import ScoreSettings
from trucewatch.simulate import PRESETS, claim_of, preset_of, theatre_day
from trucewatch.simulate.score_columns import claim_columns, event_columns
from trucewatch.simulate.score_matching import match
from trucewatch.simulate.score_pairs import radius2

TABLE = Path(__file__).parents[1] / "src/trucewatch/fuse/record_table.py"
REGIONS = TABLE.with_name("region_table.py")
FIRST, LAST = 1_000, 9_999
BANDS = ((-math.inf, 0.0), (0.0, 3.0), (3.0, 7.0), (7.0, math.inf))
FULL = 10.0
"""largest sum that the share of the last band is set at"""
WORTH = 4.0
"""claims that the share of all sorts is worth in a band"""
BESIDE_USUAL = 0.4
"""the same share for claims beside a surer one, of which less is expected"""
FEWEST = 8
"""claims that a sort needs for a curve of its own"""
LEVEL = 0.95
REGIONS_HEAD = '''"""Made by `benchmarks/record.py`: regions of each group that were looked at, and what widens them."""

WIDENED: dict[str, tuple[int, float]] = {
'''
HEAD = '''"""The record of claims by sort: how many there were on simulated days, how many were right, and the curve.

Made by `benchmarks/record.py` of {days} days under wider laws, with seeds that no reported score uses: {claims} claims
with a place. A claim was right where it stood for a true incident of its own.
"""

RECORDED: dict[str, tuple[int, int, tuple[float, ...], tuple[float, ...]]] = {{
'''


def main() -> None:
    arguments = parsed()
    if arguments.write:
        days = [json.loads(line) for file in arguments.files for line in file.open(encoding="utf-8")]
        TABLE.write_text(table(days), encoding="utf-8")
        REGIONS.write_text(regions(days), encoding="utf-8")
        return
    end = time.monotonic() + 60 * arguments.minutes
    names = arguments.preset or list(PRESETS)
    for seed, name in zip(range(arguments.first_seed, LAST + 1), itertools.cycle(names), strict=False):
        if time.monotonic() > end:
            return
        made = one_day(name, seed)
        with arguments.files[0].open("a", encoding="utf-8") as out:
            out.write(json.dumps(made) + "\n")
        print(name, seed, len(made["claims"]), flush=True)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--first-seed", type=int, default=FIRST, choices=range(FIRST, LAST), metavar="SEED")
    parser.add_argument("--preset", action="append", choices=list(PRESETS))
    parser.add_argument("--write", action="store_true")
    return parser.parse_args()


def one_day(name: str, seed: int) -> dict[str, object]:
    plan = preset_of(name)
    day = theatre_day(replace(plan, hours=SHORT.get(name, plan.hours)), seed, 1.0)
    settings = FuseSettings()
    skies = tuple(sorted(day.weather, key=lambda w: (w.time_utc, w.id)))
    apart = each_by_itself(trusted(list(detections(day)), day.network), day.network, skies, settings)
    incidents = doubted([a.incident for a in apart], settings)
    sorts = told_beside(incidents, [a.sort for a in apart])
    claims = [claim_of(i) for i in incidents]
    used = ScoreSettings()
    columns = claim_columns(claims, used.claimed)
    matching = match(event_columns(day.truth), columns, used)
    right = {c.id: bool(pair >= 0) for c, pair in zip(columns.claims, matching.pair_of_claim, strict=True)}
    off2 = {
        columns.claims[c].id: round(float(matching.pairs.region2[pair]), 3)
        for c, pair in enumerate(matching.pair_of_claim)
        if pair >= 0 and columns.counts[c]
    }
    rows = [
        (sort, round(log_odds(i.p_exists), 3), right[i.id])
        for i, sort in zip(incidents, sorts, strict=True)
        if i.id in right
    ]
    regions = [
        (group, round(heard_from_m(i, day.network) or 0.0), off2[i.id])
        for i in incidents
        if i.id in off2 and (group := group_of(i, day.network))
    ]
    return {"preset": name, "seed": seed, "claims": rows, "regions": regions}


def table(days: Sequence[dict[str, object]]) -> str:
    """Return the text of the table."""
    claims = [(sort, float(total), bool(right)) for day in days for sort, total, right in day["claims"]]  # type: ignore[attr-defined]
    sorts = sorted({sort for sort, _, _ in claims})
    n_claims, rows = len(claims), {}
    claims += [(OTHERS, total, right) for sort, total, right in claims if sort != BESIDE]
    for sort in (*sorts, OTHERS):
        own = [(total, right) for s, total, right in claims if s == sort]
        if len(own) < FEWEST:
            continue
        at, right = zip(*curve(sort, own, claims), strict=True)
        rows[sort] = (len(own), sum(r for _, r in own), at, right)
    lines = [f'    "{sort}": ({n}, {n_right}, {at}, {right}),\n' for sort, (n, n_right, at, right) in rows.items()]
    return HEAD.format(days=len(days), claims=n_claims) + "".join(lines) + "}\n"


def regions(days: Sequence[dict[str, object]]) -> str:
    """Return the text of the table of regions: how much wider those of a group have to be to hold 95 per cent."""
    rows = [(group, off2) for day in days for group, _, off2 in day.get("regions", ())]  # type: ignore[attr-defined]
    lines = []
    for group in sorted({g for g, _ in rows}):
        own = [off2 for g, off2 in rows if g == group]
        factor = max(1.0, math.sqrt(float(np.quantile(own, LEVEL)) / radius2(LEVEL)))
        lines.append(f'    "{group}": ({len(own)}, {factor:.2f}),\n')
    return REGIONS_HEAD + "".join(lines) + "}\n"


def curve(
    sort: str, own: Sequence[tuple[float, bool]], every: Sequence[tuple[str, float, bool]]
) -> Iterator[tuple[float, float]]:
    """Yield the knots of a curve: sum, log-odds of being right."""
    knots = list[tuple[float, float, float]]()
    for low, high in BANDS:
        inside = [(total, right) for total, right in own if low <= total < high]
        if not inside:
            continue
        others = [right for s, total, right in every if low <= total < high and s == OTHERS]
        usual = BESIDE_USUAL if sort == BESIDE else (sum(others) + 1) / (len(others) + 2)
        n, n_right = len(inside), sum(right for _, right in inside)
        # No surer than so many claims can show, however well other sorts fare.
        share = min((n_right + WORTH * usual) / (n + WORTH), (n_right + 0.5) / (n + 1.0))
        # Sums of the last band pile up where they are held; its share holds from where it begins to fill.
        at = [t for t, _ in inside]
        middle = min(FULL, float(np.quantile(at, 0.1))) if math.isinf(high) else float(np.median(at))
        knots.append((middle, share, n + WORTH))
    for at, share in zip((at for at, _, _ in knots), rising([(p, w) for _, p, w in knots]), strict=True):
        yield round(at, 2), round(math.log(share / (1.0 - share)), 3)


def rising(shares: Sequence[tuple[float, float]]) -> list[float]:
    """Return shares with their weights pooled until none is below the one before."""
    blocks = list[tuple[float, float, int]]()
    for share, weight in shares:
        blocks.append((share, weight, 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (a, v, m), (b, w, n) = blocks[-2:]
            blocks[-2:] = [((a * v + b * w) / (v + w), v + w, m + n)]
    return [share for share, _, n in blocks for _ in range(n)]


if __name__ == "__main__":
    main()
