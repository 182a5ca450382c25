"""The record of claims by sort: how many there were on simulated days, how many were right, and the curve.

Made by `benchmarks/record.py` of 17 days under wider laws, with seeds that no reported score uses: 832 claims
with a place. A claim was right where it stood for a true incident of its own.
"""

RECORDED: dict[str, tuple[int, int, tuple[float, ...], tuple[float, ...]]] = {
    "arrivals at 4 or more": (49, 46, (-1.65, 1.34, 5.04, 8.05), (0.48, 1.423, 1.423, 3.106)),
    "arrivals at 6 or more": (79, 76, (-1.4, 1.18, 5.32, 10.0), (0.82, 1.345, 1.345, 4.796)),
    "arrivals at 9 or more": (468, 455, (-3.53, 0.76, 4.46, 10.0), (-1.099, -0.274, -0.274, 3.768)),
    "arrivals at fewer than 4": (20, 5, (-1.4, 1.5, 4.57, 8.63), (-3.135, -0.194, -0.194, 1.609)),
    "beside a surer one": (74, 45, (-1.07, 1.71, 4.84, 10.0), (-2.833, -0.936, -0.936, 1.487)),
    "change": (11, 9, (-1.15, 1.21), (0.909, 0.909)),
    "fire": (37, 37, (2.0,), (4.032,)),
    "flash and sounds at 2 or more": (24, 20, (-1.0, 1.33, 4.23, 8.02), (-1.609, 0.788, 1.638, 2.944)),
    "flash and sounds at 4 or more": (30, 22, (-1.57, 0.87, 4.29, 10.0), (0.26, 0.26, 0.26, 2.12)),
    "told": (13, 8, (-0.11, 1.82, 5.15, 9.32), (-0.326, -0.326, 0.368, 1.099)),
    "told, and moves": (19, 8, (2.67, 4.23, 7.46), (-0.34, -0.34, -0.34)),
    "any sort": (758, 691, (-1.19, 2.0, 4.65, 10.0), (-0.06, 0.993, 0.993, 3.749)),
}
