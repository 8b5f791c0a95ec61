"""What decides a training run besides the data, and the recipes that have names."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from moodmirror.training.augment import Augmentation
from moodmirror.training.network import NetworkConfig


@dataclass(frozen=True, slots=True)
class Teachers:
    """Larger networks that are trained first, and whose mean answer to the same view the student is taught.

    ``share`` (0..1): of the loss that is theirs, at ``temperature`` (Hinton et al. 2015). Each has its own seed.
    """

    count: int = 4
    network: NetworkConfig = field(default_factory=lambda: NetworkConfig(widths=(96, 192, 384), blocks=(2, 3, 3)))
    epochs: int = 60
    share: float = 0.7
    temperature: float = 2.0


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides a run besides the data; written into the checkpoint and the model's JSON.

    The first ``early_share`` of the epochs see views of ``early_view_px``, which cost half as much, augmented ``early_strength``
    times as strongly: small pictures want little of it (Tan & Le 2021). The learning rate warms up, stays, and falls in a
    straight line to 0 over the last ``decay_share`` of the epochs. Up to ``memory_share`` of the label's target, rising from 0,
    is what the network itself said of the picture in earlier epochs (Kim et al. 2021), an average that keeps ``memory_keep``
    at each. ``balance``: a class of n pictures is drawn in proportion to n ** (1 - balance). ``skip``: of the pictures that the
    network does better on than on the mean so many are left out of each epoch, and the others of them count for more in turn
    (Qin et al. 2024), except in the last eighth. Shares are 0..1.
    """

    network: NetworkConfig = field(default_factory=NetworkConfig)
    augmentation: Augmentation = field(default_factory=Augmentation)
    epochs: int = 88
    early_share: float = 0.545
    decay_share: float = 0.455
    batch: int = 128
    view_px: int = 40
    early_view_px: int = 32
    early_strength: float = 0.5
    learning_rate: float = 0.1
    warmup_epochs: float = 2.0
    weight_decay: float = 5e-4
    votes_weight: float = 0.7
    memory_share: float = 0.6
    memory_keep: float = 0.7
    balance: float = 0.3
    skip: float = 0.4
    ema_decay: float = 0.999
    teachers: Teachers | None = None
    seed: int = 0


RECIPES: Final[dict[str, Recipe]] = {
    "shipped": Recipe(epochs=64, early_share=0.625, decay_share=0.4375, early_strength=1.0, memory_share=0.5, skip=0.0),
    "long": Recipe(epochs=160),
    "quick": Recipe(epochs=12),
    "gpu": Recipe(epochs=240, early_share=0.0, decay_share=0.7, teachers=Teachers()),
}
"""``shipped`` is the recipe that the model in the package ended with (docs/experiments.md), for two cores; ``long`` its
successor, not finished yet; ``quick`` tries everything in minutes; ``gpu`` has teachers and has not been run yet."""


def recipe_from(values: dict[str, Any]) -> Recipe:
    """A recipe from the plain values that :func:`dataclasses.asdict` gave.

    >>> import dataclasses
    >>> recipe_from(dataclasses.asdict(RECIPES["gpu"])) == RECIPES["gpu"]
    True
    """
    augmentation, teachers = dict(values["augmentation"]), values.get("teachers")
    augmentation.update(scale=tuple(augmentation["scale"]))
    if teachers is not None:
        teachers = Teachers(**{**teachers, "network": _network_from(teachers["network"])})
    return Recipe(
        **{
            **values,
            "network": _network_from(values["network"]),
            "augmentation": Augmentation(**augmentation),
            "teachers": teachers,
        }
    )


def _network_from(values: dict[str, Any]) -> NetworkConfig:
    return NetworkConfig(**{**values, "widths": tuple(values["widths"]), "blocks": tuple(values["blocks"])})
