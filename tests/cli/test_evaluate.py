from __future__ import annotations

import bz2
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from moodmirror.cli.evaluate import picture_paths
from moodmirror.cli.main import run
from moodmirror.evaluation.metrics import figures, vote_figures
from moodmirror.evaluation.robustness import CONDITIONS
from moodmirror.expression.classify import OnnxClassifier
from tests.data import data_dir
from tests.expression.test_classify import own_model

VOTES_HEADER = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
USAGES = ("Training", "PrivateTest", "PublicTest", "PrivateTest", "PrivateTest")
LABELS = (3, 0, 6, 3, 4)
VOTES = (
    (0, 10, 0, 0, 0, 0, 0, 0, 0, 0),
    (2, 0, 0, 0, 8, 0, 0, 0, 0, 0),
    (10, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    (0, 5, 5, 0, 0, 0, 0, 0, 0, 0),
    (0, 0, 0, 0, 0, 0, 0, 0, 0, 10),
)
CROPS = np.random.default_rng(0).integers(0, 256, (5, 48, 48)).astype(np.uint8)


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """Five rows of the public form, in splits that stand in no order, and their votes."""
    data, votes = tmp_path / "fer.csv", tmp_path / "new.csv"
    rows = zip(LABELS, CROPS.reshape(5, -1), USAGES, strict=True)
    data.write_text("emotion,pixels,Usage\n" + "".join(f"{a},{' '.join(map(str, b))},{c}\n" for a, b, c in rows))
    counts = zip(USAGES, VOTES, strict=True)
    votes.write_text(
        VOTES_HEADER + "\n" + "".join(f"{usage},x.png,{','.join(map(str, row))}\n" for usage, row in counts)
    )
    return str(data), str(votes)


def as_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert run(["evaluate", *arguments, "--json"]) == 0
    return dict(json.loads(capsys.readouterr().out))


def test_votes_follow_their_rows_into_any_split(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    data, votes = files
    given = as_json(capsys, "--data", data, "--votes", votes, "--split", "PrivateTest")
    rows = [number for number, usage in enumerate(USAGES) if usage == "PrivateTest"]
    heads = OnnxClassifier().read_heads(CROPS[rows])
    expected = vote_figures(heads, np.array(VOTES)[rows]).to_dict()
    assert {name: given[name] for name in expected} == expected
    assert (given["n"], given["ferplus_n"], given["shown_n"]) == (3, 1, 2)
    labels = figures(heads.labels, np.array(LABELS)[rows])
    assert given["nll"] == pytest.approx(labels.nll)
    assert given["accuracy_interval"] == pytest.approx(list(labels.accuracy_interval))


def test_without_votes_nothing_is_said_of_raters(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    given = as_json(capsys, "--data", files[0])
    assert given["n"] == 5
    assert not [name for name in given if name.startswith(("ferplus", "shown", "robustness", "calibration"))]


def test_a_model_with_one_head_is_measured_and_says_what_it_lacks(
    files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, votes = files
    own = str(own_model(tmp_path / "own.onnx", ["n", 1, 48, 48]))
    given = as_json(capsys, "--data", data, "--votes", votes, "--model", own)
    assert given["ferplus_n"] == 3
    assert given["ferplus_accuracy"] is None
    assert given["shown_n"] == 4
    assert run(["evaluate", "--data", data, "--votes", votes, "--model", own]) == 0
    assert "no head for FER+'s eight emotions" in capsys.readouterr().out


def test_rows_without_raters_give_words_and_no_numbers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, votes = tmp_path / "a.csv", tmp_path / "v.csv"
    data.write_text(f"emotion,pixels,Usage\n3,{' '.join(['90'] * 2304)},Mine\n")
    votes.write_text(f"{VOTES_HEADER}\nMine,,0,0,0,0,0,0,0,0,0,10\n")
    assert run(["evaluate", "--data", str(data), "--votes", str(votes), "--calibration"]) == 0
    said = capsys.readouterr().out
    assert "on none of these rows do most raters agree" in said
    assert "no rater named one of the seven" in said


def test_votes_of_other_rows_are_refused(
    files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, votes = files
    short = tmp_path / "short.csv"
    short.write_text("\n".join(Path(votes).read_text().splitlines()[:-1]) + "\n")
    assert run(["evaluate", "--data", data, "--votes", str(short)]) == 1
    assert run(["evaluate", "--data", data, "--votes", str(tmp_path / "none.csv")]) == 1
    said = capsys.readouterr().err
    assert "has 4 rows and the data 5" in said
    assert "none.csv is no file" in said


def test_robustness_and_calibration_are_tables_json_and_pictures(
    files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, votes = files
    both = ["--data", data, "--votes", votes, "--robustness", "--calibration"]
    given = as_json(capsys, *both, "--picture", str(tmp_path / "figures"))
    assert list(given["robustness"]) == [condition.name for condition in CONDITIONS]
    light = given["robustness"]["light_4"]
    assert light["lost"] == pytest.approx(given["accuracy"] - light["accuracy"])
    assert given["calibration"]["labels"]["after"]["ece"] == pytest.approx(given["ece"], abs=1e-6)
    assert given["calibration"]["shown"]["after"]["ece"] == pytest.approx(given["shown_ece"], abs=1e-6)
    assert sum(one["rows"] for one in given["calibration"]["shown"]["before"]["bins"]) == given["shown_n"]
    for name in ("confusion", "robustness", "calibration"):
        assert (tmp_path / "figures" / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    assert run(["evaluate", *both]) == 0
    said = capsys.readouterr().out
    for words in ("a quarter of the light", "box 20 % too small", "before fitting", "0.93-1.00"):
        assert words in said


def test_one_picture_is_that_of_the_one_figure_asked_for(tmp_path: Path) -> None:
    png = tmp_path / "a.png"
    assert picture_paths(png, []) == {"confusion": png}
    assert picture_paths(png, ["calibration"]) == {"calibration": png}
    assert picture_paths(tmp_path, []) == {"confusion": tmp_path / "confusion.png"}


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("a.png", ["--robustness", "--calibration"], "Name a folder"),
        ("a.jpg", [], "PNG"),
        ("taken/a.png", [], "written"),
    ],
)
def test_a_picture_that_cannot_be_is_named(
    files: tuple[str, str],
    tmp_path: Path,
    name: str,
    options: list[str],
    words: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "taken").touch()
    assert run(["evaluate", "--data", files[0], "--picture", str(tmp_path / name), *options]) == 1
    captured = capsys.readouterr()
    assert words in captured.err
    assert captured.out == ""


def test_the_public_files_are_read_as_they_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = data_dir("fer2013")
    with bz2.open(folder / "fer2013.csv.bz2", "rt") as full:
        (tmp_path / "fer.csv").write_text("".join(next(full) for _ in range(31)))
    with (folder / "fer2013new.csv").open() as votes:
        (tmp_path / "new.csv").write_text("".join(next(votes) for _ in range(31)))
    given = as_json(capsys, "--data", str(tmp_path / "fer.csv"), "--votes", str(tmp_path / "new.csv"))
    assert given["shown_n"] > 25
    assert 0 < given["shown_nll"] < 2
