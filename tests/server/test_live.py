"""The live socket against a real server: what it answers, and what it does with rubbish."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from moodmirror.expression.classify import FakeClassifier
from moodmirror.types import EXPRESSIONS, Expression, Face, Frame, Scores
from moodmirror.vision.detect import FakeDetector
from tests.server.serving import FACE, Served, picture, serving

WAIT_S = 20


def tell(socket: ClientConnection, **message: Any) -> None:
    socket.send(json.dumps(message))


def hear(socket: ClientConnection, kind: str) -> dict[str, Any]:
    """The next message of a kind; an error that was not asked for fails the test."""
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        message: dict[str, Any] = json.loads(socket.recv(timeout=WAIT_S))
        if message["type"] == kind:
            return message
        assert message["type"] != "error", message
    raise TimeoutError(kind)


def started(socket: ClientConnection, reads: str = "server") -> ClientConnection:
    assert hear(socket, "hello")["limits"]["frame_bytes"] == 262144
    tell(socket, type="start", reads=reads)
    return socket


def look(socket: ClientConnection, until: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Send frames one at a time, ten a second, until a state is as wanted."""
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        socket.send(picture())
        state = hear(socket, "state")
        if until(state):
            return state
        time.sleep(0.1)
    raise TimeoutError


def why_closed(socket: ClientConnection, messages: Sequence[str | bytes]) -> int | None:
    """Send, then listen to the end; the code that the server closes with."""
    try:
        for message in messages:
            socket.send(message)
        while True:
            socket.recv(timeout=WAIT_S)
    except ConnectionClosed as closed:
        return None if closed.rcvd is None else closed.rcvd.code


def settled(state: dict[str, Any]) -> bool:
    return state["mood"] is not None and state["mood"]["settled"]


def page_face(label: Expression = "sad") -> dict[str, Any]:
    probabilities = {name: 0.94 if name == label else 0.01 for name in EXPRESSIONS}
    quality = {"size_px": 100, "brightness": 0.5, "contrast": 0.2, "sharpness": 1, "inside": 1, "yaw": 0}
    logits = [5.0 if name == label else 0.0 for name in EXPRESSIONS]
    return {
        "bbox_xyxy": [10, 10, 90, 90],
        "landmarks": [],
        "detection": 0.9,
        "logits": logits,
        "probabilities": probabilities,
        "quality": quality,
    }


