"""One training run: data to a checkpoint, seeded and resumable at every epoch."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from moodmirror.errors import DataError
from moodmirror.evaluation.datasets import LabelledCrops, without_twins
from moodmirror.training.augment import augment
from moodmirror.training.network import ExpressionNet, view
from moodmirror.training.pictures import Pictures
from moodmirror.training.recipe import Recipe, recipe_from

CHECKPOINT: Final = "checkpoint.pt"
LOG: Final = "log.jsonl"
UNSKIPPED: Final = 1 / 8
"""The share of the epochs, the last ones, that leave no picture out."""


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
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    teachers = _train_teachers(data, out, recipe, on_batch, on_epoch)
    run = _Run(recipe, Pictures(train_set, recipe, device), [teacher.to(device) for teacher in teachers])
    run.resume(out / CHECKPOINT)
    for epoch in range(run.epoch, recipe.epochs):
        loss = run.train_epoch(on_batch)
        accuracy = None if held_out is None else run.accuracy(held_out)
        run.save(out / CHECKPOINT)
        with (out / LOG).open("a", encoding="utf-8") as log:
            log.write(json.dumps({"epoch": epoch + 1, "loss": round(loss, 5), "accuracy": accuracy}) + "\n")
        if on_epoch is not None:
            on_epoch(EpochReport(epoch + 1, loss, accuracy))
    return out / CHECKPOINT


def _train_teachers(
    data: LabelledCrops,
    out: Path,
    recipe: Recipe,
    on_batch: Callable[[int, int, int], None] | None,
    on_epoch: Callable[[EpochReport], None] | None,
) -> list[ExpressionNet]:
    """The recipe's teachers, each trained, or resumed, in a folder of its own in ``out``."""
    if recipe.teachers is None:
        return []
    networks = []
    for number in range(1, recipe.teachers.count + 1):
        own = dataclasses.replace(
            recipe,
            network=recipe.teachers.network,
            epochs=recipe.teachers.epochs,
            seed=recipe.seed + number,
            teachers=None,
        )
        networks.append(
            load_network(train(data, out / f"teacher{number}", own, on_batch=on_batch, on_epoch=on_epoch))[0]
        )
    return networks


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


