from __future__ import annotations

from pathlib import Path

import pytest

from moodmirror.cli.main import run
from moodmirror.expression.card import read_model
from moodmirror.expression.classify import SHIPPED_MODEL
from tests.expression.test_classify import own_model


def test_the_page_is_written_and_names_the_model_and_its_gaps(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results, page = tmp_path / "results", tmp_path / "docs" / "card.md"
    results.mkdir()
    assert run(["model-card", "--results", str(results), "--out", str(page)]) == 0
    assert str(page) in capsys.readouterr().out.replace("\n", "")
    _, card = read_model(SHIPPED_MODEL)
    assert card is not None
    text = page.read_text(encoding="utf-8")
    assert card.sha256 in text
    assert "**Not measured:** accuracy on PublicTest" in text


def test_what_keeps_the_page_from_being_written_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bare = own_model(tmp_path / "own.onnx", ["n", 1, 48, 48])
    (tmp_path / "file").touch()
    page = str(tmp_path / "card.md")
    assert run(["model-card", "--results", str(tmp_path / "none"), "--out", page]) == 1
    assert run(["model-card", "--results", str(tmp_path), "--model", str(bare), "--out", page]) == 1
    assert run(["model-card", "--results", str(tmp_path), "--out", str(tmp_path / "file" / "card.md")]) == 1
    said = capsys.readouterr().err
    for words in ("is no folder", "lacks the JSON", "cannot be written"):
        assert words in said
    assert not Path(page).exists()
