"""Serving the application on a port of this machine."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI
from starlette.middleware.trustedhost import TrustedHostMiddleware

from trucewatch.model.errors import TrucewatchError
from trucewatch.web.app import create_app
from trucewatch.wiring import MissionFolder

LOOPBACK_NAMES = ["127.0.0.1", "localhost", "[::1]"]


def serve(folder: MissionFolder, *, host: str, port: int, say: Callable[[str], None]) -> None:
    """Serve a mission until Ctrl-C.

    Args:
        folder: the mission.
        host: address to listen on.
        port: 0 takes a free one.
        say: takes the lines for the person who started it.

    Raises:
        InvalidMission: where the folder is no mission.
        TrucewatchError: where address or port cannot be had.
    """
    app = create_app(folder)
    listening = listening_socket(host, port)
    if is_loopback(host):
        # Another site's page must not reach this one under a name of its own that leads here (DNS rebinding).
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=LOOPBACK_NAMES)
    else:
        say("open to the network: whoever reaches this address sees everything, unrounded; there is no log-in")
    answer(app, listening, host=host, path="", say=say)


def answer(app: FastAPI, listening: socket.socket, *, host: str, path: str, say: Callable[[str], None]) -> None:
    """Answer on a socket until Ctrl-C, then close it.

    Args:
        app: what answers.
        listening: from `listening_socket`.
        host: the address as it was given.
        path: what is printed behind host and port.
        say: takes the lines for the person who started it.
    """
    shown = f"[{host}]" if ":" in host else host
    say(f"http://{shown}:{listening.getsockname()[1]}{path}")
    say("Ctrl-C ends it")
    config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False, lifespan="off")
    try:
        uvicorn.Server(config).run(sockets=[listening])
    except KeyboardInterrupt:
        say("ended")
    finally:
        listening.close()


def is_loopback(host: str) -> bool:
    """Say whether an address is reached from this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def listening_socket(host: str, port: int) -> socket.socket:
    """Open a socket that listens.

    Raises:
        TrucewatchError: where address or port cannot be had.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen()
        except OSError:
            listening.close()
            raise
    except OSError as error:
        free = "`--port 0` takes a free one"
        raise TrucewatchError(f"cannot listen on {host} port {port}: {error.strerror}; {free}") from error
    return listening
