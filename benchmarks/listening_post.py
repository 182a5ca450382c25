"""A node beside a microphone: how much of one core, how much memory, how many bytes, for hours of sound.

    python benchmarks/listening_post.py [--minutes N]

Street noise of a live-fire recording (12 kHz) is looped, with one shot a minute, through `trucewatch listen` on
standard input, as a process of its own. Prints one JSON line.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
import wave
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parent.parent
MISSION = ROOT / "missions" / "live-fire"
RATE_HZ = 12_000


def minute_of_sound() -> bytes:
    """Return a minute: the seconds before the first shot over and over, and the shot itself once."""
    path = sorted((MISSION / "inbox").rglob("*.wav"))[0]
    with wave.open(str(path)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    loud = int(np.argmax(np.abs(samples.astype(np.int32))))
    quiet = samples[: max(RATE_HZ, loud - RATE_HZ)]
    minute = np.resize(np.concatenate((quiet, quiet[::-1])), 60 * RATE_HZ).copy()
    shot = samples[loud - RATE_HZ // 10 : loud + RATE_HZ]
    minute[30 * RATE_HZ : 30 * RATE_HZ + shot.size] = shot
    return minute.tobytes()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=60)
    minutes = parser.parse_args().minutes
    sound = minute_of_sound()
    network = (MISSION / "network.yaml").read_text(encoding="utf-8")
    sensor = re.search(r"id: (\S+)", network)[1]
    code = "from trucewatch.cli import main; main()"
    with tempfile.TemporaryDirectory() as folder:
        options = ["--sensor", sensor, "--form", "s16le", "--rate", str(RATE_HZ), "--out", folder, "--json"]
        start = ["--start", "2018-12-19T00:00:00Z"]
        command = [sys.executable, "-c", code, "listen", str(MISSION), *options, *start]
        began = time.perf_counter()
        node = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(minutes):
            node.stdin.write(sound)
        said = json.loads(node.communicate()[0])["listened"]
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = used.ru_utime + used.ru_stime
    print(
        json.dumps(
            {
                "figure": "listening_post",
                "minutes": minutes,
                "share_of_one_core": round(cpu_s / (60.0 * minutes), 4),
                "times_real_time": round(60.0 * minutes / (time.perf_counter() - began), 1),
                "peak_memory_mb": round(used.ru_maxrss / 1024),
                "n_detections": said["n_detections"],
                "bytes_out_an_hour": round(said["n_bytes_out"] / minutes * 60),
                "share_of_sound": round(said["n_bytes_out"] / said["n_bytes_in"], 5),
            },
            sort_keys=True,
        )
    )


if __name__ == "__main__":
    main()
