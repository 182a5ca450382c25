"""`trucewatch receive MISSION`: take batches from nodes into the mission's inbox."""

from __future__ import annotations

from typing import Annotated

import typer

from trucewatch.cli.output import MissionArgument, folder_of, say


def command(
    mission: MissionArgument,
    host: Annotated[str, typer.Option(help="address to listen on; others than 127.0.0.1 open it to the network")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=0, max=65535, help="port; 0 takes a free one")] = 8090,
    unsigned: Annotated[
        bool, typer.Option("--unsigned", help="also take batches of sensors without a node_key")
    ] = False,
) -> None:
    """Take batches that nodes send with `trucewatch listen --send` into the mission's inbox."""
    from trucewatch.web.receiving import receive  # the web stack takes half a second to load

    receive(folder_of(mission), host=host, port=port, unsigned=unsigned, say=say)
