"""SeedLink from a small server on the loopback, which ObsPy's client understands too."""

import socket
import threading
from contextlib import contextmanager
from datetime import UTC, datetime

import numpy as np
import pytest

from trucewatch.model.errors import TrucewatchError, UnreadableInput
from trucewatch.model.network import Network, Sensor
from trucewatch.model.observation import Waveform
from trucewatch.model.vocabulary import ObserverKind
from trucewatch.observe.seedlink import seedlink_blocks, stream_of

obspy = pytest.importorskip("obspy")

START = datetime(2025, 8, 13, 18, 10, tzinfo=UTC)
RATE_HZ, N_SAMPLES = 20.0, 100


def record(number, station="KIS"):
    """One 512-byte record, as SeedLink 3 carries them."""
    from io import BytesIO

    trace = obspy.Trace(
        (np.arange(N_SAMPLES) + 1000 * number).astype(np.int32),
        {
            "network": "UA",
            "station": station,
            "channel": "BHZ",
            "sampling_rate": RATE_HZ,
            "starttime": obspy.UTCDateTime(START) + number * N_SAMPLES / RATE_HZ,
        },
    )
    out = BytesIO()
    trace.write(out, format="MSEED", reclen=512, encoding="STEIM2")
    content = out.getvalue()
    assert len(content) == 512
    return content


class Server:
    """Speaks as much SeedLink 3 as a client needs: HELLO, STATION, SELECT, DATA, END, and packets."""

    def __init__(self, packets, break_after=None, known=("KIS",)):
        self.packets, self.break_after, self.known = packets, break_after, known
        self.commands = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.socket.getsockname()[1]}"
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                link, _ = self.socket.accept()
                with link:
                    self.talk(link)
            except OSError:
                return

    def talk(self, link):
        first = 0
        with link.makefile("rb") as come:
            while words := self.words(come):
                self.commands.append(" ".join(words))
                match words:
                    case ["HELLO"]:
                        link.sendall(b"SeedLink v3.1 (2020.075) :: SLPROTO:3.1\r\nTest\r\n")
                    case ["STATION", station, _] if station not in self.known:
                        link.sendall(b"ERROR\r\n")
                    case ["END"]:
                        break
                    case _:
                        first = int(words[1], 16) if words[0] == "DATA" and len(words) > 1 else first
                        link.sendall(b"OK\r\n")
        for number, content in self.packets:
            if number >= first:
                link.sendall(b"SL" + f"{number:06X}".encode() + content)
            if number == self.break_after:
                self.break_after = None
                return
        link.sendall(b"END")

    @staticmethod
    def words(come):
        """Read a command; ObsPy ends it with a carriage return alone."""
        line = b""
        while not line.endswith(b"\r"):
            piece = come.read(1)
            if not piece:
                return []
            line += piece
        return line.decode().split()


@contextmanager
def serving(packets, **more):
    server = Server(packets, **more)
    try:
        yield server
    finally:
        server.socket.shutdown(socket.SHUT_RDWR)
        server.socket.close()
        server.thread.join(5.0)


def no_wait(seconds):
    assert seconds > 0


@pytest.fixture
def context(make):
    place = make.network().sensors[0].place
    station = Sensor(id="UA.KIS", kind=ObserverKind.SEISMIC_STATION, owner="m", place=place, clock_sigma_s=0.01)
    return make.context(network=Network(sensors=(station,)))


def blocks(server, context, *names, **more):
    return seedlink_blocks(
        server.address, [stream_of(n) for n in names or ("UA.KIS",)], context, **{"wait": no_wait} | more
    )


def starts_s(found):
    return [(w.recording.start.utc - START).total_seconds() for w in found if isinstance(w, Waveform)]


def test_records_come_as_waveforms_with_their_time(context):
    with serving([(7 + n, record(n)) for n in range(4)]) as server:
        found = list(blocks(server, context, "UA.KIS..BHZ"))
    assert server.commands == ["HELLO", "STATION KIS UA", "SELECT BHZ", "DATA", "END"]
    assert starts_s(found) == [0.0, 5.0, 10.0, 15.0]
    np.testing.assert_array_equal(found[3].samples, np.arange(N_SAMPLES) + 3000)


