from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from moodmirror.errors import DataError
from moodmirror.evaluation.datasets import LabelledCrops
from tests import needs

if TYPE_CHECKING:
    from moodmirror.training.train import Recipe

needs_torch = pytest.fixture(autouse=True)(needs.torch)


def striped(n: int = 96, seed: int = 0) -> LabelledCrops:
    """Two classes that anyone can tell apart: bright above, or bright below."""
    random = np.random.default_rng(seed)
    labels = random.choice([3, 4], n)
    crops = random.integers(60, 110, (n, 48, 48))
    crops[labels == 3, :24] += 120
    crops[labels == 4, 24:] += 120
    splits = np.where(np.arange(n) < n * 2 // 3, "Training", "PublicTest")
    return LabelledCrops(crops.astype(np.uint8), labels.astype(np.int64), splits)


def tiny(epochs: int = 3, **changes: Any) -> Recipe:
    from moodmirror.training.network import NetworkConfig
    from moodmirror.training.train import Recipe

    network = NetworkConfig(widths=(8, 8, 16, 16), blocks=(1, 1, 1, 1), dropout=0.0)
    recipe = Recipe(network=network, epochs=epochs, batch=16, view_px=32, warmup_epochs=0.5, ema_decay=0.7)
    return dataclasses.replace(recipe, **changes)


def test_a_run_learns_what_can_be_learned(tmp_path: Path) -> None:
    from moodmirror.training.train import EpochReport, train

    reports: list[EpochReport] = []
    train(striped(240), tmp_path, tiny(epochs=6), on_epoch=reports.append)
    assert reports[-1].loss < reports[0].loss
    assert reports[-1].accuracy is not None
    assert reports[-1].accuracy >= 0.9


def test_a_run_that_was_cut_ends_with_the_weights_of_one_that_was_not(tmp_path: Path) -> None:
    import torch

    from moodmirror.training.train import EpochReport, load_network, train

    class Cut(Exception):
        pass

    def cut(report: EpochReport) -> None:
        if report.epoch == 2:
            raise Cut

    whole, resumed = tmp_path / "whole", tmp_path / "resumed"
    train(striped(), whole, tiny())
    with pytest.raises(Cut):
        train(striped(), resumed, tiny(), on_epoch=cut)
    train(striped(), resumed, tiny())
    a, _ = load_network(whole / "checkpoint.pt")
    b, _ = load_network(resumed / "checkpoint.pt")
    for name, weights in a.state_dict().items():
        torch.testing.assert_close(weights, b.state_dict()[name], msg=name)
    epochs = [json.loads(line)["epoch"] for line in (resumed / "log.jsonl").read_text().splitlines()]
    assert epochs == [1, 2, 3]


def test_a_checkpoint_of_another_recipe_is_not_overwritten(tmp_path: Path) -> None:
    from moodmirror.training.train import train

    train(striped(), tmp_path, tiny(epochs=1))
    before = (tmp_path / "checkpoint.pt").read_bytes()
    with pytest.raises(DataError, match="another recipe"):
        train(striped(), tmp_path, tiny(epochs=1, seed=5))
    assert (tmp_path / "checkpoint.pt").read_bytes() == before


def test_fewer_pictures_than_a_batch_is_said(tmp_path: Path) -> None:
    from moodmirror.training.train import train

    with pytest.raises(DataError, match="fewer than one batch"):
        train(striped(), tmp_path, tiny(batch=512))


def test_votes_of_one_rater_are_dropped_and_not_a_face_has_no_target() -> None:
    from moodmirror.training.train import vote_targets

    votes = np.array([[1, 6, 2, 0, 0, 0, 0, 0, 1, 0], [1, 1, 0, 0, 0, 0, 0, 0, 0, 8], [0, 0, 0, 3, 0, 0, 0, 0, 0, 6]])
    targets, usable = vote_targets(votes)
    assert targets[0].tolist() == pytest.approx([0, 0.75, 0.25, 0, 0, 0, 0, 0])
    assert usable.tolist() == [True, False, False]


def test_views_stay_in_range_and_follow_the_seed() -> None:
    import torch

    from moodmirror.training.augment import Augmentation, augment

    crops = torch.rand(40, 1, 48, 48)
    one, two, other = (
        augment(crops.clone(), 44, Augmentation(), torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)
    )
    assert one.shape == (40, 1, 44, 44)
    assert 0 <= float(one.min()) <= float(one.max()) <= 1
    assert torch.equal(one, two)
    assert not torch.equal(one, other)
