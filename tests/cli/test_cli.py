from __future__ import annotations

import csv
import io
import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.scenes import jpeg, portrait_scene
from moodmirror import __version__
from moodmirror.cli.main import run


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    monkeypatch.setenv("MOODMIRROR_HOME", str(home))
    return home


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    path.write_bytes(jpeg(portrait_scene(640, 480), quality=90))
    return path


def test_version_in_a_process_of_its_own() -> None:
    command = [sys.executable, "-m", "moodmirror", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"moodmirror {__version__}\n"


def test_read_json_is_a_list_with_an_object_per_input_and_nothing_else(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blank = tmp_path / "blank.png"
    from PIL import Image

    Image.new("RGB", (200, 200), "grey").save(blank)
    assert run(["read", str(photo), str(blank), "--json"]) == 0
    found, empty = json.loads(capsys.readouterr().out)
    assert found["path"] == str(photo)
    assert len(found["faces"]) == 1
    assert sum(found["faces"][0]["probabilities"].values()) == pytest.approx(1, abs=1e-3)
    assert empty == {"path": str(blank), "faces": []}


def test_read_names_what_cannot_be_read_and_reads_the_rest(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(photo.read_bytes()[:2000])
    assert run(["read", str(broken), str(tmp_path / "none.jpg"), str(photo), "--json"]) == 1
    cut, missing, whole = json.loads(capsys.readouterr().out)
    assert "damaged" in cut["error"]
    assert "cannot be opened" in missing["error"]
    assert cut["faces"] == missing["faces"] == []
    assert len(whole["faces"]) == 1
    assert "error" not in whole


def test_read_takes_a_folder_and_writes_csv_and_drawings(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "album"
    folder.mkdir()
    photo.rename(folder / "a.jpg")
    (folder / "notes.txt").write_text("not a picture")
    assert run(["read", str(folder), "--csv", "--draw", str(tmp_path / "drawn")]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(rows) == 1
    assert rows[0]["path"].endswith("a.jpg")
    assert 0 <= float(rows[0]["happy"]) <= 1
    assert (tmp_path / "drawn" / "a.png").stat().st_size > 10_000


def test_an_empty_folder_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert run(["read", str(tmp_path / "empty"), "--json"]) == 1
    assert "no picture" in json.loads(capsys.readouterr().out)[0]["error"]


def test_a_video_is_read_in_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import cv2

    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (640, 480))
    for step in range(21):
        writer.write(cv2.cvtColor(portrait_scene(640, 480, shift=step), cv2.COLOR_RGB2BGR))
    writer.release()
    assert run(["read", str(path), "--every", "1", "--json"]) == 0
    faces = json.loads(capsys.readouterr().out)[0]["faces"]
    assert [face["at"] for face in faces] == [0, 1, 2]
    assert {face["track_id"] for face in faces} == {1}
    assert run(["watch", "--camera", str(path), "--json"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 21
    assert json.loads(lines[-1])["faces"][0]["track_id"] == 1
    assert run(["watch", "--camera", str(path)]) == 0
    panel = capsys.readouterr().out
    assert "expression: happy" in panel
    assert "0 passed over" in panel


@pytest.mark.parametrize("source", ["63", "nowhere.mp4"])
def test_a_source_that_is_not_there_is_named(source: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["watch", "--camera", source]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "error:" in captured.err


def test_recommend_offers_four_kinds_with_reasons(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["recommend", "--mood", "sad", "--lane", "shift", "--json"]) == 0
    offers = json.loads(capsys.readouterr().out)
    assert [shelf["kind"] for shelf in offers["shelves"]] == ["song", "film", "food", "activity"]
    assert all(offer["reason"] for shelf in offers["shelves"] for offer in shelf["offers"])


def test_a_mood_or_lane_that_does_not_exist_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["recommend", "--mood", "bored"]) == 2
    assert run(["recommend", "--mood", "sad", "--lane", "sideways"]) == 2
    assert "surprise" in capsys.readouterr().err


def test_a_busy_port_says_so_before_anything_is_loaded(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert run(["serve", "--port", str(port)]) == 1
    assert f"Port {port} is taken" in capsys.readouterr().err


def test_a_public_address_is_refused_while_there_are_no_accounts(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["serve", "--host", "0.0.0.0", "--port", "18999"]) == 1
    assert "0.0.0.0" in capsys.readouterr().err


def test_a_missing_and_a_tampered_model_are_refused(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from moodmirror.expression import classify

    shipped = Path(classify.__file__).parent / "models"
    for name in ("express.onnx", "express.json"):
        (tmp_path / name).write_bytes((shipped / name).read_bytes())
    model = tmp_path / "express.onnx"
    assert run(["read", str(photo), "--model", str(model), "--json"]) == 0
    model.write_bytes(model.read_bytes()[:-1] + b"\x01")
    assert run(["read", str(photo), "--model", str(model)]) == 1
    assert run(["read", str(photo), "--model", str(tmp_path / "none.onnx")]) == 1
    assert capsys.readouterr().err.count("error:") == 2


@pytest.mark.parametrize("home", ["file/home", "/proc/moodmirror"])
def test_a_data_folder_that_cannot_be_written_is_named(
    home: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("a file where a folder is needed; /proc refuses even root")
    monkeypatch.setenv("MOODMIRROR_HOME", str(tmp_path / home))
    assert run(["recommend", "--mood", "sad"]) == 1
    said = capsys.readouterr().err
    assert "error:" in said
    assert "moodmirror" in said or "home" in said


def test_doctor_looks_at_each_part(capsys: pytest.CaptureFixture[str]) -> None:
    run(["doctor"])
    said = capsys.readouterr().out
    for part in ("detectors", "expression model", "catalogue", "database", "page", "cameras"):
        assert part in said


def test_doctor_names_the_extra_that_is_missing() -> None:
    from moodmirror.cli.doctor import extra

    assert "moodmirror[nonsense]" in extra("nonsense", ("no_such_module",), "nothing").detail


def test_the_environment_chooses_the_detector_and_an_option_wins(
    photo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def landmarks(*options: str) -> int:
        assert run(["read", str(photo), "--json", *options]) == 0
        return len(json.loads(capsys.readouterr().out)[0]["faces"][0]["landmarks"])

    monkeypatch.setenv("MOODMIRROR_DETECTOR", "haar")
    assert landmarks() == 0
    assert landmarks("--detector", "short") == 6
    monkeypatch.setenv("MOODMIRROR_DETECTOR", "eagle")
    assert run(["read", str(photo)]) == 1
    assert "detector" in capsys.readouterr().err


def test_a_database_address_that_is_none_makes_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MOODMIRROR_DATABASE_URL", "rubbish")
    assert run(["recommend", "--mood", "sad"]) == 1
    assert not (tmp_path / "rubbish").exists()


def test_lists_kept_per_mood_come_in_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "sad.csv").write_text("song,artist,link\nOne,Somebody,https://example.org/1\nTwo,Somebody else,\n")
    (tmp_path / "happy.csv").write_text("film,year,link\nA film,not a year,\n")
    assert run(["catalog", "import", str(tmp_path)]) == 1
    captured = capsys.readouterr()
    assert "2 items new, 0 known already; 1 files refused." in captured.out
    assert "happy.csv:2: year" in captured.err
    (tmp_path / "happy.csv").unlink()
    assert run(["catalog", "import", str(tmp_path)]) == 0
    assert "0 items new, 2 known already" in capsys.readouterr().out


def test_evaluate_gives_the_figures_as_json_and_a_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pixels = " ".join(["90"] * 2304)
    data = tmp_path / "a.csv"
    data.write_text(f"emotion,pixels,Usage\n3,{pixels},PublicTest\n0,{pixels},PublicTest\n6,{pixels},Other\n")
    assert (
        run(["evaluate", "--data", str(data), "--split", "PublicTest", "--json", "--picture", str(tmp_path / "c.png")])
        == 0
    )
    figures = json.loads(capsys.readouterr().out)
    assert figures["n"] == 2
    assert {"accuracy", "macro_f1", "nll", "ece", "confusion"} <= figures.keys()
    assert (tmp_path / "c.png").read_bytes().startswith(b"\x89PNG")
    assert run(["evaluate", "--data", str(data), "--split", "Nowhere"]) == 1
    assert "Other, PublicTest" in capsys.readouterr().err


def test_an_empty_data_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.csv").touch()
    assert run(["evaluate", "--data", str(tmp_path / "a.csv")]) == 1
    assert "Expected emotion" in capsys.readouterr().err
