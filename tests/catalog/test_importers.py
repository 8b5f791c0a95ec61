from __future__ import annotations

from pathlib import Path

import pytest

from moodmirror.catalog.importers import GUESS_CONFIDENCE, import_mood_csvs, stable_id
from moodmirror.catalog.load import load_starter
from moodmirror.errors import DataError
from moodmirror.mood.affect import MOOD_AFFECT


def write(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))


@pytest.mark.parametrize(
    ("name", "content", "kind", "emotion", "title"),
    [
        ("angry.csv", "song,artist,link\nHalo,Beyoncé,https://example.org/h\n", "song", "angry", "Halo"),
        ("songs/Sad.csv", "Name,Album,Artist\nHalo,I Am,Beyoncé\n", "song", "sad", "Halo"),
        ("happy.csv", "film,year,link\nIda,2013,\n", "film", "happy", "Ida"),
        ("films/surprised.csv", "name,year,link\nIda,2013,\n", "film", "surprise", "Ida"),
        ("disgusted.csv", "Food,Link\nSoup,www.example.org/soup\n", "food", "disgust", "Soup"),
        ("fearful.csv", "sport,link\nSwimming,\n", "activity", "fear", "Swimming"),
        ("neutral/activities.csv", "activity\nReading\n", "activity", "neutral", "Reading"),
        ("music_SURPRISE.CSV", ",Name,Artist\n0,Halo,Beyoncé\n", "song", "surprise", "Halo"),
        ("sport/angry.csv", "name,link\nBoxing,\n", "activity", "angry", "Boxing"),
    ],
)
def test_lists_are_read_as_such_projects_keep_them(
    tmp_path: Path, name: str, content: str, kind: str, emotion: str, title: str
) -> None:
    write(tmp_path / name, content)
    report = import_mood_csvs(tmp_path)
    assert report.problems == ()
    (item,) = report.items
    assert (item.kind, item.title, item.tags) == (kind, title, (f"mood:{emotion}",))
    place = MOOD_AFFECT[emotion]  # type: ignore[index]
    assert (item.valence, item.energy, item.affect_confidence) == (place.valence, place.arousal, GUESS_CONFIDENCE)


def test_a_second_run_makes_no_doubles(tmp_path: Path) -> None:
    write(tmp_path / "sad.csv", "song,artist,link\nHalo,Beyoncé,\n halo ,BEYONCÉ,https://example.org\n")
    first, second = import_mood_csvs(tmp_path), import_mood_csvs(tmp_path)
    assert first == second
    assert len(first.items) == 1
    assert first.items[0].link == "https://example.org"
    catalog = load_starter().merged(first.items)
    assert len(catalog.merged(second.items)) == len(catalog)


def test_an_item_on_two_lists_is_one_with_both_moods(tmp_path: Path) -> None:
    write(tmp_path / "sad.csv", "song,artist,link\nHalo,Beyoncé,\n")
    write(tmp_path / "happy.csv", "song,artist,link\nHalo,Beyoncé,\n")
    (item,) = import_mood_csvs(tmp_path).items
    assert set(item.tags) == {"mood:sad", "mood:happy"}
    assert item.valence == pytest.approx((MOOD_AFFECT["sad"].valence + MOOD_AFFECT["happy"].valence) / 2)


@pytest.mark.parametrize(
    ("content", "line", "field"),
    [
        ("song,artist,link\nHalo,Beyoncé,javascript:alert(1)\n", 2, "link"),
        ("song,artist,link\n,Beyoncé,\n", 2, "title"),
        ("song,artist,link\nHalo\n", 2, ""),
        ("film,year,link\nIda,soon,\n", 2, "year"),
        ("what,ever\n1,2\n", 1, ""),
        ("", 0, ""),
        (b"song,artist,link\nHalo,Beyonc\xe9,\n", 2, ""),
        ('song,artist,link\n"Halo,Beyonc,\n', 2, ""),
    ],
)
def test_a_refused_row_is_named_and_its_file_brings_nothing(
    tmp_path: Path, content: str | bytes, line: int, field: str
) -> None:
    write(tmp_path / "angry.csv", content)
    write(tmp_path / "sad.csv", "song,artist,link\nHalo,Beyoncé,\n")
    report = import_mood_csvs(tmp_path)
    assert [(Path(p.file).name, p.line, p.field) for p in report.problems] == [("angry.csv", line, field)]
    assert [item.tags for item in report.items] == [("mood:sad",)]
    assert report.files == 1


def test_a_good_row_of_a_file_with_a_bad_one_stays_out(tmp_path: Path) -> None:
    write(tmp_path / "angry.csv", "song,artist,link\nHalo,Beyoncé,\n,nobody,\n")
    report = import_mood_csvs(tmp_path)
    assert report.items == ()
    assert len(report.problems) == 1


def test_a_name_without_an_emotion_says_what_to_call_it(tmp_path: Path) -> None:
    write(tmp_path / "list.csv", "song,artist,link\nHalo,Beyoncé,\n")
    (problem,) = import_mood_csvs(tmp_path).problems
    assert "angry.csv" in problem.message


def test_a_folder_without_lists_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no CSV file"):
        import_mood_csvs(tmp_path)
    with pytest.raises(DataError, match="no CSV file"):
        import_mood_csvs(tmp_path / "gone")


def test_titles_in_any_script_have_ids() -> None:
    assert stable_id("song", "上を向いて歩こう", "") != stable_id("song", "川の流れのように", "")
    assert stable_id("song", "!!!", "").startswith("song:item-")