def predict(
    net: ExpressionNet, crops: NDArray[np.uint8], view_px: int, batch: int = 256
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Logits of FER2013's labels, float32 (n, 7), and of FER+'s votes (n, 8), for ``crops``, uint8 (n, 48, 48)."""
    device = next(net.parameters()).device
    net.eval()
    with torch.inference_mode():
        heads = [
            net(view(torch.from_numpy(crops[i : i + batch]).to(device)[:, None].float() / 255, view_px))
            for i in range(0, len(crops), batch)
        ]
    labels, votes = (torch.cat([head[part] for head in heads]).float().cpu().numpy() for part in range(2))
    return labels, votes


def _splits(data: LabelledCrops) -> tuple[LabelledCrops, LabelledCrops | None]:
    train_set = data.split("Training")
    if not (data.splits == "PublicTest").any():
        return train_set, None
    held_out = data.split("PublicTest")
    return without_twins(train_set, held_out), held_out


class _Run:
    """The moving parts of one run: weights, their average, optimiser, random numbers, epoch."""

    def __init__(self, recipe: Recipe, pictures: Pictures, teachers: Sequence[ExpressionNet]) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe, self.pictures, self.teachers = recipe, pictures, teachers
        self.device = pictures.crops.device
        self.net = ExpressionNet(recipe.network).to(self.device)
        # Convolutions in bf16 are fastest with channels last.
        self.net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        average = get_ema_multi_avg_fn(recipe.ema_decay)  # type: ignore[no-untyped-call]
        self.average = AveragedModel(self.net, multi_avg_fn=average, use_buffers=True)
        self.generator = torch.Generator(self.device).manual_seed(recipe.seed)
        decayed = [p for p in self.net.parameters() if p.ndim > 1]
        plain = [p for p in self.net.parameters() if p.ndim <= 1]
        groups = [{"params": decayed, "weight_decay": recipe.weight_decay}, {"params": plain, "weight_decay": 0.0}]
        self.optimizer = torch.optim.SGD(groups, recipe.learning_rate, momentum=0.9, nesterov=True)
        if len(pictures) < recipe.batch:
            raise DataError(
                f"{len(pictures)} training pictures are fewer than one batch of {recipe.batch}. "
                "Give more, or a smaller batch."
            )
        self.memory = pictures.labels.clone()
        # Nobody knows yet how well each picture is done.
        self.excess = torch.full((len(pictures),), math.inf, device=self.device)
        self.epoch = 0

    def _learning_rate(self, epochs: float) -> float:
        """After so many epochs."""
        recipe = self.recipe
        rising = epochs / max(1e-9, recipe.warmup_epochs)
        falling = (recipe.epochs - epochs) / max(1e-9, recipe.decay_share * recipe.epochs)
        return recipe.learning_rate * min(1.0, rising, falling)

    def _view(self, rows: Tensor) -> Tensor:
        recipe = self.recipe
        early = self.epoch < round(recipe.early_share * recipe.epochs)
        augmentation = recipe.augmentation.weaker(recipe.early_strength) if early else recipe.augmentation
        crops = self.pictures.crops[rows].float() / 255
        views = augment(crops, recipe.early_view_px if early else recipe.view_px, augmentation, self.generator)
        return views.contiguous(memory_format=torch.channels_last)

    def train_epoch(self, on_batch: Callable[[int, int, int], None] | None) -> float:
        self.net.train()
        recipe = self.recipe
        skip = recipe.skip if self.epoch < recipe.epochs * (1 - UNSKIPPED) else 0.0
        rows, counts = self.pictures.order(self.generator, self.excess, skip)
        batches = max(1, len(rows) // recipe.batch)
        losses = []
        for batch in range(batches):
            at = slice(batch * recipe.batch, (batch + 1) * recipe.batch)
            for group in self.optimizer.param_groups:
                group["lr"] = self._learning_rate(self.epoch + (batch + 0.5) / batches)
            losses.append(self._step(rows[at], counts[at]))
            if on_batch is not None:
                on_batch(self.epoch, batch + 1, batches)
        self.epoch += 1
        mean = float(torch.stack(losses).mean())
        if not math.isfinite(mean):
            raise DataError(f"the loss became {mean} in epoch {self.epoch}. Lower the learning rate.")
        return mean

    def _step(self, rows: Tensor, counts: Tensor) -> Tensor:
        pictures, recipe = self.pictures, self.recipe
        views = self._view(rows)
        with torch.autocast(self.device.type, torch.bfloat16):
            by_label, by_vote = self.net(views)
        by_label, by_vote = by_label.float(), by_vote.float()
        remembered = recipe.memory_share * self.epoch / recipe.epochs
        labels = torch.lerp(pictures.labels[rows], self.memory[rows], remembered)
        # Rows without votes are all zero, and so is their part.
        excess = _divergence(labels, by_label) + recipe.votes_weight * _divergence(pictures.votes[rows], by_vote)
        loss = (counts * excess).mean()
        if recipe.teachers is not None:
            loss = torch.lerp(loss, self._distance_to_teachers(views, (by_label, by_vote)), recipe.teachers.share)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        self.average.update_parameters(self.net)
        self.memory[rows] = torch.lerp(functional.softmax(by_label.detach(), 1), self.memory[rows], recipe.memory_keep)
        self.excess[rows] = excess.detach()
        return loss.detach()

    def _distance_to_teachers(self, views: Tensor, heads: tuple[Tensor, Tensor]) -> Tensor:
        """Cross-entropy of each head to the teachers' mean probabilities for the same views, both softened."""
        assert self.recipe.teachers is not None  # noqa: S101  (for the type checker; the caller asks)
        temperature = self.recipe.teachers.temperature
        with torch.inference_mode(), torch.autocast(self.device.type, torch.bfloat16):
            answers = [teacher(views) for teacher in self.teachers]
        loss = torch.zeros((), device=self.device)
        for head, weight in zip(range(2), (1.0, self.recipe.votes_weight), strict=True):
            said = torch.stack([functional.softmax(answer[head].float() / temperature, 1) for answer in answers])
            # Gradients shrink with the square of the temperature.
            loss = loss + weight * temperature**2 * functional.cross_entropy(
                heads[head] / temperature, said.mean(0).clone()
            )
        return loss

    def accuracy(self, data: LabelledCrops) -> float:
        module = cast(ExpressionNet, self.average.module)
        labels, _ = predict(module, data.crops, self.recipe.view_px)
        return float((labels.argmax(1) == data.labels).mean())

    def save(self, path: Path) -> None:
        """Written aside and renamed, so that a cut leaves the last whole checkpoint."""
        state = {
            "recipe": dataclasses.asdict(self.recipe),
            "epoch": self.epoch,
            "net": self.net.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "memory": self.memory,
            "excess": self.excess,
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
        self.memory = state["memory"].to(self.device)
        self.excess = state["excess"].to(self.device)
        self.generator.set_state(state["generator"])
        torch.set_rng_state(state["torch_rng"])
        self.epoch = state["epoch"]


def _divergence(wanted: Tensor, logits: Tensor) -> Tensor:
    """Kullback-Leibler divergence (n,) of the answers from ``wanted`` (n, k); 0 for a row of zeros."""
    entropy: Tensor = -torch.special.xlogy(wanted, wanted).sum(1)
    crossed: Tensor = functional.cross_entropy(logits, wanted, reduction="none")
    return crossed - entropy
