"""Trucewatch: from raw recordings of a ceasefire to incidents, findings and reports that every party can check."""

from importlib.metadata import version

__version__ = version("trucewatch")
