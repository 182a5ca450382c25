"""`trucewatch serve MISSION`: the map, the incidents and their pages, on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from trucewatch.cli.output import MissionArgument, folder_of, say


def command(
    mission: MissionArgument,
    host: Annotated[str, typer.Option(help="address to listen on; others than 127.0.0.1 open it to the network")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=0, max=65535, help="port; 0 takes a free one")] = 8080,
) -> None:
    """Show the map, the incident list and each incident's page; read-only."""
    from trucewatch.web import serve  # the web stack takes half a second to load

    serve(folder_of(mission), host=host, port=port, say=say)
