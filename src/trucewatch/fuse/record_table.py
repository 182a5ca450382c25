"""The record of claims by sort: how many there were on simulated days, how many were right, and the curve.

Made by `benchmarks/record.py` of 49 days under wider laws, with seeds that no reported score uses: 3190 claims
with a place. A claim was right where it stood for a true incident of its own.
"""

RECORDED: dict[str, tuple[int, int, tuple[float, ...], tuple[float, ...]]] = {
    "arrivals at 4 or more": (231, 220, (-1.35, 1.34, 4.94, 8.93), (1.171, 1.665, 1.873, 4.205)),
    "arrivals at 6 or more": (362, 348, (-1.29, 1.67, 4.92, 10.0), (1.185, 1.421, 1.648, 4.004)),
    "arrivals at 9 or more": (1748, 1707, (-3.37, 1.71, 4.46, 10.0), (0.08, 0.08, 0.08, 3.926)),
    "arrivals at fewer than 4": (72, 36, (-1.7, 1.78, 4.45, 8.1), (-2.241, 0.547, 0.802, 1.526)),
    "beside a surer one": (287, 144, (-1.04, 1.35, 4.6, 10.0), (-3.807, -1.133, -0.847, 0.515)),
    "change": (20, 15, (-1.15, 1.62), (0.718, 1.099)),
    "fire": (88, 88, (2.0,), (4.543,)),
    "flash and sounds at 2 or more": (138, 104, (-1.37, 1.63, 4.85, 7.85), (-0.423, 0.177, 1.96, 3.006)),
    "flash and sounds at 4 or more": (95, 78, (-1.1, 1.21, 4.49, 8.17), (0.953, 0.953, 0.953, 2.372)),
    "flash and sounds at fewer than 2": (31, 15, (-3.08, 1.37, 4.57, 10.0), (-0.762, -0.31, 0.956, 1.099)),
    "flashes": (14, 11, (0.64, 3.81, 10.0), (0.7, 0.7, 2.197)),
    "told": (32, 19, (-1.79, 1.82, 5.24, 7.31), (0.0, 0.285, 0.285, 1.609)),
    "told, and moves": (65, 31, (2.65, 4.41, 7.84), (-0.654, 0.048, 0.048)),
    "any sort": (2903, 2673, (-1.42, 2.0, 4.64, 10.0), (0.083, 1.009, 1.009, 3.807)),
}
