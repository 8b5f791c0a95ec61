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
    from moodmirror.training.recipe import Recipe

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
    from moodmirror.training.recipe import Recipe

    network = NetworkConfig(widths=(8, 16, 16), blocks=(1, 1, 1), dropout=0.0)
    recipe = Recipe(
        network=network, epochs=epochs, batch=16, view_px=32, early_view_px=24, warmup_epochs=0.5, ema_decay=0.7
    )
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


def test_a_student_learns_from_its_teachers_and_resumes_them_too(tmp_path: Path) -> None:
    from moodmirror.training.network import NetworkConfig
    from moodmirror.training.recipe import Teachers
    from moodmirror.training.train import EpochReport, load_network, train

    network = NetworkConfig(widths=(8, 16, 24), blocks=(1, 1, 1), dropout=0.0)
    # All of the loss is theirs: what is learned can only come from them.
    recipe = tiny(epochs=8, teachers=Teachers(count=2, network=network, epochs=8, share=1.0))
    reports: list[EpochReport] = []
    train(striped(240), tmp_path, recipe, on_epoch=reports.append)
    assert [report.epoch for report in reports] == [*range(1, 9)] * 3
    assert reports[-1].accuracy is not None
    assert reports[-1].accuracy >= 0.9
    first, second = (load_network(tmp_path / f"teacher{number}" / "checkpoint.pt")[1] for number in (1, 2))
    assert (first.seed, second.seed, first.network) == (1, 2, network)
    reports.clear()
    train(striped(240), tmp_path, recipe, on_epoch=reports.append)
    assert reports == []


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


def test_rare_classes_are_drawn_more_often_than_they_occur() -> None:
    import torch

    from moodmirror.training.pictures import Pictures

    labels = np.repeat([0, 1], [900, 100])
    crops = np.zeros((1000, 48, 48), np.uint8)
    data = LabelledCrops(crops, labels, np.full(1000, "Training"))
    cpu = torch.device("cpu")
    drawn, _ = Pictures(data, tiny(balance=0.5), cpu).order(torch.Generator().manual_seed(0))
    # In proportion to the square roots, 30 to 10.
    assert float((drawn >= 900).float().mean()) == pytest.approx(0.25, abs=0.03)
    assert len(drawn) == pytest.approx(1000, abs=30)
    as_they_are, _ = Pictures(data, tiny(balance=0.0), cpu).order(torch.Generator().manual_seed(0))
    assert sorted(as_they_are.tolist()) == list(range(1000))


def test_pictures_that_are_done_well_are_left_out_and_the_sum_stays() -> None:
    import torch

    from moodmirror.training.pictures import Pictures

    data = LabelledCrops(np.zeros((2000, 48, 48), np.uint8), np.zeros(2000, np.int64), np.full(2000, "Training"))
    pictures = Pictures(data, tiny(balance=0.0), torch.device("cpu"))
    excess = torch.where(torch.arange(2000) < 1200, 0.1, 2.0)
    rows, counts = pictures.order(torch.Generator().manual_seed(0), excess, 0.5)
    assert int((rows >= 1200).sum()) == 800
    assert int((rows < 1200).sum()) == pytest.approx(600, abs=60)
    assert float(counts.sum()) == pytest.approx(2000, abs=120)
    unknown = torch.full((2000,), float("inf"))
    assert len(pictures.order(torch.Generator().manual_seed(0), unknown, 0.5)[0]) == 2000


def test_the_light_and_the_contrast_of_a_view_do_not_matter() -> None:
    import torch

    from moodmirror.training.network import ExpressionNet

    net = ExpressionNet(tiny().network).eval()
    views = torch.rand(3, 1, 32, 32)
    with torch.inference_mode():
        for a, b in zip(net(views), net(views * 0.25 + 0.1), strict=True):
            torch.testing.assert_close(a, b, atol=0.02, rtol=0.05)


def test_a_view_keeps_the_mean_and_the_place_of_things() -> None:
    import torch

    from moodmirror.training.network import view

    crops = torch.zeros(1, 1, 48, 48)
    crops[..., 12:24, 24:36] = 1
    small = view(crops, 24)
    assert float(small.mean()) == pytest.approx(float(crops.mean()), rel=0.01)
    assert small[0, 0, 8, 15] == pytest.approx(1, abs=1e-5)
    assert small[0, 0, 2, 2] == small[0, 0, 20, 20] == 0
    torch.testing.assert_close(view(crops, 48), crops)


def test_views_stay_in_range_and_follow_the_seed() -> None:
    import torch

    from moodmirror.training.augment import Augmentation, augment

    crops = torch.rand(40, 1, 48, 48)
    one, two, other = (
        augment(crops.clone(), 40, Augmentation(), torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)
    )
    assert one.shape == (40, 1, 40, 40)
    assert 0 <= float(one.min()) <= float(one.max()) <= 1
    assert torch.equal(one, two)
    assert not torch.equal(one, other)


def test_strong_jpeg_loses_detail_and_weak_keeps_it() -> None:
    import torch

    from moodmirror.training import augment

    crops = torch.rand(20, 1, 48, 48)
    lossy = augment._jpeg(crops.clone(), 1.0, torch.Generator().manual_seed(0))
    assert 0.02 < float((lossy - crops).abs().mean()) < 0.3
    torch.testing.assert_close(lossy.mean((2, 3)), crops.mean((2, 3)), atol=0.05, rtol=0)
    assert torch.equal(augment._jpeg(crops.clone(), 0.0, torch.Generator().manual_seed(0)), crops)
