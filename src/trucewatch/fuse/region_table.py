"""Made by `benchmarks/record.py`: regions of each group that were looked at, and what widens them."""

WIDENED: dict[str, tuple[int, float]] = {
    "bursts": (126, 1.48),
    "one bang": (501, 1.11),
    "several bangs": (425, 1.35),
    "shots": (338, 1.27),
}
