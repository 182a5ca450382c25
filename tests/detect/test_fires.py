"""Fire clusters against a plain definition of density, against an independent library, and on real fires."""

import datetime
import gzip

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trucewatch.detect import cylinder, slabs
from trucewatch.detect.cylinder import ClusterSettings
from trucewatch.detect.fires import (
    PersistentMask,
    SourceSettings,
    cell_number,
    cluster,
    is_persistent,
    persistent_sources,
    year_of,
)

DAY_S = 86_400.0


def plain_clusters(x_m, y_m, t_s, radius_m, duration_s, min_points):
    """Cores, the partition of cores, and noise, straight from the definition, with every pair looked at."""
    near = np.hypot(x_m[:, None] - x_m, y_m[:, None] - y_m) <= radius_m
    near &= np.abs(t_s[:, None] - t_s) <= duration_s
    core = near.sum(axis=1) >= min_points
    group = np.full(x_m.size, -1)
    for seed in np.flatnonzero(core):
        if group[seed] >= 0:
            continue
        todo = [seed]
        group[seed] = seed
        while todo:
            for other in np.flatnonzero(near[todo.pop()] & core):
                if group[other] < 0:
                    group[other] = seed
                    todo.append(other)
    return core, group, near


points = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(0, 6)), min_size=0, max_size=60).map(
    lambda rows: np.array(rows, dtype=float).reshape(-1, 3) * [400.0, 400.0, DAY_S / 2]
)


@settings(max_examples=60, deadline=None)
@given(points)
def test_clusters_are_those_of_the_definition(rows):
    x_m, y_m, t_s = rows.T
    label = cluster(x_m, y_m, t_s)
    core, group, near = plain_clusters(x_m, y_m, t_s, 1000.0, DAY_S, 4)
    cores = np.flatnonzero(core)
    same = label[cores][:, None] == label[cores]
    np.testing.assert_array_equal(same, group[cores][:, None] == group[cores])
    assert (label[cores] >= 0).all()
    for border in np.flatnonzero(~core):
        owners = {int(label[other]) for other in np.flatnonzero(near[border] & core)}
        assert int(label[border]) in (owners or {-1})


@settings(max_examples=40, deadline=None)
@given(points, st.randoms(use_true_random=False))
def test_labels_do_not_depend_on_the_order_of_arrival(rows, random):
    order = list(range(len(rows)))
    random.shuffle(order)
    label = cluster(*rows.T)
    np.testing.assert_array_equal(cluster(*rows[order].T), label[order])


def test_labels_count_up_in_order_of_time():
    x_m = np.repeat([5000.0, 0.0], 4)
    t_s = np.repeat([10 * DAY_S, 0.0], 4)
    assert cluster(x_m, np.zeros(8), t_s).tolist() == [1, 1, 1, 1, 0, 0, 0, 0]


def test_the_neighbourhood_is_a_cylinder_with_closed_edges():
    still = np.zeros(4)
    assert cluster(np.array([0.0, 1000.0, 0.0, 1000.0]), still, np.array([0.0, DAY_S, DAY_S, 0.0])).tolist() == [0] * 4
    assert (cluster(np.array([0.0, 0.0, 0.0, 1000.1]), still, still) == -1).all()
    assert (cluster(still, still, np.array([0.0, 0.0, 0.0, DAY_S + 1.0])) == -1).all()
    # In a ball of scaled time the far corner (1 km and 1 day away) would not be a neighbour.
    corner = ClusterSettings(min_points=2)
    assert cluster(np.array([0.0, 1000.0]), np.zeros(2), np.array([0.0, DAY_S]), corner).tolist() == [0, 0]


@pytest.mark.parametrize(("place_m", "owner"), [(850.0, 0), (950.0, 1), (900.0, 0)])
def test_a_border_point_goes_to_the_nearest_core_and_on_a_tie_to_the_first(place_m, owner):
    # The point between reaches one core on either side, three points with itself: too few to be a core and join them.
    x_m = np.array([-300.0, -300.0, -300.0, 0.0, 1800.0, 2100.0, 2100.0, 2100.0, place_m])
    label = cluster(x_m, np.zeros(9), np.zeros(9))
    assert label[:8].tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    assert label[8] == owner


def test_blocks_do_not_change_the_answer(monkeypatch):
    rng = np.random.default_rng(4)
    rows = rng.normal(size=(3000, 3)) * [8000.0, 8000.0, 5 * DAY_S]
    whole = cluster(*rows.T)
    monkeypatch.setattr(cylinder, "BLOCK_PAIRS", 37)
    np.testing.assert_array_equal(cluster(*rows.T), whole)
    monkeypatch.setattr(cylinder, "KEPT_PAIRS", 100)
    np.testing.assert_array_equal(cluster(*rows.T), whole)
    assert whole.max() > 3


@pytest.mark.parametrize("n_points", [1, 7, 100, 1500])
def test_slabs_of_time_do_not_change_the_answer(monkeypatch, n_points):
    rng = np.random.default_rng(5)
    rows = rng.normal(size=(3000, 3)) * [6000.0, 6000.0, 8 * DAY_S]
    rows[:, 2] = np.round(rows[:, 2] / (DAY_S / 4)) * (DAY_S / 4)
    whole = cluster(*rows.T)
    monkeypatch.setattr(slabs, "SLAB_POINTS", n_points)
    np.testing.assert_array_equal(cluster(*rows.T), whole)
    assert whole.max() > 3
    assert (whole == -1).any()


def test_unusable_points_are_refused():
    with pytest.raises(ValueError, match="finite"):
        cluster(np.array([np.nan]), np.zeros(1), np.zeros(1))
    with pytest.raises(ValueError, match="one length"):
        cluster(np.zeros(2), np.zeros(1), np.zeros(1))
    with pytest.raises(ValueError, match="min_points"):
        ClusterSettings(min_points=0)
    assert cluster(np.empty(0), np.empty(0), np.empty(0)).size == 0