def test_it_goes_on_after_what_was_dealt_with(context):
    taken = {}
    with serving([(7 + n, record(n)) for n in range(4)]) as server:
        feed = blocks(server, context, dealt_with=taken.__setitem__)
        next(feed)
        assert taken == {}
        next(feed)
        assert taken == {"UA.KIS": 7}
        feed.close()
    with serving([(7 + n, record(n)) for n in range(4)]) as server:
        rest = list(blocks(server, context, after=taken))
        assert server.commands[3] == "DATA 000008"
    assert starts_s(rest) == [5.0, 10.0, 15.0]


def test_numbers_start_again_after_the_largest(context):
    with serving([(0, record(2)), (1, record(3))]) as server:
        rest = list(blocks(server, context, after={"UA.KIS": 0xFFFFFF}))
        assert server.commands[3] == "DATA 000000"
    assert starts_s(rest) == [10.0, 15.0]


def test_a_lost_connection_is_said_made_anew_and_nothing_is_lost_or_repeated(context):
    with serving([(n, record(n)) for n in range(1, 5)], break_after=2) as server:
        found = list(blocks(server, context))
    assert starts_s(found) == [5.0, 10.0, 15.0, 20.0]
    (lost,) = [f for f in found if isinstance(f, UnreadableInput)]
    assert "closed the connection" in str(lost)


def silent(link):
    link.sendall(b"SeedLink v3.1\r\nTest\r\n" + b"OK\r\n" * 3)
    while link.recv(4096):
        pass


def test_a_server_that_falls_silent_is_asked_again(context, monkeypatch):
    monkeypatch.setattr(Server, "talk", lambda self, link: silent(link))
    with serving([]) as server:
        feed = blocks(server, context, timeout_s=0.2)
        assert "timed out" in str(next(feed))
        feed.close()


def test_a_damaged_record_and_an_unknown_station_are_said_and_the_rest_goes_on(context):
    damaged = record(1)[:48] + bytes(464)
    with serving([(1, record(0)), (2, damaged), (3, record(2, station="XXX")), (4, record(3))]) as server:
        found = list(blocks(server, context))
    assert starts_s(found) == [0.0, 15.0]
    assert any("nearest names: UA.KIS" in str(w) for w in found if isinstance(w, UnreadableInput))


def test_stations_that_the_server_does_not_have(context):
    with serving([(1, record(0))]) as server:
        assert starts_s(blocks(server, context, "UA.KIS", "UA.NONE")) == [0.0]
    with serving([]) as server, pytest.raises(TrucewatchError, match=r"none of UA\.NONE"):
        list(blocks(server, context, "UA.NONE"))


def test_a_server_that_is_not_there_is_said(context):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = f"127.0.0.1:{closed.getsockname()[1]}"
    with pytest.raises(TrucewatchError, match=address):
        list(seedlink_blocks(address, [stream_of("UA.KIS")], context, wait=no_wait))


def test_obspys_client_understands_the_server_too():
    """So that the server of these tests is one."""
    from obspy.clients.seedlink.client.seedlinkconnection import SeedLinkConnection

    with serving([(7 + n, record(n)) for n in range(2)]) as server:
        link = SeedLinkConnection(timeout=20)
        link.set_sl_address(server.address)
        link.add_stream("UA", "KIS", "BHZ", -1, None)
        packets = [link.collect(), link.collect()]
        link.close()
    assert [p.get_sequence_number() for p in packets] == [7, 8]
    assert bytes(packets[1].msrecord) == record(1)


@pytest.mark.parametrize("text", ["KIS", "UA.KIS.BHZ", "UA.TOOLONG", "ua.kis", ""])
def test_a_stream_that_is_no_stream(text):
    with pytest.raises(UnreadableInput, match=r"NET\.STA"):
        stream_of(text)


def test_an_address_that_is_none(context):
    with pytest.raises(TrucewatchError, match="HOST:PORT"):
        list(seedlink_blocks("somewhere", [stream_of("UA.KIS")], context, wait=no_wait))
