"""One training run: data to a checkpoint, seeded and resumable at every epoch."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from moodmirror.errors import DataError
from moodmirror.evaluation.datasets import CROP_PX, LabelledCrops, without_twins
from moodmirror.expression.labels import FERPLUS
from moodmirror.training.augment import Augmentation, augment, mix
from moodmirror.training.network import ExpressionNet, NetworkConfig
from moodmirror.types import EXPRESSIONS

CHECKPOINT: Final = "checkpoint.pt"
LOG: Final = "log.jsonl"


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides a run besides the data; written into the checkpoint and the model's JSON."""

    network: NetworkConfig = field(default_factory=lambda: NetworkConfig(blocks=(1, 1, 2, 2)))
    augmentation: Augmentation = field(default_factory=Augmentation)
    epochs: int = 26
    batch: int = 128
    view_px: int = 44
    learning_rate: float = 0.1
    warmup_epochs: float = 1.5
    weight_decay: float = 5e-4
    label_smoothing: float = 0.05
    votes_weight: float = 0.7
    mixup_alpha: float = 0.0
    ema_decay: float = 0.998
    seed: int = 0


@dataclass(frozen=True, slots=True)
class EpochReport:
    """What one epoch came to: mean loss, and accuracy (0..1) of the averaged weights on the held-out split, if there is one."""

    epoch: int
    loss: float
    accuracy: float | None


def train(
    data: LabelledCrops,
    out: Path,
    recipe: Recipe,
    *,
    on_batch: Callable[[int, int, int], None] | None = None,
    on_epoch: Callable[[EpochReport], None] | None = None,
) -> Path:
    """Train on the split ``Training`` and return the checkpoint's path; a run that was cut goes on where it stopped.

    ``on_batch`` gets (epoch, batch, batches). Pictures of ``PublicTest`` that stand in Training too are left out of it.
    Raises ``DataError`` when ``out`` holds a checkpoint of another recipe.
    """
    train_set, held_out = _splits(data)
    out.mkdir(parents=True, exist_ok=True)
    run = _Run(recipe, len(train_set))
    run.resume(out / CHECKPOINT)
    pixels, labels, votes, voted = _tensors(train_set)
    for epoch in range(run.epoch, recipe.epochs):
        loss = run.train_epoch(pixels, labels, votes, voted, on_batch)
        accuracy = None if held_out is None else run.accuracy(held_out)
        run.save(out / CHECKPOINT)
        with (out / LOG).open("a", encoding="utf-8") as log:
            log.write(json.dumps({"epoch": epoch + 1, "loss": round(loss, 5), "accuracy": accuracy}) + "\n")
        if on_epoch is not None:
            on_epoch(EpochReport(epoch + 1, loss, accuracy))
    return out / CHECKPOINT


def load_network(checkpoint: Path) -> tuple[ExpressionNet, Recipe]:
    """The averaged weights of a checkpoint, ready for inference, and the recipe that made them."""
    if not checkpoint.exists():
        raise DataError(f"{checkpoint} does not exist. Train first: moodmirror train --data FILE --out FOLDER.")
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    recipe = recipe_from(state["recipe"])
    net = ExpressionNet(recipe.network)
    average = AveragedModel(net)
    average.load_state_dict(state["average"])
    return cast(ExpressionNet, average.module).eval(), recipe


def recipe_from(values: dict[str, Any]) -> Recipe:
    """A recipe from the plain values that :func:`dataclasses.asdict` gave."""
    network, augmentation = dict(values["network"]), dict(values["augmentation"])
    network.update(widths=tuple(network["widths"]), blocks=tuple(network["blocks"]))
    augmentation.update(scale=tuple(augmentation["scale"]))
    return Recipe(**{**values, "network": NetworkConfig(**network), "augmentation": Augmentation(**augmentation)})


def predict(net: ExpressionNet, crops: NDArray[np.uint8], view_px: int, batch: int = 256) -> NDArray[np.float32]:
    """Logits of FER2013's labels, float32 (n, 7), for ``crops``, uint8 (n, 48, 48), seen through their centre."""
    edge = (CROP_PX - view_px) // 2
    views = torch.from_numpy(crops)[:, None, edge : edge + view_px, edge : edge + view_px]
    device = next(net.parameters()).device
    net.eval()
    with torch.inference_mode():
        logits = [
            net(views[i : i + batch].to(device).float() / 255)[0].float().cpu() for i in range(0, len(views), batch)
        ]
    return torch.cat(logits).numpy()