class Gate(FakeClassifier):
    """A classifier that takes until it is let go; says when it has begun."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = threading.Event()
        self.go = threading.Event()

    def classify(self, frame: Frame, faces: Sequence[Face]) -> tuple[Scores, ...]:
        self.begun.set()
        assert self.go.wait(WAIT_S)
        return super().classify(frame, faces)


def test_frames_become_a_settled_mood_and_offers(served: Served) -> None:
    with served.socket() as socket:
        started(socket)
        state = look(socket, settled)
        assert (state["width"], state["height"], state["me"]) == (160, 120, state["faces"][0]["track_id"])
        assert state["mood"]["expression"] == "happy"
        assert state["faces"][0]["bbox_xyxy"] == list(FACE.bbox_xyxy)
        offers = hear(socket, "offers")
        assert offers["expression"] == "happy"
        assert [shelf["kind"] for shelf in offers["shelves"]] == ["song", "film", "food", "activity"]
        first = {offer["item"]["id"] for shelf in offers["shelves"] for offer in shelf["offers"]}
        tell(socket, type="offers")
        again = {offer["item"]["id"] for shelf in hear(socket, "offers")["shelves"] for offer in shelf["offers"]}
        assert first != again


def test_a_correction_and_a_lane_change_the_offers_at_once_and_are_kept(served: Served) -> None:
    with served.socket() as socket:
        started(socket)
        look(socket, settled)
        hear(socket, "offers")
        tell(socket, type="correct", expression="sad")
        assert hear(socket, "offers")["expression"] == "sad"
        state = look(socket, settled)
        assert (state["mood"]["expression"], state["mood"]["corrected"]) == ("happy", "sad")
        entry = served.http.get("/api/v1/moods").json()["moods"][0]
        assert entry["id"] == state["mood"]["entry_id"]
        assert (entry["expression"], entry["corrected"], entry["source"]) == ("happy", "sad", "camera")
        tell(socket, type="lane", lane="match")
        assert hear(socket, "offers")["lane"] == "match"
        assert served.http.get("/api/v1/settings").json()["lanes"] == {"sad": "match"}


def test_a_mood_that_lasts_is_stored_once(served: Served) -> None:
    with served.socket() as socket:
        started(socket)
        stored = look(socket, lambda state: settled(state) and state["mood"]["entry_id"] is not None)
        for _ in range(5):
            look(socket, settled)
    moods = served.http.get("/api/v1/moods").json()["moods"]
    assert [entry["id"] for entry in moods] == [stored["mood"]["entry_id"]]
    assert moods[0]["expression"] == "happy"


def test_nothing_is_stored_when_the_person_does_not_want_it(served: Served) -> None:
    served.http.put("/api/v1/settings", json={"remember_camera_moods": False})
    with served.socket() as socket:
        started(socket)
        look(socket, settled)
        tell(socket, type="correct", expression="sad")
        assert look(socket, settled)["mood"]["entry_id"] is None
    assert served.store.counts()["moods"] == 0


def test_no_face_is_an_answer(tmp_path: Path) -> None:
    with serving(tmp_path, detector=FakeDetector([])) as served, served.socket() as socket:
        started(socket)
        socket.send(picture())
        state = hear(socket, "state")
        assert (state["faces"], state["me"], state["mood"]) == ([], None, None)
        tell(socket, type="correct", expression="sad")
        assert "Tap a mood" in json.loads(socket.recv(timeout=WAIT_S))["error"]["message"]


def test_the_newest_frame_wins_when_reading_is_slow(tmp_path: Path) -> None:
    gate = Gate()
    sent = 12
    with serving(tmp_path, classifier=gate) as served, served.socket() as socket:
        started(socket)
        for number in range(sent):
            socket.send(picture(160 + 8 * number))
            if number == 0:
                assert gate.begun.wait(WAIT_S)
        assert socket.ping().wait(WAIT_S)  # the server has all of them
        time.sleep(0.2)
        gate.go.set()
        states = [hear(socket, "state")]
        while states[-1]["width"] != 160 + 8 * (sent - 1):
            states.append(hear(socket, "state"))
        assert states[0]["width"] == 160
        assert [state["seq"] for state in states] == list(range(1, len(states) + 1))
        assert states[-1]["dropped"] == sent - len(states)
        assert states[-1]["dropped"] >= sent - 4


def test_a_client_that_waits_for_each_answer_gets_one_however_fast_it_is(served: Served) -> None:
    with served.socket() as raw:
        socket = started(raw)
        begin = time.monotonic()
        for _ in range(60):
            socket.send(picture())
            hear(socket, "state")
        assert time.monotonic() - begin >= 59 / 30, "thirty frames a second is the limit"


def test_the_server_answers_others_while_it_reads(tmp_path: Path) -> None:
    gate = Gate()
    with serving(tmp_path, classifier=gate) as served, served.socket() as socket:
        started(socket)
        socket.send(picture())
        assert gate.begun.wait(WAIT_S)
        try:
            assert served.http.get("/healthz", timeout=5).status_code == 200
            assert served.http.post("/api/v1/moods", json={"expression": "sad"}, timeout=5).status_code == 201
        finally:
            gate.go.set()
        hear(socket, "state")


def test_readings_made_in_the_page_take_the_same_way(served: Served) -> None:
    with served.socket() as socket:
        started(socket, "page")
        state: dict[str, Any] = {"mood": None}
        end = time.monotonic() + WAIT_S
        at = 0.0
        while not settled(state) and time.monotonic() < end:
            at += 0.1
            tell(socket, type="readings", at=at, width=640, height=480, faces=[page_face("sad")])
            state = hear(socket, "state")
            time.sleep(0.1)
        assert (state["width"], state["mood"]["expression"]) == (640, "sad")
        assert hear(socket, "offers")["expression"] == "sad"


@pytest.mark.parametrize(
    "rubbish",
    [
        "",
        "{",
        "[]",
        "null",
        '{"type": "dance"}',
        '{"type": "start", "reads": "nobody"}',
        '{"type": "lane", "lane": "fast"}',
        '{"type": "correct", "expression": "bored"}',
        '{"type": "choose", "track_id": -1}',
        '{"type": "correct", "expression": "\\ud800"}',
        "[" * 5000,
        json.dumps({"type": "readings", "at": 1, "width": 9, "height": 9, "faces": [{"bbox_xyxy": [1, 2, 3]}]}),
        '{"type": "readings", "at": NaN, "width": 9, "height": 9, "faces": []}',
        json.dumps({"type": "readings", "at": 1, "width": 9, "height": 9, "faces": [page_face()] * 33}),
        json.dumps({"type": "readings", "at": 1, "width": 9, "height": 9, "faces": [page_face() | {"bbox_xyxy": [9, 9, 1, 1]}]}),
        json.dumps({"type": "readings", "at": 1, "width": 9, "height": 9, "faces": []}),  # started for frames
        '{"type": "start"}',  # a second time
        '{"type": "offers"}',  # nothing is settled
        b"not a picture",
        b"",
        picture()[:500],
        picture(1400, 100),
    ],
)  # fmt: skip
def test_rubbish_is_answered_and_the_socket_stays_open(served: Served, rubbish: str | bytes) -> None:
    with served.socket() as socket:
        started(socket)
        socket.send(rubbish)
        error = json.loads(socket.recv(timeout=WAIT_S))
        assert error["type"] == "error"
        assert error["error"]["message"]
        socket.send(picture())
        assert hear(socket, "state")["faces"]


def test_a_frame_before_the_start_is_told_what_is_missing(served: Served) -> None:
    with served.socket() as socket:
        hear(socket, "hello")
        socket.send(picture())
        assert "start" in json.loads(socket.recv(timeout=WAIT_S))["error"]["message"]


@pytest.mark.parametrize("too_much", [b"\xff" * (256 * 1024 + 1), "x" * (256 * 1024 + 1)])
def test_a_frame_over_the_limit_closes_the_socket(served: Served, too_much: str | bytes) -> None:
    with served.socket() as socket:
        started(socket)
        assert why_closed(socket, [too_much]) == 1009


def test_a_client_that_floods_is_shown_the_door(tmp_path: Path) -> None:
    gate = Gate()
    with serving(tmp_path, classifier=gate) as served, served.socket() as socket:
        started(socket)
        socket.send(picture())
        assert gate.begun.wait(WAIT_S)
        threading.Timer(0.5, gate.go.set).start()
        assert why_closed(socket, ["rubbish"] * 200) == 1008


def test_no_compression_is_agreed(served: Served) -> None:
    with served.socket(compression="deflate") as socket:
        assert "Sec-WebSocket-Extensions" not in socket.response.headers  # type: ignore[union-attr]


def test_a_page_that_vanishes_leaves_its_seat(served: Served) -> None:
    for _ in range(6):  # twice as many as there are seats
        with served.socket() as socket:
            started(socket)
            socket.send(picture())
            socket.socket.close()
        time.sleep(0.1)
    with served.socket() as socket:
        hear(socket, "hello")
