"""SeedLink: waveforms of stations as a server sends them, taken up again where they stopped.

Why not ObsPy's client: docs/explanation/decisions says it. In short, it takes silence for the end, does not notice a
closed connection, and remembers what it received, not what was dealt with.

References:
    SeisComP, SeedLink protocol 3.x (uni- and multi-station mode; packets of 8 + 512 bytes).
"""

from __future__ import annotations

import io
import re
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from trucewatch.model.errors import TrucewatchError, UnreadableInput
from trucewatch.model.observation import Rejection, Waveform
from trucewatch.observe.context import ReadContext
from trucewatch.observe.miniseed import MiniSeedReader

RETRY_S = 5.0
TIMEOUT_S = 120.0
"""without a packet for so long the connection is made anew: a full record of a slow channel takes a minute"""
HEAD_BYTES, RECORD_BYTES = 8, 512
LONGEST_ANSWER = 1024
_WRAP = 0x1000000
"""packet numbers have six hexadecimal digits"""
_STREAM = re.compile(r"([A-Z0-9]{1,2})[._]([A-Z0-9]{1,5})(?:[._]([A-Z0-9?-]{0,2})[._]([A-Z0-9?]{3}))?")
_ADDRESS = re.compile(r"(\[[0-9a-fA-F:]+\]|[^:\s]+):(\d{1,5})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """One station of a server and which of its channels are asked for."""

    network: str
    station: str
    selector: str
    """location and channel, "?" for any character"""

    @property
    def name(self) -> str:
        """NET.STA, by which the place in a server's ring is remembered."""
        return f"{self.network}.{self.station}"


def stream_of(text: str) -> Stream:
    """Read a stream's name: NET.STA or NET.STA.LOC.CHA, with "?" for any character of location and channel.

    Raises:
        UnreadableInput: another form.
    """
    found = _STREAM.fullmatch(text)
    if found is None:
        raise UnreadableInput(source="SeedLink", value=text, expected="NET.STA or NET.STA.LOC.CHA, as in UA.KIS..BHZ")
    network, station, location, channel = found.groups()
    return Stream(network=network, station=station, selector=f"{location or ''}{channel or '???'}")


def seedlink_blocks(
    address: str,
    streams: Sequence[Stream],
    context: ReadContext,
    *,
    after: Mapping[str, int] | None = None,
    dealt_with: Callable[[str, int], None] = lambda name, number: None,
    wait: Callable[[float], None],
    timeout_s: float = TIMEOUT_S,
) -> Iterator[Waveform | Rejection | UnreadableInput]:
    """Yield each record that comes, until the server ends the stream.

    A connection that is lost is made anew after RETRY_S and goes on where it stopped; each loss is yielded as what it
    is. Nothing is lost as far as the server's ring reaches back.

    Args:
        address: HOST:PORT.
        streams: at least one station.
        context: of the feed.
        after: number of the last packet of each station that was dealt with; None: from now on.
        dealt_with: told station and number of each packet when the next one is asked for.
        wait: sleeps for some seconds.
        timeout_s: longest time without a packet.

    Raises:
        TrucewatchError: the address is none, there is no server at the start, or it refuses every stream.
    """
    reached = dict(after or {})
    reader = MiniSeedReader()
    link = _connected(address, streams, reached, timeout_s)
    while True:
        try:
            with link:
                for name, number, record in _packets(link):
                    try:
                        yield from reader.read(io.BytesIO(record), context)
                    except UnreadableInput as error:
                        yield error
                    reached[name] = number
                    dealt_with(name, number)
            return
        except OSError as error:
            yield _lost(address, error)
        link = _again(address, streams, reached, timeout_s, wait)


def _lost(address: str, error: OSError) -> UnreadableInput:
    return UnreadableInput(source=f"SeedLink {address}", value=str(error), expected="a packet; asking again")


def _again(
    address: str,
    streams: Sequence[Stream],
    reached: Mapping[str, int],
    timeout_s: float,
    wait: Callable[[float], None],
) -> socket.socket:
    while True:
        wait(RETRY_S)
        try:
            return _connected(address, streams, reached, timeout_s)
        except _NotThereError:
            continue


class _NotThereError(TrucewatchError):
    """No server answers, for now."""


def _connected(address: str, streams: Sequence[Stream], reached: Mapping[str, int], timeout_s: float) -> socket.socket:
    """Connect and ask for the streams.

    Raises:
        TrucewatchError: the address is none, or every stream is refused.
    """
    found = _ADDRESS.fullmatch(address)
    if found is None:
        raise TrucewatchError(f"{address!r} is no SeedLink address; expected HOST:PORT, as in 127.0.0.1:18000")
    try:
        link = socket.create_connection((found[1].strip("[]"), int(found[2])), timeout=timeout_s)
    except (OSError, OverflowError) as error:
        raise _NotThereError(f"SeedLink server {address}: {error}") from error
    try:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        _ask(link, address, streams, reached)
    except OSError as error:
        link.close()
        raise _NotThereError(f"SeedLink server {address}: {error}") from error
    except TrucewatchError:
        link.close()
        raise
    return link


def _ask(link: socket.socket, address: str, streams: Sequence[Stream], reached: Mapping[str, int]) -> None:
    greeting = _answer(link, "HELLO", n_lines=2)
    if "seedlink" not in greeting.lower():
        raise TrucewatchError(f"{address} answered {greeting[:60]!r}; expected a SeedLink server")
    refused = [one.name for one in streams if not _asked(link, one, reached)]
    if len(refused) == len(streams):
        raise TrucewatchError(f"SeedLink server {address} has none of {', '.join(refused)}")
    link.sendall(b"END\r\n")


def _asked(link: socket.socket, one: Stream, reached: Mapping[str, int]) -> bool:
    """Ask for a station; says whether the server agreed to every step."""
    data = "DATA" if one.name not in reached else f"DATA {(reached[one.name] + 1) % _WRAP:06X}"
    steps = (f"STATION {one.station} {one.network}", f"SELECT {one.selector}", data)
    return all(_answer(link, step).strip() == "OK" for step in steps)


def _answer(link: socket.socket, command: str, n_lines: int = 1) -> str:
    link.sendall(command.encode("ascii") + b"\r\n")
    come = b""
    while come.count(b"\n") < n_lines and len(come) < LONGEST_ANSWER:
        piece = link.recv(1)
        if not piece:
            raise ConnectionError("the server closed the connection")
        come += piece
    return come.decode("latin-1")


def _packets(link: socket.socket) -> Iterator[tuple[str, int, bytes]]:
    """Yield station, number and record of each packet until the server says END."""
    while True:
        head = _exactly(link, 3)
        if head == b"END":
            return
        head += _exactly(link, HEAD_BYTES - len(head))
        record = _exactly(link, RECORD_BYTES)
        if head.startswith(b"SLINFO"):
            continue
        try:
            number = int(head[2:], 16)
        except ValueError:
            raise ConnectionError(f"{head!r} is no head of a packet") from None
        yield _station(record), number, record


def _exactly(link: socket.socket, n: int) -> bytes:
    come = b""
    while len(come) < n:
        piece = link.recv(n - len(come))
        if not piece:
            raise ConnectionError("the server closed the connection")
        come += piece
    return come


def _station(record: bytes) -> str:
    """Return NET.STA of a miniSEED 2 record (SEED 2.4, fixed section of the data header)."""
    return f"{record[18:20].decode('latin-1').strip()}.{record[8:13].decode('latin-1').strip()}"