def vote_targets(votes: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """FER+ counts (n, 10) as distributions over the eight emotions (n, 8), and which rows have one (n,).

    Votes of a single rater are dropped (Barsoum et al. 2016); rows with none left, or mostly 'not a face', have no target.
    """
    counts = np.where(votes <= 1, 0, votes).astype(np.float32)
    emotions = counts[:, : len(FERPLUS)]
    total = emotions.sum(1)
    usable = (total > 0) & (counts[:, -1] <= total)
    return emotions / np.maximum(total, 1)[:, None], usable


def _splits(data: LabelledCrops) -> tuple[LabelledCrops, LabelledCrops | None]:
    train_set = data.split("Training")
    if not (data.splits == "PublicTest").any():
        return train_set, None
    held_out = data.split("PublicTest")
    return without_twins(train_set, held_out), held_out


def _tensors(data: LabelledCrops) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    labels = functional.one_hot(torch.from_numpy(data.labels), len(EXPRESSIONS)).float()
    if data.votes is None:
        votes, usable = np.zeros((len(data), len(FERPLUS)), np.float32), np.zeros(len(data), bool)
    else:
        votes, usable = vote_targets(data.votes)
    return (
        torch.from_numpy(data.crops)[:, None],
        labels,
        torch.from_numpy(votes),
        torch.from_numpy(usable).float()[:, None],
    )


class _Run:
    """The moving parts of one run: weights, their average, optimiser, random numbers, epoch."""

    def __init__(self, recipe: Recipe, n_train: int) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe = recipe
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.net = ExpressionNet(recipe.network).to(self.device)
        # Convolutions in bf16 are fastest with channels last.
        self.net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        average = get_ema_multi_avg_fn(recipe.ema_decay)  # type: ignore[no-untyped-call]
        self.average = AveragedModel(self.net, multi_avg_fn=average, use_buffers=True)
        self.generator = torch.Generator().manual_seed(recipe.seed)
        decayed = [p for p in self.net.parameters() if p.ndim > 1]
        plain = [p for p in self.net.parameters() if p.ndim <= 1]
        groups = [{"params": decayed, "weight_decay": recipe.weight_decay}, {"params": plain, "weight_decay": 0.0}]
        self.optimizer = torch.optim.SGD(groups, recipe.learning_rate, momentum=0.9, nesterov=True)
        self.batches = n_train // recipe.batch
        if self.batches == 0:
            raise DataError(
                f"{n_train} training pictures are fewer than one batch of {recipe.batch}. Give more, or a smaller batch."
            )
        self.epoch = 0

    def _learning_rate(self, step: int) -> float:
        warmup, total = self.recipe.warmup_epochs * self.batches, self.recipe.epochs * self.batches
        if step < warmup:
            return self.recipe.learning_rate * (step + 1) / warmup
        return self.recipe.learning_rate * 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1.0, total - warmup)))

    def train_epoch(
        self,
        pixels: Tensor,
        labels: Tensor,
        votes: Tensor,
        voted: Tensor,
        on_batch: Callable[[int, int, int], None] | None,
    ) -> float:
        self.net.train()
        order = torch.randperm(len(pixels), generator=self.generator)
        losses = []
        for batch in range(self.batches):
            rows = order[batch * self.recipe.batch : (batch + 1) * self.recipe.batch]
            for group in self.optimizer.param_groups:
                group["lr"] = self._learning_rate(self.epoch * self.batches + batch)
            losses.append(self._step(pixels[rows], [labels[rows], votes[rows], voted[rows]]))
            if on_batch is not None:
                on_batch(self.epoch, batch + 1, self.batches)
        self.epoch += 1
        mean = float(np.mean(losses))
        if not math.isfinite(mean):
            raise DataError(f"the loss became {mean} in epoch {self.epoch}. Lower the learning rate.")
        return mean

    def _step(self, pixels: Tensor, targets: list[Tensor]) -> float:
        views = augment(pixels.float() / 255, self.recipe.view_px, self.recipe.augmentation, self.generator)
        views, targets = mix(views, targets, self.recipe.mixup_alpha, self.generator)
        labels, votes, voted = (target.to(self.device) for target in targets)
        with torch.autocast(self.device.type, torch.bfloat16):
            by_label, by_vote = self.net(views.to(self.device, memory_format=torch.channels_last))
        loss = functional.cross_entropy(by_label.float(), labels, label_smoothing=self.recipe.label_smoothing)
        # `votes` rows without a target are all zero and drop out of the sum; `voted` counts the rest.
        vote_loss = -(votes * functional.log_softmax(by_vote.float(), 1)).sum() / voted.sum().clamp(min=1)
        loss = loss + self.recipe.votes_weight * vote_loss
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        self.average.update_parameters(self.net)
        return float(loss.detach())

    def accuracy(self, data: LabelledCrops) -> float:
        module = cast(ExpressionNet, self.average.module)
        logits = predict(module, data.crops, self.recipe.view_px)
        return float((logits.argmax(1) == data.labels).mean())

    def save(self, path: Path) -> None:
        """Written aside and renamed, so that a cut leaves the last whole checkpoint."""
        state = {
            "recipe": dataclasses.asdict(self.recipe),
            "epoch": self.epoch,
            "net": self.net.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "generator": self.generator.get_state(),
            "torch_rng": torch.get_rng_state(),
        }
        part = path.with_suffix(".part")
        torch.save(state, part)
        part.replace(path)

    def resume(self, path: Path) -> None:
        if not path.exists():
            return
        state = torch.load(path, map_location="cpu", weights_only=True)
        if recipe_from(state["recipe"]) != self.recipe:
            raise DataError(f"{path} was made with another recipe. Give another --out, or the options of that run.")
        self.net.load_state_dict(state["net"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.generator.set_state(state["generator"])
        torch.set_rng_state(state["torch_rng"])
        self.epoch = state["epoch"]
