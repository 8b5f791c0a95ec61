from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from moodmirror.cli.main import run
from moodmirror.errors import DataError
from moodmirror.training.framing import FRAMING, Framing, read_framing
from tests.golden.pictures import pictures


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A FER2013 CSV with one face forty times, and once elsewhere than in Training."""
    face = pictures()["portrait"][56:200, 153:297, 1].reshape(48, 3, 48, 3).mean((1, 3)).astype(np.uint8)
    pixels = " ".join(map(str, face.ravel()))
    path = tmp_path_factory.mktemp("data") / "faces.csv"
    rows = [f"3,{pixels},Training"] * 40 + [f"3,{pixels},PublicTest"]
    path.write_text("\n".join(["emotion,pixels,Usage", *rows]) + "\n")
    return path


def test_a_framing_is_fitted_printed_and_written(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "framing.json"
    assert run(["frame-fit", "--data", str(table), "--json", "--out", str(out)]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads(out.read_text())
    assert printed["n"] == 40
    assert printed["found"] >= 0.9
    assert read_framing(out) == Framing(**{**printed, "spread": tuple(printed["spread"])})


def test_the_sample_bounds_what_is_tried_and_the_seed_repeats_it(
    table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = []
    for seed in ("1", "1", "2"):
        assert run(["frame-fit", "--data", str(table), "--sample", "30", "--seed", seed, "--json"]) == 0
        answers.append(json.loads(capsys.readouterr().out))
    assert answers[0]["n"] == 30
    assert answers[0] == answers[1] != answers[2]


def test_the_table_names_what_was_found(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["frame-fit", "--data", str(table)]) == 0
    assert "of 40 pictures" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [["--data", "nowhere.csv"], ["--sample", "5"], ["--out", "no/such/folder/x.json"]]
)
def test_what_cannot_be_done_is_said(arguments: list[str], table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = [] if "--data" in arguments else ["--data", str(table)]
    assert run(["frame-fit", *data, *arguments]) == 1
    assert "error:" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"side_per_box": 1}',
        '{"side_per_box": -1, "eyes_to_centre": 0, "box_to_centre": 0, "spread": [0, 0, 0]}',
    ],
)
def test_a_file_that_is_no_framing_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "framing.json"
    path.write_text(text)
    with pytest.raises(DataError, match="frame-fit"):
        read_framing(path)


def test_the_packages_framing_was_fitted_on_many_faces() -> None:
    assert FRAMING.n >= 1000
    assert FRAMING.found >= 0.95
