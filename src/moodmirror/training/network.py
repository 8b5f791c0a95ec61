"""The expression network: a squeeze-and-excite ResNet on one 48x48 grey channel with two heads."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from moodmirror.expression.labels import FERPLUS
from moodmirror.types import EXPRESSIONS


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """Widths and block counts of the four stages, and dropout before the heads (0..1)."""

    widths: tuple[int, ...] = (32, 64, 128, 256)
    blocks: tuple[int, ...] = (2, 2, 2, 2)
    dropout: float = 0.2


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
    """Face crops, float32 (n, 1, s, s) in 0..1, to logits of FER2013's labels (n, 7) and of FER+'s votes (n, 8).

    ``s`` is 48 or a centre crop of it: pooling is global, so that any size from 32 works.
    """

    def __init__(self, config: NetworkConfig | None = None) -> None:
        super().__init__()
        config = config or NetworkConfig()
        first = config.widths[0]
        self.stem = nn.Sequential(
            nn.Conv2d(1, first, 3, 1, 1, bias=False), nn.BatchNorm2d(first), nn.ReLU(inplace=True)
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

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor]:
        # 0.5 and 0.25 are near the mean and deviation of FER2013's pixels; fixed, so that nothing is fitted outside the weights.
        x = self.stages(self.stem((crops - 0.5) / 0.25))
        pooled = self.dropout(x.mean(dim=(2, 3)))
        return self.labels(pooled), self.votes(pooled)
