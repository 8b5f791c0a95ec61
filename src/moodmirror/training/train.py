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
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from moodmirror.errors import DataError
from moodmirror.evaluation.datasets import LabelledCrops, without_twins
from moodmirror.evaluation.votes import vote_shares
from moodmirror.expression.labels import FERPLUS
from moodmirror.training.augment import Augmentation, augment
from moodmirror.training.network import ExpressionNet, NetworkConfig, view
from moodmirror.types import EXPRESSIONS

CHECKPOINT: Final = "checkpoint.pt"
LOG: Final = "log.jsonl"


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides a run besides the data; written into the checkpoint and the model's JSON.

    The first ``early_share`` of the epochs see views of ``early_view_px``, which cost half as much. The learning rate warms up,
    stays, and falls in a straight line to 0 over the last ``decay_share`` of them. ``votes_share`` of the label's target is what
    FER+'s votes say of the label; up to ``memory_share`` of it, rising from 0, is what the network itself said of the picture in
    earlier epochs (Kim et al. 2021), an average that keeps ``memory_keep`` at each. ``balance``: a class of n pictures is drawn
    in proportion to n ** (1 - balance). Shares are 0..1.
    """

    network: NetworkConfig = field(default_factory=NetworkConfig)
    augmentation: Augmentation = field(default_factory=Augmentation)
    epochs: int = 88
    early_share: float = 0.545
    decay_share: float = 0.455
    batch: int = 128
    view_px: int = 40
    early_view_px: int = 32
    learning_rate: float = 0.1
    warmup_epochs: float = 2.0
    weight_decay: float = 5e-4
    votes_weight: float = 0.7
    votes_share: float = 0.3
    memory_share: float = 0.6
    memory_keep: float = 0.7
    balance: float = 0.3
    ema_decay: float = 0.999
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
    run = _Run(recipe, _Pictures(train_set, recipe))
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


def label_given_votes(counts: NDArray[np.int64], labels: NDArray[np.int64]) -> Tensor:
    """What the votes alone say of FER2013's label: a logistic regression on the counts (n, 10), as float32 (n, 7).

    The label is one draw; the votes say how it would come out on average, and so with less noise.
    """
    shares = torch.from_numpy(counts / np.maximum(counts.sum(1, keepdims=True), 1)).float()
    regression = nn.Linear(shares.shape[1], len(EXPRESSIONS))
    nn.init.zeros_(regression.weight)
    nn.init.zeros_(regression.bias)
    target = torch.from_numpy(labels)
    optimizer = torch.optim.LBFGS(regression.parameters(), max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        value = functional.cross_entropy(regression(shares), target)
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    with torch.inference_mode():
        return functional.softmax(regression(shares), 1)


class _Pictures:
    """The training pictures and what is wanted of each."""

    def __init__(self, data: LabelledCrops, recipe: Recipe) -> None:
        labels = functional.one_hot(torch.from_numpy(data.labels), len(EXPRESSIONS)).float()
        votes, voted = np.zeros((len(data), len(FERPLUS)), np.float32), np.zeros(len(data), bool)
        if data.votes is not None:
            votes, voted = vote_shares(data.votes)
            labels = torch.lerp(labels, label_given_votes(data.votes, data.labels), recipe.votes_share)
        self.crops = torch.from_numpy(data.crops)[:, None]
        self.labels = labels
        self.votes, self.voted = torch.from_numpy(votes), torch.from_numpy(voted).float()[:, None]
        drawn = np.maximum(np.bincount(data.labels, minlength=len(EXPRESSIONS)), 1) ** -recipe.balance
        weights = torch.from_numpy(drawn[data.labels]).float()
        self.weights = weights / weights.mean()

    def __len__(self) -> int:
        return len(self.crops)

    def order(self, generator: torch.Generator) -> Tensor:
        """Row numbers of one epoch: each as often as its weight on average, never farther from it than one."""
        times = (self.weights + torch.rand(len(self), generator=generator)).floor().long()
        rows = torch.arange(len(self)).repeat_interleave(times)
        return rows[torch.randperm(len(rows), generator=generator)]


class _Run:
    """The moving parts of one run: weights, their average, optimiser, random numbers, epoch."""

    def __init__(self, recipe: Recipe, pictures: _Pictures) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe, self.pictures = recipe, pictures
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
        # An epoch's draws come to the number of pictures on average; the odd ones are left for other epochs.
        self.batches = len(pictures) * 99 // 100 // recipe.batch
        if self.batches == 0:
            raise DataError(
                f"{len(pictures)} training pictures are fewer than one batch of {recipe.batch}. "
                "Give more, or a smaller batch."
            )
        self.memory = pictures.labels.clone()
        self.epoch = 0

    def _learning_rate(self, step: int) -> float:
        warmup, total = self.recipe.warmup_epochs * self.batches, self.recipe.epochs * self.batches
        rising = (step + 1) / max(1.0, warmup)
        falling = (total - step) / max(1.0, self.recipe.decay_share * total)
        return self.recipe.learning_rate * min(1.0, rising, falling)

    def _view_px(self) -> int:
        early = round(self.recipe.early_share * self.recipe.epochs)
        return self.recipe.early_view_px if self.epoch < early else self.recipe.view_px

    def train_epoch(self, on_batch: Callable[[int, int, int], None] | None) -> float:
        self.net.train()
        order = self.pictures.order(self.generator)
        losses = []
        for batch in range(self.batches):
            # Around again where the draws of this epoch fell short of their number.
            rows = order[torch.arange(batch * self.recipe.batch, (batch + 1) * self.recipe.batch) % len(order)]
            for group in self.optimizer.param_groups:
                group["lr"] = self._learning_rate(self.epoch * self.batches + batch)
            losses.append(self._step(rows))
            if on_batch is not None:
                on_batch(self.epoch, batch + 1, self.batches)
        self.epoch += 1
        mean = float(torch.stack(losses).mean())
        if not math.isfinite(mean):
            raise DataError(f"the loss became {mean} in epoch {self.epoch}. Lower the learning rate.")
        return mean

    def _step(self, rows: Tensor) -> Tensor:
        pictures, recipe = self.pictures, self.recipe
        crops = pictures.crops[rows].float() / 255
        views = augment(crops, self._view_px(), recipe.augmentation, self.generator)
        with torch.autocast(self.device.type, torch.bfloat16):
            by_label, by_vote = self.net(views.to(self.device, memory_format=torch.channels_last))
        by_label, by_vote = by_label.float(), by_vote.float()
        wanted = torch.lerp(
            pictures.labels[rows], self.memory[rows], recipe.memory_share * self.epoch / recipe.epochs
        ).to(self.device)
        loss = functional.cross_entropy(by_label, wanted)
        # `votes` of rows without a target are all zero and drop out of the sum; `voted` counts the rest.
        votes, voted = pictures.votes[rows].to(self.device), pictures.voted[rows].to(self.device)
        vote_loss = -(votes * functional.log_softmax(by_vote, 1)).sum() / voted.sum().clamp(min=1)
        loss = loss + recipe.votes_weight * vote_loss
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        self.average.update_parameters(self.net)
        said = functional.softmax(by_label.detach(), 1).cpu()
        self.memory[rows] = torch.lerp(said, self.memory[rows], recipe.memory_keep)
        return loss.detach()

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
        self.memory = state["memory"]
        self.generator.set_state(state["generator"])
        torch.set_rng_state(state["torch_rng"])
        self.epoch = state["epoch"]
