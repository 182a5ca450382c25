"""What a run costs that takes in one late detection of a mission of ten days, beside the first run over all of it.

    python benchmarks/late_data.py [--days 10] [--seed 31]

Twenty simulated nodes; the mission is understood whole, then once more without anything new, then with one onset that
came days late; at last all of it is fused anew by one process and by two. What stands has to be the same bytes.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

from trucewatch.detect.reports import from_pulse
from trucewatch.fuse import FuseSettings
from trucewatch.model.wire import to_bytes
from trucewatch.service.fusing import Fused, fuse_changed, works
from trucewatch.simulate import Scenario, simulate

SETTINGS = FuseSettings()


def timed(what: str, work: Callable[[], Fused]) -> Fused:
    """Do something and print what it took."""
    start, cpu = time.perf_counter(), time.process_time()
    done = work()
    took, cpu = time.perf_counter() - start, time.process_time() - cpu
    print(f"{what}: {done.n_fused} of {done.n_stretches} half days, {took:.1f} s ({cpu:.1f} s of CPU here)", flush=True)
    return done


def main() -> None:
    """Print what each run takes."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--days", type=float, default=10.0)
    options.add_argument("--seed", type=int, default=31)
    given = options.parse_args()
    day = simulate(Scenario(hours=24.0 * given.days, n_events=round(12 * given.days)), given.seed)
    everything = [from_pulse(p, day.network.sensor(p.sensor_id)) for p in day.pulses]
    late = everything[len(everything) // 2]
    before = [d for d in everything if d is not late]
    marks = dict[str, str]()

    def run(detections: list, previous: tuple, processes: int = 1) -> Fused:
        todo = works(detections, day.network, day.weather, SETTINGS, None)
        return fuse_changed(todo, previous, marks.get, SETTINGS, None, processes)

    print(f"{given.days:g} days, {len(everything)} onsets of {len(day.network.sensors)} nodes")
    first = timed("first run", lambda: run(before, ()))
    marks |= first.marks
    timed("nothing new", lambda: run(before, first.fresh))
    second = timed("one late onset", lambda: run(everything, first.fresh))
    marks.clear()
    whole = timed("all anew", lambda: run(everything, ()))
    shared = timed("all anew, two processes", lambda: run(everything, (), 2))
    stands = sorted(map(to_bytes, (*second.kept, *second.fresh)))
    assert stands == sorted(map(to_bytes, whole.fresh)) == sorted(map(to_bytes, shared.fresh))
    print(f"the same {len(stands)} incidents, byte for byte")


if __name__ == "__main__":
    main()
