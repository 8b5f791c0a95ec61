"""The training pictures and what is wanted of each: labels and votes as shares, and how often each is drawn."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from moodmirror.evaluation.datasets import LabelledCrops
from moodmirror.evaluation.votes import vote_shares
from moodmirror.expression.labels import FERPLUS
from moodmirror.training.recipe import Recipe
from moodmirror.types import EXPRESSIONS


class Pictures:
    """Crops, uint8 (n, 1, 48, 48), targets of both heads, and weights of the draw; on ``device``."""

    def __init__(self, data: LabelledCrops, recipe: Recipe, device: torch.device) -> None:
        labels = functional.one_hot(torch.from_numpy(data.labels), len(EXPRESSIONS)).float()
        votes, voted = np.zeros((len(data), len(FERPLUS)), np.float32), np.zeros(len(data), bool)
        if data.votes is not None:
            votes, voted = vote_shares(data.votes)
        self.crops = torch.from_numpy(data.crops)[:, None].to(device)
        self.labels = labels.to(device)
        self.votes = torch.from_numpy(votes).to(device)
        self.voted = torch.from_numpy(voted).float()[:, None].to(device)
        drawn = np.maximum(np.bincount(data.labels, minlength=len(EXPRESSIONS)), 1) ** -recipe.balance
        weights = torch.from_numpy(drawn[data.labels]).float().to(device)
        self.weights = weights / weights.mean()

    def __len__(self) -> int:
        return len(self.crops)

    def order(
        self, generator: torch.Generator, excess: Tensor | None = None, skip: float = 0.0
    ) -> tuple[Tensor, Tensor]:
        """Row numbers of one epoch and what each counts for, both (m,).

        Each row comes as often as its weight on average, never farther from it than one. With ``excess`` (n,), the loss
        above the least possible that each row had last, the share ``skip`` of the rows under the mean is left out.
        """
        device = generator.device
        times = (self.weights + torch.rand(len(self), generator=generator, device=device)).floor().long()
        rows = torch.arange(len(self), device=device).repeat_interleave(times)
        rows = rows[torch.randperm(len(rows), generator=generator, device=device)]
        counts = torch.ones(len(rows), device=device)
        if excess is not None and skip > 0:
            easy = excess[rows] < excess[excess.isfinite()].mean()
            counts[easy] = 1 / (1 - skip)
            kept = ~easy | (torch.rand(len(rows), generator=generator, device=device) >= skip)
            rows, counts = rows[kept], counts[kept]
        return rows, counts
