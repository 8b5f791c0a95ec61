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

    def order(self, generator: torch.Generator) -> Tensor:
        """Row numbers of one epoch: each as often as its weight on average, never farther from it than one."""
        times = (self.weights + torch.rand(len(self), generator=generator, device=generator.device)).floor().long()
        rows = torch.arange(len(self), device=generator.device).repeat_interleave(times)
        return rows[torch.randperm(len(rows), generator=generator, device=generator.device)]
