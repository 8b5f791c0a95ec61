from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moodmirror.catalog.load import MAX_LINE_BYTES, Catalog, check, load_all, load_items, load_starter
from moodmirror.catalog.schema import Activity, Film, Food, Song
from moodmirror.errors import DataError, NotFound
from moodmirror.types import KINDS

GOOD = '{"id": "song:halo", "kind": "song", "title": "Halo", "creator": "Beyoncé", "valence": 0.5, "energy": 0.4}'


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def test_the_starter_holds_twenty_of_each_kind_with_every_fact_that_filters_ask_for() -> None:
    catalog = load_starter()
    assert {kind: len(catalog.of_kind(kind)) for kind in KINDS} == dict.fromkeys(KINDS, 20)
    for item in catalog:
        assert item.source == "starter"
        assert item.line.endswith(".")
        if isinstance(item, Song):
            assert item.explicit is not None
            assert item.language
        elif isinstance(item, Film):
            assert item.certificate is not None
            assert item.language
            assert item.minutes
        elif isinstance(item, Food):
            assert None not in {item.diet, item.allergens, item.caffeine, item.alcohol, item.effort, item.minutes}
        elif isinstance(item, Activity):
            assert None not in {item.cost, item.place, item.company, item.effort, item.minutes}


def test_the_starter_reaches_every_quarter_of_the_map_and_many_languages() -> None:
    catalog = load_starter()
    languages = {item.language for item in catalog if item.language}
    assert len(languages) >= 15
    for kind in KINDS:
        quarters = Counter((item.valence > 0.1, item.energy > 0.1) for item in catalog.of_kind(kind))
        assert min(quarters.values()) >= 3, kind
        assert len(quarters) == 4
    lines = [item.line for item in catalog]
    assert len(set(lines)) == len(lines)


def test_the_starter_makes_no_promise_of_health_or_mood() -> None:
    banned = ("cure", "heal", "therap", "cheer you up", "boost", "lift your", "antidepress", "better mood")
    assert [item.id for item in load_starter() if any(word in item.line.lower() for word in banned)] == []


@pytest.mark.parametrize(
    ("name", "content", "line", "field"),
    [
        ("a.jsonl", GOOD.replace("0.5", "7"), 1, "valence"),
        ("a.jsonl", GOOD + "\n" + GOOD, 2, "id"),
        ("a.jsonl", GOOD + "\n{", 2, ""),
        ("a.jsonl", "[1]", 1, ""),
        ("a.jsonl", "[" * 30_000, 1, ""),
        ("a.jsonl", GOOD.encode("latin-1"), 1, ""),
        ("a.jsonl", GOOD + "\n" + "x" * (MAX_LINE_BYTES + 1), 2, ""),
        ("a.jsonl", "", 0, ""),
        ("a.jsonl", GOOD.replace('"Halo"', '""'), 1, "title"),
        ("a.csv", "", 0, ""),
        ("a.csv", "id,kind,title\n", 1, "valence"),
        ("a.csv", "id,kind,title,valence,energy,mood\n", 1, "mood"),
        ("a.csv", "id,kind,title,valence,energy\nsong:a,song,A,0.5\n", 2, ""),
        ("a.csv", "id,kind,title,valence,energy\nsong:a,song,A,0.5,loud\n", 2, "energy"),
        ("a.csv", "id,kind,title,valence,energy,allergens\nfood:a,food,A,0,0,milk|dust\n", 2, "allergens.1"),
        ("a.csv", 'id,kind,title,valence,energy\nsong:a,song,"A,0,0\n', 2, ""),
        ("a.txt", "x", 0, ""),
    ],
)
def test_a_problem_is_named_by_file_line_and_field(
    tmp_path: Path, name: str, content: str | bytes, line: int, field: str
) -> None:
    path = write(tmp_path, name, content)
    problems = check(path)
    assert problems
    assert (problems[0].file, problems[0].line, problems[0].field) == (str(path), line, field)
    with pytest.raises(DataError, match=name):
        load_items(path)


def test_check_lists_every_problem_and_not_only_the_first(tmp_path: Path) -> None:
    path = write(tmp_path, "a.jsonl", "{\n" + GOOD + "\n[]\n" + GOOD.replace("0.4", "-2"))
    assert [problem.line for problem in check(path)] == [1, 3, 4]


def test_a_missing_file_and_an_empty_folder_are_named(tmp_path: Path) -> None:
    assert "No such file" in str(check(tmp_path / "gone.jsonl")[0])
    assert "holds no file" in str(check(tmp_path)[0])


def test_one_id_in_two_files_is_found(tmp_path: Path) -> None:
    write(tmp_path, "a.jsonl", GOOD)
    write(tmp_path, "b.jsonl", GOOD)
    (problem,) = check(tmp_path)
    assert problem.file.endswith("b.jsonl")
    assert "a.jsonl:1" in problem.message


def test_a_huge_line_is_refused_without_being_held(tmp_path: Path) -> None:
    path = tmp_path / "big.jsonl"
    with path.open("wb") as stream:
        stream.seek(200 * 1024 * 1024)
        stream.write(b"\n" + GOOD.encode())
    (problem,) = check(path)
    assert problem.line == 1
    assert "longer than" in problem.message


def test_csv_tells_an_empty_list_from_what_is_not_known(tmp_path: Path) -> None:
    text = "\ufeffid,kind,title,valence,energy,allergens,diet\r\nfood:a,food,A,0,0,none,vegan|halal\r\nfood:b,food,B,0,0,,\r\n"
    first, second = load_items(write(tmp_path, "a.csv", text))
    assert isinstance(first, Food)
    assert isinstance(second, Food)
    assert first.allergens == ()
    assert first.diet is not None
    assert "vegan" in first.diet
    assert (second.allergens, second.diet) == (None, None)


def test_ones_own_items_stand_beside_the_starter_and_win_on_the_same_id(tmp_path: Path) -> None:
    starter = load_starter()
    changed = starter.by_id("song:hurt").model_copy(update={"title": "Mine", "source": "own"})
    path = write(tmp_path, "a.jsonl", changed.model_dump_json() + "\n" + GOOD)
    catalog = load_all([path])
    assert len(catalog) == len(starter) + 1
    assert catalog.by_id("song:hurt").title == "Mine"
    assert starter.by_id("song:hurt").title == "Hurt"


def test_an_unknown_id_is_not_found() -> None:
    with pytest.raises(NotFound, match="song:none"):
        Catalog().by_id("song:none")


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([".jsonl", ".csv"]))
def test_rubbish_never_raises_anything_but_problems(
    tmp_path_factory: pytest.TempPathFactory, rubbish: bytes, end: str
) -> None:
    path = write(tmp_path_factory.mktemp("rubbish"), f"r{end}", rubbish)
    assert all(problem.message for problem in check(path))


def test_every_starter_line_is_one_item_that_reads_alone() -> None:
    for item in load_starter():
        assert json.loads(item.model_dump_json())["id"] == item.id
