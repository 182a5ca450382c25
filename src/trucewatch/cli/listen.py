"""`trucewatch listen MISSION`: detect beside the sensor, and send what was found, never what was heard."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trucewatch.cli.output import JsonOption, MissionArgument, folder_of, say, say_json
from trucewatch.model.detection import Detection
from trucewatch.report.words import how_many
from trucewatch.service.listening_post import PostSettings, PostSummary, in_words
from trucewatch.store.courier import Courier
from trucewatch.wiring import moment
from trucewatch.wiring.node import Source, feed_of, load_node_texts, node_key, open_place, open_post

FromOption = Annotated[
    str,
    typer.Option(
        "--from",
        metavar="SOURCE",
        help="- for sound on standard input, seedlink://HOST:PORT, or a folder of recordings",
    ),
]


def command(
    mission: MissionArgument,
    source: FromOption = "-",
    sensor: Annotated[
        list[str] | None, typer.Option(help="sensor on standard input, or SeedLink streams (NET.STA.LOC.CHA)")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FOLDER", help="where batches go; MISSION/spool")] = None,
    node: Annotated[str, typer.Option(metavar="NAME", help="name of this computer")] = "node",
    key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="sign with this key; made where there is none")
    ] = None,
    send: Annotated[str | None, typer.Option(metavar="URL", help="send batches to `trucewatch receive`")] = None,
    batch: Annotated[float, typer.Option(min=1.0, help="seconds of sound a batch covers at most")] = 60.0,
    form: Annotated[str | None, typer.Option(help="bare samples: s16le, s24le, s32le, f32le or f64le")] = None,
    rate: Annotated[float | None, typer.Option(help="samples a second of bare samples")] = None,
    start: Annotated[
        str | None, typer.Option(metavar="TIME", help="time of the first sample, for sound that is played back")
    ] = None,
    latency: Annotated[float | None, typer.Option(help="seconds that the sound card holds sound back")] = None,
    follow: Annotated[bool, typer.Option("--follow", help="wait for files to come or to grow")] = False,
    as_json: JsonOption = False,
) -> None:
    """Listen where the sensor is: sound in, detections out; the sound stays here and is not kept.

    Needs only mission.toml and network.yaml of the mission. Ctrl-C sends what was found and ends.
    """
    texts = load_node_texts(folder_of(mission))
    signer = None if key is None else node_key(key, node)
    if signer is not None and not as_json:
        say(f"signs as {signer.verifier.vkey}")
    folder = out or mission / "spool"
    where = Source(
        text=source,
        sensors=tuple(sensor or ()),
        form=form,
        rate_hz=rate,
        start_utc=None if start is None else moment(start, "--start"),
        latency_s=latency,
        follow=follow,
    )
    place = open_place(where, texts, folder)
    feed = feed_of(where, texts, place)
    tell = _silent if as_json else _told
    post = open_post(texts, folder, PostSettings(node=node, batch_s=batch), signer, tell, place)
    courier = None if send is None else Courier(folder, send, say=say)
    if courier is not None:
        courier.start()
    try:
        post.listen(feed)
    except KeyboardInterrupt:
        say("interrupted; what was found is sent")
    finally:
        if courier is not None:
            courier.end()
    _end(post.summary, courier, as_json=as_json)


def _told(found: Detection) -> None:
    say(in_words(found))


def _silent(found: Detection) -> None:
    pass


def _batches(n: int) -> str:
    return "1 batch" if n == 1 else f"{n} batches"


def _end(summary: PostSummary, courier: Courier | None, *, as_json: bool) -> None:
    carried = None if courier is None else courier.summary
    if as_json:
        say_json({"listened": summary, "sent": carried})
        return
    say(
        f"listened  {summary.recorded_s:.0f} s in {how_many(summary.n_blocks, 'block')}; "
        f"{how_many(summary.n_detections, 'detection')} in {_batches(summary.n_batches)}"
    )
    if summary.n_bytes_in:
        share = summary.n_bytes_out / summary.n_bytes_in
        say(f"sent out  {summary.n_bytes_out} bytes, {100 * share:.2f} % of the sound's own")
    if carried is not None:
        say(
            f"carried   {_batches(carried.n_sent)}, {carried.n_refused} refused; {carried.last_failure or 'none waits'}"
        )
    for line in summary.refused:
        say(f"unheard   {line}")
