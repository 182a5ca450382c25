"""The operations room: a map, a list and a page for every incident, read-only, on the machine that runs it.

Takes a mission folder. Gives pages that are whole without scripts, the same content as JSON and GeoJSON, and the
published files. Never writes, never fetches anything from elsewhere, never shows a first review before the second.
Beside it stands `receiving`, an application of its own, which puts batches from nodes into the inbox.
"""

from trucewatch.web.app import create_app
from trucewatch.web.serving import serve

__all__ = ["create_app", "serve"]
