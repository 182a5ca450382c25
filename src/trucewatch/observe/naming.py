"""Find the sensor of the network that a file speaks of, or name those it may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from trucewatch.model.network import Network, Sensor
from trucewatch.observe.refusal import BadValue

NEAREST_NAMES = 3


def known_sensor(network: Network, names: Sequence[str]) -> tuple[str, Sensor]:
    """Find a sensor or array element under the first of several spellings that the network knows.

    Args:
        network: the mission's sensors.
        names: spellings to try, the most usual first; at least one.

    Returns:
        The spelling that was found, and its sensor (the array, where it is an element).

    Raises:
        BadValue: none is known; names the nearest ones.
    """
    for name in names:
        sensor = network.sensor(name) if name else None
        if sensor is not None:
            return name, sensor
    raise BadValue(names[0], f"a sensor of the network; {nearest_names(network, names[0])}")


def nearest_names(network: Network, name: str) -> str:
    """Say which names of the network are most like this one."""
    known = [s.id for s in network.sensors] + [e.id for s in network.sensors for e in s.elements]
    # Ids differ in few characters, so compare without case and give the most similar whatever its distance.
    by_lower = {k.casefold(): k for k in known}
    close = difflib.get_close_matches(name.casefold()[:80], list(by_lower), n=NEAREST_NAMES, cutoff=0.0)
    return f"nearest names: {', '.join(by_lower[c] for c in close)}" if close else "the network has no sensors"
