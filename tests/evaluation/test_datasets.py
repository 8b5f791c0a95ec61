from __future__ import annotations

import bz2
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from moodmirror.errors import DataError
from moodmirror.evaluation.datasets import load_crops, without_twins
from tests.data import data_dir

PIXELS = " ".join(str(i % 256) for i in range(48 * 48))
HEADER = "emotion,pixels,Usage"
VOTES_HEADER = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n")
    return path


def test_the_public_csv_reads_plain_and_compressed(tmp_path: Path) -> None:
    plain = write(tmp_path / "a.csv", HEADER, f"3,{PIXELS},Training", f"0,{PIXELS},PublicTest")
    packed = tmp_path / "a.csv.bz2"
    packed.write_bytes(bz2.compress(plain.read_bytes()))
    for path in (plain, packed):
        data = load_crops(path)
        assert data.labels.tolist() == [3, 0]
        assert data.crops.shape == (2, 48, 48)
        assert data.crops[0, 1, 2] == 50
        assert len(data.split("PublicTest")) == 1


@pytest.mark.parametrize(
    ("row", "named"),
    [
        (f"7,{PIXELS},Training", "line 2, emotion"),
        (f"x,{PIXELS},Training", "line 2, emotion"),
        ("3,1 2 3,Training", "line 2, pixels"),
        (f"3,{PIXELS.replace('17 ', '999 ', 1)},Training", "line 2, pixels"),
        (f"3,{PIXELS.replace('17 ', 'cat ', 1)},Training", "line 2, pixels"),
        ("3", "line 2, pixels"),
    ],
)
def test_a_broken_row_is_named_by_line_and_field(tmp_path: Path, row: str, named: str) -> None:
    with pytest.raises(DataError, match=named):
        load_crops(write(tmp_path / "a.csv", HEADER, row))


def test_an_empty_file_a_wrong_header_and_a_missing_file_say_what_is_expected(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").touch()
    with pytest.raises(DataError, match="Expected emotion"):
        load_crops(tmp_path / "empty.csv")
    with pytest.raises(DataError, match="no column pixels"):
        load_crops(write(tmp_path / "b.csv", "emotion,Usage", "1,Training"))
    with pytest.raises(DataError, match="no rows"):
        load_crops(write(tmp_path / "c.csv", HEADER))
    with pytest.raises(DataError, match="does not exist"):
        load_crops(tmp_path / "d.csv")


def test_a_truncated_archive_is_named(tmp_path: Path) -> None:
    packed = tmp_path / "a.csv.bz2"
    packed.write_bytes(bz2.compress(f"{HEADER}\n3,{PIXELS},Training\n".encode())[:-20])
    with pytest.raises(DataError, match="cannot be read"):
        load_crops(packed)


def test_votes_stand_row_for_row(tmp_path: Path) -> None:
    data = write(tmp_path / "a.csv", HEADER, f"3,{PIXELS},Training", f"0,{PIXELS},PublicTest")
    votes = write(
        tmp_path / "v.csv", VOTES_HEADER, "Training,a,1,9,0,0,0,0,0,0,0,0", "PublicTest,b,0,0,0,0,8,0,0,0,1,1"
    )
    loaded = load_crops(data, votes).votes
    assert loaded is not None
    assert loaded.tolist() == [[1, 9, 0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 8, 0, 0, 0, 1, 1]]
    with pytest.raises(DataError, match="row for row"):
        load_crops(data, write(tmp_path / "w.csv", VOTES_HEADER, "Training,a,1,9,0,0,0,0,0,0,0,0"))
    with pytest.raises(DataError, match="line 2, Usage"):
        load_crops(data, write(tmp_path / "x.csv", VOTES_HEADER, "PublicTest,b,0,0,0,0,8,0,0,0,1,1"))


def test_class_folders_with_a_held_out_part(tmp_path: Path) -> None:
    for part, name in [("train", "happy"), ("train", "anger"), ("test", "sadness")]:
        folder = tmp_path / part / name
        folder.mkdir(parents=True)
        Image.new("L", (96, 96), 80).save(folder / "1.png")
    data = load_crops(tmp_path)
    assert sorted(zip(data.labels.tolist(), data.splits.tolist(), strict=True)) == [
        (0, "Training"),
        (3, "Training"),
        (4, "PublicTest"),
    ]


def test_a_folder_that_is_no_class_is_named(tmp_path: Path) -> None:
    (tmp_path / "bored").mkdir()
    Image.new("L", (48, 48)).save(tmp_path / "bored" / "1.png")
    with pytest.raises(DataError, match="'bored' is none of"):
        load_crops(tmp_path)


def test_twins_of_held_out_pictures_leave_training(tmp_path: Path) -> None:
    other = PIXELS.replace("17 ", "18 ", 1)
    rows = [f"3,{PIXELS},Training", f"3,{other},Training", f"0,{PIXELS},PublicTest"]
    data = load_crops(write(tmp_path / "a.csv", HEADER, *rows))
    kept = without_twins(data.split("Training"), data.split("PublicTest"))
    assert len(kept) == 1
    assert kept.crops[0, 0, 17] == 18


def test_the_first_public_rows_match_their_votes(tmp_path: Path) -> None:
    folder = data_dir("fer2013")
    with bz2.open(folder / "fer2013.csv.bz2", "rt") as full:
        head = [next(full).rstrip("\n") for _ in range(41)]
    with (folder / "fer2013new.csv").open() as votes:
        vote_head = [next(votes).rstrip("\n") for _ in range(41)]
    data = load_crops(write(tmp_path / "a.csv", *head), write(tmp_path / "v.csv", *vote_head))
    assert data.votes is not None
    assert (data.votes.sum(1) == 10).mean() > 0.9
    assert np.ptp(data.crops) > 200
