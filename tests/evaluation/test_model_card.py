from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from moodmirror.errors import DataError, InputError
from moodmirror.evaluation.metrics import figures
from moodmirror.evaluation.model_card import USED, load_results, model_card
from moodmirror.expression.card import ModelCard, read_model
from moodmirror.expression.classify import SHIPPED_MODEL

ROOT = Path(__file__).parents[2]
CARD = ModelCard("mine", "a" * 64, trained_on="made-up rows")


def write(folder: Path, name: str, values: dict[str, Any], sha256: str | None = CARD.sha256) -> None:
    """A result as benchmarks/record.py writes them."""
    model = {} if sha256 is None else {"model": {"name": "mine", "sha256": sha256}}
    record = {
        "benchmark": name,
        "conditions": f"conditions of {name}",
        "figures": {**model, **values},
        "machine": {"processor": "a processor", "cores": 2},
        "commit": "abc1234",
        "measured_at": "2026-01-02T03:04:05+00:00",
    }
    (folder / f"{name}.json").write_text(json.dumps(record))


def accuracy() -> dict[str, Any]:
    """The first form of the result: the label head alone, 61 of 70 right."""
    probabilities = np.eye(7)[np.arange(70) % 7] * 0.9 + 0.1 / 7
    part = figures(probabilities, np.where(np.arange(70) < 60, np.arange(70) % 7, 3)).to_dict()
    return {"public_test": part, "public_test_without_twins": {**part, "n": 60}}


def full() -> dict[str, Any]:
    values = accuracy()
    for part in ("public_test", "public_test_without_twins"):
        values[part] |= {
            "ferplus_n": 50,
            "ferplus_accuracy": 0.88,
            "ferplus_accuracy_interval": [0.77, 0.95],
            "shown_n": 68,
            "shown_accuracy": 0.8,
            "shown_accuracy_interval": [0.7, 0.9],
            "shown_nll": 0.7123,
            "shown_ece": 0.0123,
            "shown_nll_least": 0.345,
            "nll_cross_fitted": 0.8762,
            "ece_cross_fitted": 0.0234,
            "shown_nll_cross_fitted": 0.7348,
            "shown_ece_cross_fitted": 0.0341,
            "intervals": {"ece": [0.011, 0.042]},
        }
    values["calibration"] = {
        name: {"before": {"ece": 0.111, "bins": []}, "after": {"ece": 0.022, "bins": []}}
        for name in ("labels", "shown")
    }
    values["robustness"] = {"light_4": {"accuracy": 0.7, "accuracy_interval": [0.6, 0.8], "lost": 0.0333}}
    axis = {"pearson": 0.812, "ccc": 0.798, "rmse": 0.25}
    values["affect"] = {"n": 68, "shown": {"valence": axis, "arousal": axis}}
    values["label_agrees_with_plurality"] = 0.61
    values["plurality_against_label"] = {"n": 68, "accuracy": 0.625, "accuracy_interval": [0.5, 0.7]}
    return values


def test_the_committed_page_is_what_the_command_writes_from_the_committed_results() -> None:
    content, card = read_model(SHIPPED_MODEL)
    assert card is not None
    page = model_card(card, len(content), load_results(ROOT / "benchmarks" / "results"))
    committed = (ROOT / "docs" / "model-card.md").read_text(encoding="utf-8")
    assert committed == page, "docs/model-card.md is stale: run `moodmirror model-card`"


def test_without_results_every_figure_is_a_named_gap_and_no_number_is_made_up() -> None:
    page = model_card(CARD, 5_000_000, {})
    for name in USED:
        assert f"run `python -m benchmarks {name}`" in page
    assert page.count("**Not measured:**") == 11
    assert "The model's JSON tells no recipe." in page
    assert "the limit for 'unclear' was not fitted" in page
    assert "sha256 | `" + "a" * 64 in page


@pytest.mark.parametrize(
    ("judge", "words"), [("votes", "right by most of FER+'s raters"), ("labels", "right by the label")]
)
def test_who_judges_what_is_asserted_is_said(judge: str, words: str) -> None:
    card = ModelCard(
        "m",
        "0",
        min_confidence=0.6,
        asserted_accuracy=0.851,
        asserted_by=judge,
        coverage=0.7,
        calibrated_on="PublicTest",
    )
    page = model_card(card, 1, {})
    assert f"leaves 70.0 % of the pictures; 85.1 % of them were {words}" in page
    assert "was not fitted" not in page


