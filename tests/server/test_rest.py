"""A resting face over the live socket and the routes: captured, used for me alone, refused, cut off, undone."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from websockets.sync.client import ClientConnection

from moodmirror.catalog.load import Catalog
from moodmirror.config import Settings
from moodmirror.expression.classify import FakeClassifier
from moodmirror.mirror import Mirror
from moodmirror.mood.rest import CAPTURE_S
from moodmirror.recommend.recommender import Recommender
from moodmirror.server.app import create_app
from moodmirror.server.sitting import Sitting
from moodmirror.server.wire import Rest, Start
from moodmirror.store import Store, StoredRest
from moodmirror.types import EXPRESSIONS, Expression, Face, Quality, Scores
from moodmirror.vision.detect import FakeDetector
from tests.server.serving import FACE, Served, picture, serving
from tests.server.test_live import WAIT_S, hear, started, tell

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FAKE_MODEL = "0" * 64
AT_REST = (0.3, -2.1, 0.3, -0.4, 0.5, -1.3, 2.3)
"""Logits of a face that rests as neutral."""
KEPT = StoredRest((0.0, 0.0, 0.0, 0.0, -1.25, 0.0, 0.0), 31, 10.0, "sad", FAKE_MODEL, NOON)
STEPS = 30


def resting(more: dict[Expression, float]) -> np.ndarray:
    """Logits of a face at rest with more of some expressions than others have."""
    return np.array([value + more.get(name, 0.0) for name, value in zip(EXPRESSIONS, AT_REST, strict=True)])


SAD_AT_REST = resting({"sad": 1.9})


def page_face(logits: np.ndarray = SAD_AT_REST, left: float = 100) -> dict[str, Any]:
    weights = np.exp(logits - logits.max())
    return {
        "bbox_xyxy": [left, 100, left + 100, 200],
        "detection": 0.9,
        "logits": logits.tolist(),
        "probabilities": dict(zip(EXPRESSIONS, (weights / weights.sum()).tolist(), strict=True)),
        "quality": {"size_px": 100, "brightness": 0.5, "contrast": 0.2, "sharpness": 1, "inside": 1, "yaw": 0},
    }


class Page:
    """A page that reads by itself, on a clock of its own."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = started(socket, "page")
        self.at = 0.0

    def look(self, *faces: dict[str, Any], step_s: float = CAPTURE_S / STEPS) -> dict[str, Any]:
        """Send one reading of faces; the state that answers it."""
        self.at += step_s
        tell(self.socket, type="readings", at=self.at, width=640, height=480, faces=list(faces or (page_face(),)))
        return hear(self.socket, "state")

    def capture(self, face: Callable[[int], dict[str, Any]] = lambda _: page_face()) -> dict[str, Any]:
        """Capture until it ends; the last message of it."""
        tell(self.socket, type="rest", action="start")
        message = hear(self.socket, "rest")
        assert (message["status"], message["progress"]) == ("capturing", 0)
        for step in range(STEPS + 2):
            self.look(face(step))
            after = hear(self.socket, "rest")
            assert after["progress"] >= message["progress"]
            message = after
            if message["status"] != "capturing":
                return message
        raise AssertionError("the capture did not end")


def test_a_captured_face_shifts_my_readings_and_one_delete_undoes_it_to_the_digit(served: Served) -> None:
    assert served.http.get("/api/v1/rest").json() == {"resting_face": None}
    with served.socket() as socket:
        page = Page(socket)
        before = page.look()
        assert before["rested"] is None
        end = page.capture()
        assert end["status"] == "kept"
        assert end["resting_face"] == served.http.get("/api/v1/rest").json()["resting_face"]
        assert (end["resting_face"]["read_as"], end["resting_face"]["in_use"]) == ("sad", True)
        shifted = page.look()
        assert shifted["rested"] == shifted["me"] == before["me"]
        (face,) = shifted["faces"]
        added = [end["resting_face"]["offset"][name] for name in EXPRESSIONS]
        assert face["logits"] == pytest.approx(SAD_AT_REST + added)
        assert max(face["probabilities"], key=face["probabilities"].get) == "neutral"
        assert served.http.delete("/api/v1/rest").status_code == 204
        after = page.look()
        assert after["rested"] is None
        assert after["faces"] == before["faces"]
    assert served.http.get("/api/v1/rest").json() == {"resting_face": None}
    assert served.http.delete("/api/v1/rest").json()["error"]["type"] == "NotFound"


