"""The expression network: a squeeze-and-excite ResNet on one grey channel with two heads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from moodmirror.expression.labels import FERPLUS
from moodmirror.types import EXPRESSIONS

PATCH: Final = 2
"""The stem takes patches of 2x2 pixels as four channels: full-size maps of few channels cost time and bring little."""
LEAST_DEVIATION: Final = 0.01
"""Added to a view's deviation, so that an empty picture's noise is not blown up to a face's contrast."""


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """Widths and block counts of the stages, each at half the last one's side, and dropout before the heads (0..1)."""

    widths: tuple[int, ...] = (64, 128, 256)
    blocks: tuple[int, ...] = (1, 2, 2)
    dropout: float = 0.2


def view(crops: Tensor, px: int) -> Tensor:
    """Crops, float32 (n, 1, s, s), resized without aliasing to (n, 1, px, px), by two products with one matrix.

    The same arithmetic in every runtime, which resizing operators do not promise.
    """
    side = crops.shape[-1]
    weights = functional.interpolate(
        torch.eye(side, device=crops.device)[None, None], size=(px, side), mode="bilinear", antialias=True
    )[0, 0]
    return weights @ crops @ weights.T


class SqueezeExcite(nn.Module):
    """Channel attention (Hu et al. 2018), reduction 8."""

    def __init__(self, width: int) -> None:
        super().__init__()
        hidden = max(8, width // 8)
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(width, hidden, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(hidden, width, 1),
            nn.Sigmoid(),
        )

    def forward(self, x: Tensor) -> Tensor:
        weights: Tensor = self.gate(x)
        return x * weights


class Block(nn.Module):
    """Two 3x3 convolutions with squeeze-and-excite and a shortcut (He et al. 2016)."""

    def __init__(self, width_in: int, width: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(width_in, width, 3, stride, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, width, 3, 1, 1, bias=False),
            nn.BatchNorm2d(width),
            SqueezeExcite(width),
        )
        same = stride == 1 and width_in == width
        self.shortcut = (
            nn.Identity()
            if same
            else nn.Sequential(nn.Conv2d(width_in, width, 1, stride, bias=False), nn.BatchNorm2d(width))
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu_(self.body(x) + self.shortcut(x))


class ExpressionNet(nn.Module):
    """Views of faces, float32 (n, 1, s, s) in 0..1, to logits of FER2013's labels (n, 7) and of FER+'s votes (n, 8).

    ``s`` is even, and 32 at least: pooling is global. Each view is brought to mean 0 and deviation 1 first, so that neither the
    strength of the light nor the contrast of the camera matters.
    """

    def __init__(self, config: NetworkConfig | None = None) -> None:
        super().__init__()
        config = config or NetworkConfig()
        first = config.widths[0]
        self.stem = nn.Sequential(
            nn.PixelUnshuffle(PATCH),
            nn.Conv2d(PATCH * PATCH, first, 3, 1, 1, bias=False),
            nn.BatchNorm2d(first),
            nn.ReLU(inplace=True),
        )
        stages: list[nn.Module] = []
        width_in = first
        for stage, (width, count) in enumerate(zip(config.widths, config.blocks, strict=True)):
            for block in range(count):
                stages.append(Block(width_in, width, 2 if stage and block == 0 else 1))
                width_in = width
        self.stages = nn.Sequential(*stages)
        self.dropout = nn.Dropout(config.dropout)
        self.labels = nn.Linear(width_in, len(EXPRESSIONS))
        self.votes = nn.Linear(width_in, len(FERPLUS))

    def forward(self, views: Tensor) -> tuple[Tensor, Tensor]:
        centred = views - views.mean((2, 3), keepdim=True)
        deviation = centred.square().mean((2, 3), keepdim=True).sqrt()
        x = self.stages(self.stem(centred / (deviation + LEAST_DEVIATION)))
        pooled = self.dropout(x.mean(dim=(2, 3)))
        return self.labels(pooled), self.votes(pooled)