def test_figures_of_a_result_stand_with_intervals_and_conditions(tmp_path: Path) -> None:
    write(tmp_path, "accuracy", full())
    page = model_card(CARD, 5_000_000, load_results(tmp_path))
    wilson = "87.1 % (77.3 to 93.1)"
    for words in (
        f"| all of PublicTest | 70 | {wilson} |",
        "88.0 % (77.0 to 95.0) | 50 | 80.0 % (70.0 to 90.0) | 0.712 | 1.2 % | 68 |",
        "(1.1 to 4.2)",
        "label head | 11.1 % | 2.2 % | 2.3 % | 0.876 |",
        "what people see | 11.1 % | 2.2 % | 3.4 % | 0.735 |",
        "a quarter of the light | 70.0 % (60.0 to 80.0) | 3.3 | 8.5 |",
        "what people see | 0.812 | 0.798 | 0.250 |",
        "62.5 % (50.0 to 70.0) of 68 pictures",
        "0.345 nats",
        "2026-01-02, commit abc1234, a processor, 2 cores: conditions of accuracy.",
    ):
        assert words in page, words
    assert "Measured with another model" not in page
    assert page.count("conditions of accuracy") == 1


def test_a_result_of_an_older_form_gives_what_it_has_and_names_the_rest(tmp_path: Path) -> None:
    write(tmp_path, "accuracy", accuracy())
    page = model_card(CARD, 1, load_results(tmp_path))
    assert "87.1 % (77.3 to 93.1)" in page
    assert (
        "**Not measured:** what bad light, noise, small and tilted faces cost; run `python -m benchmarks accuracy`."
        in page
    )


@pytest.mark.parametrize(
    ("sha256", "words"),
    [("b" * 64, "**Measured with another model, sha256 bbbbbbbbbbbb…**"), (None, "does not say which model")],
)
def test_a_result_of_another_or_an_unnamed_model_is_named_as_such(
    tmp_path: Path, sha256: str | None, words: str
) -> None:
    write(tmp_path, "framing", {"found": 0.981}, sha256)
    page = model_card(CARD, 1, load_results(tmp_path))
    assert words in page
    assert "| `found` | 0.981 |" in page
    listed = page.partition("### What nobody has measured")[2]
    assert ("framing.json was measured with another model" in listed) == (sha256 is not None)


def test_a_result_without_a_table_of_its_own_is_written_out_figure_by_figure(tmp_path: Path) -> None:
    values: dict[str, Any] = {
        "found": {"share": 0.981, "of": 3589, "interval": [0.97, 0.99]},
        "small": {"p50": 1.5, "n": 4},
        "same_label": [0.85, 0.9],
        "each": {"img1": [1, 2]},
        "log": [{"a": 1}],
        "n": 1200,
    }
    write(tmp_path, "rest", values)
    page = model_card(CARD, 1, load_results(tmp_path))
    assert "| `found` | 98.1 % (97.0 to 99.0) of 3,589 |" in page
    assert "| `small` | p50 1.5, n 4 |" in page
    assert "| `same_label` | 0.85, 0.9 |" in page
    assert "| `n` | 1,200 |" in page
    assert "img1" not in page
    assert "log" not in page.partition("## A person's resting face")[2].partition("## Valence")[0]


def test_the_simulation_of_resting_faces_is_a_table_of_people(tmp_path: Path) -> None:
    def read(recall: float, wrong: float) -> dict[str, float]:
        return {"balanced": recall, "own": 0.5, "unclear": 0.3, "wrong_at_rest": wrong}

    one = {"kept": 0.805, "all": {"without": read(0.391, 0.154), "with": read(0.425, 0.128)}}
    write(
        tmp_path, "rest", {"biased": {"sad": {"0.5": one}, "any": {"2": one}}, "held": {"angry": {**one, "kept": 0.3}}}
    )
    page = model_card(CARD, 1, load_results(tmp_path))
    assert "| bias of 0.5 towards sad | 80.5 % | 39.1 % | 42.5 % | 15.4 % | 12.8 % |" in page
    assert "| bias of 2 in any direction | 80.5 % |" in page
    assert "| no bias, angry held through the capture | 30.0 % |" in page


def test_of_very_many_figures_the_first_are_written_out(tmp_path: Path) -> None:
    write(tmp_path, "framing", {f"figure_{number}": number for number in range(50)})
    page = model_card(CARD, 1, load_results(tmp_path))
    assert "| `figure_39` | 39 |" in page
    assert "figure_40" not in page
    assert "10 more figures stand in the file." in page


def test_classes_that_never_occur_have_words_instead_of_an_interval(tmp_path: Path) -> None:
    part = figures(np.eye(7)[[3, 3]], np.array([3, 3])).to_dict()
    write(tmp_path, "accuracy", {"public_test": part, "public_test_without_twins": part})
    assert "| disgust | never named | no rows |" in model_card(CARD, 1, load_results(tmp_path))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"figures": {}}', '{"figures": 3, "conditions": ""}'])
def test_a_file_that_no_benchmark_wrote_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "frame.json").write_text(text)
    with pytest.raises(DataError, match=r"frame\.json is no result"):
        load_results(tmp_path)


def test_a_result_of_a_form_that_is_not_known_is_named(tmp_path: Path) -> None:
    write(tmp_path, "accuracy", {**accuracy(), "robustness": {"light_4": {"points": 3}}})
    with pytest.raises(DataError, match=r"accuracy\.json has another form"):
        model_card(CARD, 1, load_results(tmp_path))


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--results"):
        load_results(tmp_path / "none")