def test_the_settled_mood_is_that_of_the_shifted_reading(served: Served) -> None:
    served.store.put_rest(KEPT)
    with served.socket() as socket:
        page = Page(socket)
        state = page.look()
        while state["mood"] is None or not state["mood"]["settled"]:
            state = page.look(step_s=0.05)
        assert state["mood"]["expression"] == "neutral"


def test_a_held_smile_is_refused_with_what_to_do_and_nothing_is_kept(served: Served) -> None:
    with served.socket() as socket:
        page = Page(socket)
        end = page.capture(lambda _: page_face(resting({"happy": 6})))
        assert (end["status"], end["reason"], end["resting_face"]) == ("refused", "held", None)
        assert "Let your face rest" in end["message"]
        assert page.look()["rested"] is None
    assert served.store.rest() is None


def test_a_face_that_moves_is_refused_before_the_time_is_over(served: Served) -> None:
    with served.socket() as socket:
        end = Page(socket).capture(lambda step: page_face(left=100 + 15 * step))
        assert (end["status"], end["reason"]) == ("refused", "moved")
        assert end["progress"] < 0.8


@pytest.mark.parametrize("cut", ["close", "vanish", "cancel"])
def test_a_capture_cut_in_the_middle_leaves_nothing(served: Served, cut: str) -> None:
    with served.socket() as socket:
        page = Page(socket)
        tell(socket, type="rest", action="start")
        for _ in range(STEPS // 2):
            page.look()
        if cut == "vanish":
            socket.socket.close()
        elif cut == "cancel":
            tell(socket, type="rest", action="cancel")
            while (message := hear(socket, "rest"))["status"] == "capturing":
                pass
            assert message["status"] == "cancelled"
            for _ in range(STEPS):
                page.look()
    with served.socket() as socket:
        assert Page(socket).look()["rested"] is None
    assert set(served.store.counts().values()) == {0}


def test_a_new_capture_measures_the_face_and_not_what_the_old_one_made_of_it(served: Served) -> None:
    with served.socket() as socket:
        page = Page(socket)
        first, second = page.capture()["resting_face"], page.capture()["resting_face"]
        assert first["offset"] == second["offset"]
    assert served.store.counts()["resting_faces"] == 1


def test_nobody_else_is_shifted(served: Served) -> None:
    served.store.put_rest(KEPT)
    with served.socket() as socket:
        page = Page(socket)
        mine, theirs = page_face(), page_face(left=400)
        state = page.look(mine, theirs)
        shifted, plain = state["faces"]
        assert state["rested"] == shifted["track_id"] == state["me"]
        assert plain["logits"] == theirs["logits"]
        tell(socket, type="choose", track_id=plain["track_id"])
        state = page.look(mine, theirs)
        assert state["rested"] == state["me"] == plain["track_id"]
        assert state["faces"][0]["logits"] == mine["logits"]
        state = page.look(mine)  # I am away for a moment; who stays is not me
        assert (state["rested"], state["faces"][0]["logits"]) == (None, mine["logits"])


def test_it_can_be_left_out_on_one_socket_while_somebody_else_stands_there(served: Served) -> None:
    served.store.put_rest(KEPT)
    with served.socket() as socket, served.socket() as other:
        page, mine = Page(socket), Page(other)
        assert page.look()["rested"] is not None
        tell(socket, type="rest", action="leave_out")
        assert page.look()["rested"] is None
        assert mine.look()["rested"] is not None
        tell(socket, type="rest", action="use")
        assert page.look()["rested"] is not None
    assert served.store.rest() == KEPT


def test_deleting_all_data_undoes_it_and_an_import_brings_it_back(served: Served) -> None:
    served.store.put_rest(KEPT)
    export = served.http.get("/api/v1/export").json()
    with served.socket() as socket:
        page = Page(socket)
        assert page.look()["rested"] is not None
        served.http.delete("/api/v1/data")
        assert page.look()["rested"] is None
        assert served.http.post("/api/v1/import", json=export).json()["resting_faces"] == 1
        assert page.look()["rested"] is not None
    assert served.store.rest() == KEPT


def test_what_another_process_forgets_is_soon_left_out_here(served: Served) -> None:
    served.store.put_rest(KEPT)
    with served.socket() as socket, Store.open(served.home / "moodmirror.db") as elsewhere:
        page = Page(socket)
        assert page.look()["rested"] is not None
        elsewhere.delete_rest()
        while page.look(step_s=0.03)["rested"] is not None:
            assert page.at < 60


def test_a_resting_face_of_another_model_is_kept_but_not_used(served: Served) -> None:
    served.store.put_rest(dataclasses.replace(KEPT, model="ab" * 32))
    assert served.http.get("/api/v1/rest").json()["resting_face"]["in_use"] is False
    with served.socket() as socket:
        assert Page(socket).look()["rested"] is None


@pytest.mark.parametrize(
    ("messages", "advice"),
    [
        ([{"type": "rest", "action": "start"}], "who reads"),
        ([{"type": "start"}, {"type": "rest", "action": "cancel"}], "nothing to cancel"),
        ([{"type": "start"}, {"type": "rest", "action": "smile"}], "action"),
    ],
)
def test_what_cannot_be_done_is_said(served: Served, messages: list[dict[str, str]], advice: str) -> None:
    with served.socket() as socket:
        hear(socket, "hello")
        for message in messages:
            tell(socket, **message)
        assert advice in json.loads(socket.recv(timeout=WAIT_S))["error"]["message"]


def test_a_photo_is_read_with_it_only_when_asked_and_alone(tmp_path: Path) -> None:
    def read(served: Served, **params: str) -> dict[str, Any]:
        answer = served.http.post("/api/v1/read", files={"photo": ("me.jpg", picture())}, params=params)
        return dict(answer.json())

    with serving(tmp_path / "one") as served:
        served.store.put_rest(KEPT)
        plain, rested = read(served), read(served, rest="true")
        assert (plain["rested"], rested["rested"]) == (False, True)
        added = np.subtract(rested["faces"][0]["logits"], plain["faces"][0]["logits"])
        assert added == pytest.approx(KEPT.offset)
    other = Face((0.0, 0.0, 30.0, 30.0), 0.9)
    with serving(tmp_path / "two", detector=FakeDetector([FACE, other])) as served:
        served.store.put_rest(KEPT)
        assert read(served, rest="true") | {"took_ms": 0} == read(served) | {"took_ms": 0}


def test_frames_that_the_server_reads_are_captured_on_its_own_clock(tmp_path: Path) -> None:
    shown = np.exp(SAD_AT_REST) / np.exp(SAD_AT_REST).sum()
    scores = Scores(tuple(shown.tolist()), tuple(SAD_AT_REST.tolist()), Quality(100, 0.5, 0.2, 1, 1, 0))
    now = [100.0]

    async def sit(sitting: Sitting) -> list[str]:
        await sitting.heed(Start(type="start", reads="server"))
        await sitting.heed(Rest(type="rest", action="start"))
        statuses: list[str] = []
        for _ in range(STEPS + 4):
            state = await sitting.look(picture(), 0)
            now[0] += CAPTURE_S / STEPS
            statuses += [message.status for message in sitting.news()]
        assert state.rested == state.me
        return statuses

    settings = Settings(home=tmp_path)
    mirror = Mirror(settings, detector=FakeDetector([FACE]), classifier=FakeClassifier(scores))
    with Store.open(settings.database) as store:
        desk = create_app(settings, mirror, store, Recommender(Catalog())).state.desk
        statuses = asyncio.run(sit(Sitting(dataclasses.replace(desk, clock=lambda: now[0]))))
        desk.reader.close()
        assert statuses.count("kept") == 1
        assert set(statuses) == {"capturing", "kept"}
        kept = store.rest()
    assert kept is not None
    assert (kept.read_as, kept.model) == ("sad", FAKE_MODEL)