def days_since_1970(*date):
    return (datetime.date(*date) - datetime.date(1970, 1, 1)).days


def test_years_follow_the_calendar():
    days = np.array([days_since_1970(2019, 12, 31), days_since_1970(2020, 1, 1), 0, -1])
    assert year_of(days).tolist() == [2019, 2020, 1970, 1969]


def test_published_decimals_stay_in_their_own_cell():
    hundredths = np.arange(-2000, 4000)
    np.testing.assert_array_equal(cell_number(hundredths / 100.0, 0.01), hundredths)
    assert cell_number(np.array([37.6171, -0.001]), 0.01).tolist() == [3761, -1]


def furnace(year, n_days, lon=37.605, lat=47.105):
    days = np.repeat(days_since_1970(year, 3, 1) + np.arange(n_days), 2)  # two detections a day count once
    return np.full(days.size, lon), np.full(days.size, lat), days


def test_a_persistent_source_burns_often_in_enough_years():
    def mask_of(spells, **changes):
        columns = [np.concatenate(column) for column in zip(*spells, strict=True)]
        return persistent_sources(*columns, SourceSettings(**changes))

    three = [furnace(year, 12) for year in (2016, 2018, 2019)]
    assert mask_of(three).cells == ((3760, 4710),)
    assert len(mask_of(three[:2])) == 0
    assert len(mask_of([*three[:2], furnace(2019, 11)])) == 0
    assert len(mask_of(three, baseline_years=(2016, 2018))) == 0
    # The same number of days spread over neighbouring cells is no source.
    assert len(mask_of([*three[:2], furnace(2019, 12, lon=37.615)])) == 0


def test_places_are_looked_up_in_the_mask():
    mask = persistent_sources(*(np.concatenate(c) for c in zip(*[furnace(y, 12) for y in (1, 2, 3)], strict=True)))
    lon, lat = np.array([37.6001, 37.6099, 37.6101, 37.605]), np.array([47.105, 47.105, 47.105, 47.12])
    assert is_persistent(lon, lat, mask).tolist() == [True, True, False, False]
    assert not is_persistent(lon, lat, PersistentMask(cell_deg=0.01, cells=())).any()
    with pytest.raises(ValueError, match="cell_deg"):
        SourceSettings(cell_deg=0.0)


@pytest.fixture(scope="module")
def ukraine(shared_data):
    """Longitude, latitude and day of the real fires of five years."""
    columns = []
    for path in sorted((shared_data / "satellite" / "firms_ukraine_yearly").glob("*.csv.gz")):
        with gzip.open(path, "rt") as file:
            rows = [line.rstrip("\n").split(",") for line in file][1:]
        lat, lon = (np.array([float(row[k]) for row in rows]) for k in (0, 1))
        day = np.array([row[2] for row in rows], dtype="datetime64[D]").astype(np.int64)
        columns.append((lon, lat, day))
    return tuple(np.concatenate(column) for column in zip(*columns, strict=True))


def plane_m(lon_deg, lat_deg):
    scale_m = np.radians(6_371_008.8)
    return (lon_deg - 31.0) * scale_m * np.cos(np.radians(48.5)), (lat_deg - 48.5) * scale_m


@pytest.mark.shared
def test_real_fires_cluster_as_an_independent_library_has_it(ukraine):
    cluster_module = pytest.importorskip("sklearn.cluster", reason="scikit-learn is a benchmark extra")
    from scipy.sparse import coo_array
    from scipy.spatial import cKDTree

    lon_deg, lat_deg, day = (column[-15_000:] for column in ukraine)
    x_m, y_m = plane_m(lon_deg, lat_deg)
    t_s = day * DAY_S
    pairs = cKDTree(np.stack([x_m, y_m], axis=1)).query_pairs(1000.0, output_type="ndarray")
    pairs = pairs[np.abs(t_s[pairs[:, 0]] - t_s[pairs[:, 1]]) <= DAY_S]
    both = np.concatenate([pairs, pairs[:, ::-1]])
    graph = coo_array((np.full(len(both), 0.5), both.T), shape=(x_m.size, x_m.size)).tocsr()
    theirs = cluster_module.DBSCAN(eps=1.0, min_samples=4, metric="precomputed").fit(graph)
    ours = cluster(x_m, y_m, t_s)
    np.testing.assert_array_equal(ours < 0, theirs.labels_ < 0)
    core = theirs.core_sample_indices_
    # One of our labels for each of theirs and the other way round: the same partition of the core points.
    matched = np.unique(np.stack([ours[core], theirs.labels_[core]], axis=1), axis=0)
    assert len(matched) == ours.max() + 1 == theirs.labels_.max() + 1
    # Border points may be shared between clusters, and only they may differ.
    translate = np.empty(len(matched), dtype=np.int64)
    translate[matched[:, 1]] = matched[:, 0]
    differ = (theirs.labels_ >= 0) & (translate[theirs.labels_] != ours)
    assert differ.sum() < 30
    assert not differ[core].any()


@pytest.mark.shared
def test_real_steady_sources_are_few_and_hold_many_fires(ukraine):
    lon_deg, lat_deg, day = ukraine
    mask = persistent_sources(lon_deg, lat_deg, day, SourceSettings(baseline_years=(2012, 2016, 2019, 2021)))
    share = is_persistent(lon_deg, lat_deg, mask).mean()
    # 156 cells and 20.6 % of the baseline were measured on six years; four of the six are at hand.
    assert 100 < len(mask) < 160
    assert 0.10 < share < 0.25
