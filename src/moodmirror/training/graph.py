"""The whole reader as one torch module: a picture and its faces in, calibrated expressions out.

Exported, it is the graph that Python and the page both run; the same code therefore frames a face wherever it is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from moodmirror.evaluation.datasets import CROP_PX
from moodmirror.expression.labels import FERPLUS_OF_EXPRESSION
from moodmirror.training.framing import Framing
from moodmirror.training.network import ExpressionNet, view

OVERSAMPLED_PX: Final = 144
"""Faces are sampled three times as finely as they are kept, then averaged. Against 384, on 26 photographs, probabilities move by
.008 at the most; at 192, which takes a tenth longer, by .007, and at 96 by .028."""
MIN_EYES_PX: Final = 1e-3
"""Eyes nearer to each other than this give no direction."""
LUMA: Final = (0.299, 0.587, 0.114)
"""Grey of ITU-R BT.601, as FER2013's pictures and Pillow have it."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """How logits become the probabilities that are given out.

    ``temperature``: of the label head. What people see is in proportion to label ** ``shown_labels`` * vote **
    ``shown_votes``, both probabilities: a log-linear pool of the heads (Genest & Zidek 1986).
    """

    temperature: float = 1.0
    shown_labels: float = 1.0
    shown_votes: float = 0.0


class ExpressGraph(nn.Module):
    """Frames every face of a picture, reads it, and says how well it could be read.

    Takes ``image``, uint8 (h, w, 3), RGB; ``boxes``, float32 (n, 4), xyxy, and ``landmarks``, float32 (n, 6, 2), xy, in
    pixels, NaN where the detector gives none; and ``crops_in``, uint8 (m, 48, 48), faces that are framed already. Gives
    ``probabilities`` and ``logits``, float32 (n + m, 7), what people see; ``labels`` (n + m, 7) and ``votes`` (n + m, 8), the
    probabilities of each head; ``quality``, float32 (n, 6), in the order of :class:`moodmirror.types.Quality`; and ``crops``,
    float32 (n, 48, 48), 0..1.
    """

    across: Tensor
    luma: Tensor
    seven: Tensor

    def __init__(self, net: ExpressionNet, framing: Framing, view_px: int, calibration: Calibration) -> None:
        super().__init__()
        self.net, self.framing, self.view_px, self.calibration = net, framing, view_px, calibration
        steps = (torch.arange(OVERSAMPLED_PX, dtype=torch.float32) + 0.5) / OVERSAMPLED_PX - 0.5
        self.register_buffer("across", steps)
        self.register_buffer("seven", torch.tensor(FERPLUS_OF_EXPRESSION))
        self.register_buffer("luma", torch.tensor(LUMA).view(3, 1) / 255)

    def forward(
        self, image: Tensor, boxes: Tensor, landmarks: Tensor, crops_in: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
        centre, axis, side, yaw = self._square(boxes, landmarks)
        crops, inside = self._sample(image, centre, axis, side)
        by_label, by_vote = self.net(view(torch.cat([crops, crops_in[:, None].float() / 255]), self.view_px))
        quality = _quality(crops, side, inside, yaw)
        return *self.shown(by_label, by_vote), functional.softmax(by_vote, 1), quality, crops[:, 0]

    def shown(self, by_label: Tensor, by_vote: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """From the logits of both heads: probabilities and logits that people see (n, 7), probabilities of the label (n, 7)."""
        label = functional.log_softmax(by_label / self.calibration.temperature, 1)
        vote = functional.log_softmax(by_vote.index_select(1, self.seven), 1)
        logits = self.calibration.shown_labels * label + self.calibration.shown_votes * vote
        return functional.softmax(logits, 1), logits, label.exp()

    def _square(self, boxes: Tensor, landmarks: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Of each face's square: centre (n, 2), unit vector across the face (n, 2), side (n, 1), yaw (n, 1); pixels."""
        corners = boxes.view(-1, 2, 2)
        sides = corners[:, 1] - corners[:, 0]
        side = (sides.mean(1, keepdim=True) * self.framing.side_per_box).clamp(min=1.0)
        right_eye, left_eye, nose = landmarks[:, 0], landmarks[:, 1], landmarks[:, 2]
        between = left_eye - right_eye
        distance = between.square().sum(1, keepdim=True).sqrt()
        # The direction itself instead of an angle: a face that lies or stands on its head is turned upright too.
        axis = between / distance
        eyes = (right_eye + left_eye) / 2
        by_eyes = eyes + _down(axis) * side * self.framing.eyes_to_centre
        middle = corners.mean(1)
        by_box = torch.cat([middle[:, :1], middle[:, 1:] + side * self.framing.box_to_centre], 1)
        yaw = ((nose - eyes) * axis).sum(1, keepdim=True) / distance
        # A sum with NaN is no number, and so not above any: no landmarks, or eyes in one point, leave the box alone.
        blind = ~(distance + yaw.abs() > MIN_EYES_PX)
        upright = torch.tensor([1.0, 0.0])
        return (
            torch.where(blind, by_box, by_eyes),
            torch.where(blind, upright, axis),
            side,
            torch.where(blind, torch.zeros_like(yaw), yaw),
        )

    def _sample(self, image: Tensor, centre: Tensor, axis: Tensor, side: Tensor) -> tuple[Tensor, Tensor]:
        """Grey crops (n, 1, 48, 48), 0..1, their edges replicated, and the share of each square inside the picture (n, 1)."""
        height, width = image.shape[0], image.shape[1]
        grey = (image.float() @ self.luma).view(1, 1, height, width)
        # Everything is brought to the grid's -1..1 before it is spread out: one addition a point is left.
        scale = 2 / torch.stack([torch.ones(()) * width, torch.ones(()) * height])
        row = (centre * scale - 1)[:, None, None] + (axis * side * scale)[:, None, None] * self.across[
            None, None, :, None
        ]
        column = (_down(axis) * side * scale)[:, None, None] * self.across[None, :, None, None]
        # All faces lie below each other in one tall grid: the picture is then needed once, not once a face.
        places = (row + column).view(1, -1, OVERSAMPLED_PX, 2)
        sampled = functional.grid_sample(grey, places, padding_mode="border", align_corners=False)
        crops = functional.avg_pool2d(sampled.view(-1, 1, OVERSAMPLED_PX, OVERSAMPLED_PX), OVERSAMPLED_PX // CROP_PX)
        coarse = places.view(-1, OVERSAMPLED_PX, OVERSAMPLED_PX, 2)[:, 2::4, 2::4]
        return crops, (coarse.abs().amax(3) <= 1).float().mean((1, 2))[:, None]


def _down(axis: Tensor) -> Tensor:
    """The unit vector down the face from the one across it, (n, 2)."""
    return torch.cat([-axis[:, 1:], axis[:, :1]], 1)


def _quality(crops: Tensor, side: Tensor, inside: Tensor, yaw: Tensor) -> Tensor:
    """The fields of :class:`moodmirror.types.Quality`, (n, 6), of crops (n, 1, 48, 48)."""
    brightness = crops.mean((2, 3))
    contrast = (crops - brightness[:, :, None, None]).square().mean((2, 3)).sqrt()
    middle = crops[:, :, 1:-1, 1:-1]
    around = crops[:, :, :-2, 1:-1] + crops[:, :, 2:, 1:-1] + crops[:, :, 1:-1, :-2] + crops[:, :, 1:-1, 2:]
    sharpness = (around - 4 * middle).abs().mean((2, 3)) / contrast.clamp(min=1e-3)
    return torch.cat([side, brightness, contrast, sharpness, inside, yaw], 1)
