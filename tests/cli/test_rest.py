"""`moodmirror rest`, and what `watch` and `read` do with a resting face that is kept."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from benchmarks.scenes import portrait_scene
from moodmirror.cli.main import run
from moodmirror.expression.classify import OnnxClassifier
from moodmirror.store import Store, StoredRest
from tests.data import data_dir

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
OFFSET = (0.0, 0.0, 0.0, -1.0, -0.5, 0.0, 0.0)


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    monkeypatch.setenv("MOODMIRROR_HOME", str(home))
    return home


@pytest.fixture
def kept(own_home: Path) -> StoredRest:
    rest = StoredRest(OFFSET, 148, 10.0, "sad", OnnxClassifier().card.sha256, NOON)
    with Store.open(own_home / "moodmirror.db") as store:
        store.put_rest(rest)
    return rest


def film(path: Path, seconds: float, shift_per_s: float = 0.0, fps: int = 5, empty: bool = False) -> Path:
    """A clip of the astronaut, who smiles; or of a wall."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), fps, (640, 480))
    for step in range(round(seconds * fps) + 1):
        scene: NDArray[np.uint8] = portrait_scene(640, 480, shift=round(shift_per_s * step / fps))
        writer.write(np.full_like(scene, 128) if empty else cv2.cvtColor(scene, cv2.COLOR_RGB2BGR))
    writer.release()
    return path


def photo(path: Path) -> Path:
    Image.fromarray(portrait_scene(640, 480)).save(path)
    return path


@pytest.mark.parametrize(
    ("clip", "said"),
    [
        ({"seconds": 11}, "read as happy throughout"),
        ({"seconds": 11, "shift_per_s": 20.0}, "moved"),
        ({"seconds": 4}, "ended before"),
        ({"seconds": 11, "empty": True}, "out of view"),
    ],
)
def test_a_capture_that_is_refused_says_why_and_keeps_nothing(
    clip: dict[str, float], said: str, tmp_path: Path, own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = film(tmp_path / "clip.avi", **clip)  # type: ignore[arg-type]
    assert run(["rest", "--camera", str(path)]) == 1
    captured = capsys.readouterr()
    assert "Kept" not in captured.out
    assert said in captured.err
    with Store.open(own_home / "moodmirror.db") as store:
        assert store.rest() is None


def test_a_steady_portrait_is_captured_and_used(
    tmp_path: Path, own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    portrait = Image.open(data_dir("photos") / "img27.jpg").convert("RGB")
    portrait.thumbnail((640, 480))
    frame = cv2.cvtColor(np.asarray(portrait, np.uint8), cv2.COLOR_RGB2BGR)
    clip = str(tmp_path / "still.avi")
    writer = cv2.VideoWriter(clip, cv2.VideoWriter.fourcc(*"MJPG"), 3, portrait.size)
    for _ in range(3 * 11):
        writer.write(frame)
    writer.release()
    assert run(["rest", "--camera", clip]) == 0
    assert "Kept, from 31 readings" in capsys.readouterr().out
    with Store.open(own_home / "moodmirror.db") as store:
        kept = store.rest()
    assert kept is not None
    plain, _ = logits(capsys, "watch", "--camera", clip)
    rested, _ = logits(capsys, "watch", "--camera", clip, "--rest")
    assert np.subtract(rested, plain) == pytest.approx(kept.offset, abs=1e-5)


def test_what_is_kept_is_shown_and_forgotten(kept: StoredRest, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rest", "--show"]) == 0
    said = capsys.readouterr().out
    assert "148 readings" in said
    assert f"read as {kept.read_as}" in said
    assert "happy -1.00" in said
    assert "neutral 0.00" in said
    assert "not in use" not in said
    assert run(["rest", "--forget"]) == 0
    assert run(["rest", "--show"]) == 0
    assert "No resting face is kept" in capsys.readouterr().out
    assert run(["rest", "--forget"]) == 1
    assert "nothing to forget" in capsys.readouterr().err
    assert run(["rest", "--forget", "--show"]) == 1


def test_showing_or_leaving_out_makes_no_database(tmp_path: Path, own_home: Path) -> None:
    assert run(["rest", "--show"]) == 0
    assert run(["read", str(photo(tmp_path / "me.png")), "--json"]) == 0
    assert not own_home.exists()


def logits(capsys: pytest.CaptureFixture[str], *command: str) -> tuple[list[float], str]:
    """The first face's logits of a command that prints JSON, and what it said beside."""
    assert run([*command, "--json"]) == 0
    captured = capsys.readouterr()
    out = captured.out if command[0] == "read" else captured.out.splitlines()[0]
    seen = json.loads(out)
    return (seen[0] if command[0] == "read" else seen)["faces"][0]["logits"], captured.err


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("command", ["read", "watch"])
def test_a_file_is_read_with_it_only_when_asked_and_that_is_said(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = [str(photo(tmp_path / "me.png"))] if command == "read" else ["--camera", str(film(tmp_path / "m.avi", 1))]
    plain, silent = logits(capsys, command, *source)
    rested, said = logits(capsys, command, *source, "--rest")
    assert np.subtract(rested, plain) == pytest.approx(OFFSET, abs=1e-5)
    assert "resting face" in said
    assert "resting face" not in silent
    assert run(["rest", "--forget"]) == 0
    capsys.readouterr()
    assert logits(capsys, command, *source) == (plain, silent)


def test_asking_for_one_that_is_not_kept_says_how_to_get_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["read", str(photo(tmp_path / "me.png")), "--rest"]) == 1
    assert "moodmirror rest" in capsys.readouterr().err


def test_one_of_another_model_is_left_out_and_that_is_said(
    kept: StoredRest, own_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    me = str(photo(tmp_path / "me.png"))
    plain, _ = logits(capsys, "read", me)
    with Store.open(own_home / "moodmirror.db") as store:
        store.put_rest(StoredRest(kept.offset, 148, 10.0, "sad", "ab" * 32, NOON))
    rested, said = logits(capsys, "read", me, "--rest")
    assert rested == plain
    assert "another model" in said
    assert run(["rest", "--show"]) == 0
    assert "not in use" in capsys.readouterr().out
