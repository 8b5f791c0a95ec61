"""Random views of face crops, made in batches: framing, light, noise, blur, erasing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class Augmentation:
    """Ranges of the random views; probabilities are per picture.

    ``scale``: least and greatest zoom. ``shift``: of the side, each way. ``rotate_deg``: each way.
    """

    scale: tuple[float, float] = (0.78, 1.28)
    shift: float = 0.10
    rotate_deg: float = 17.0
    light: float = 0.35
    dark: float = 0.1
    degrade: float = 0.15
    jpeg: float = 0.1
    erase: float = 0.3

    def weaker(self, strength: float) -> Augmentation:
        """The same with every range and probability ``strength`` (0..1) times as large.

        >>> Augmentation().weaker(0.5).rotate_deg
        8.5
        """
        return Augmentation(
            scale=(self.scale[0] ** strength, self.scale[1] ** strength),
            shift=self.shift * strength,
            rotate_deg=self.rotate_deg * strength,
            light=self.light * strength,
            dark=self.dark * strength,
            degrade=self.degrade * strength,
            jpeg=self.jpeg * strength,
            erase=self.erase * strength,
        )


SIDE_LIGHT: Final = 0.6
"""Greatest logarithm of the light's change from the middle to an edge."""
JPEG_QUALITY: Final = (15.0, 70.0)
_LUMINANCE: Final = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
"""Steps of the luminance coefficients (ITU-T T.81, table K.1)."""


def augment(crops: Tensor, out_px: int, config: Augmentation, generator: torch.Generator) -> Tensor:
    """Random views of ``crops``, float32 (n, 1, 48, 48) in 0..1, with sides of ``out_px``, a multiple of 8."""
    views = _frame(crops, out_px, config, generator)
    views = _light(views, config, generator)
    views = _degrade(views, config.degrade, generator)
    views = _jpeg(views, config.jpeg, generator)
    return _erase(views, config.erase, generator)


def _uniform(n: int, low: float, high: float, generator: torch.Generator) -> Tensor:
    return torch.rand(n, generator=generator, device=generator.device) * (high - low) + low


def _chosen(n: int, probability: float, generator: torch.Generator) -> Tensor:
    return torch.rand(n, generator=generator, device=generator.device) < probability


def _frame(crops: Tensor, out_px: int, config: Augmentation, generator: torch.Generator) -> Tensor:
    """Zoom, shift, roll and mirror by one resampling; edges are replicated, as they are when serving."""
    n = len(crops)
    zoom = torch.exp(_uniform(n, math.log(config.scale[0]), math.log(config.scale[1]), generator))
    angle = torch.deg2rad(_uniform(n, -config.rotate_deg, config.rotate_deg, generator))
    mirror = torch.where(_chosen(n, 0.5, generator), -1.0, 1.0)
    shift = _uniform(2 * n, -2 * config.shift, 2 * config.shift, generator).view(n, 2)
    cos, sin = torch.cos(angle) / zoom, torch.sin(angle) / zoom
    matrix = torch.stack(
        [torch.stack([cos * mirror, -sin, shift[:, 0]], 1), torch.stack([sin * mirror, cos, shift[:, 1]], 1)], 1
    )
    grid = functional.affine_grid(matrix, [n, 1, out_px, out_px], align_corners=False)
    return functional.grid_sample(crops, grid, padding_mode="border", align_corners=False)


def _light(views: Tensor, config: Augmentation, generator: torch.Generator) -> Tensor:
    """Contrast, brightness, gamma and a light from one side, and now and then a deep darkening."""
    n, side = len(views), views.shape[-1]
    column = (n, 1, 1, 1)
    on = _chosen(n, config.light, generator).view(column)
    contrast = _uniform(n, 0.6, 1.5, generator).view(column)
    brightness = _uniform(n, -0.2, 0.2, generator).view(column)
    gamma = torch.exp(_uniform(n, -0.5, 0.5, generator)).view(column)
    mean = views.mean(dim=(1, 2, 3), keepdim=True)
    changed = ((views - mean) * contrast + mean + brightness).clamp(1e-4, 1) ** gamma
    across = torch.linspace(-1, 1, side, device=views.device)
    tilt = _uniform(2 * n, -SIDE_LIGHT, SIDE_LIGHT, generator).view(n, 2, 1, 1)
    changed = (changed * torch.exp(tilt[:, :1] * across + tilt[:, 1:] * across[:, None])).clamp(max=1)
    views = torch.where(on, changed, views)
    dark = torch.where(_chosen(n, config.dark, generator), _uniform(n, 0.2, 0.7, generator), 1.0).view(column)
    return views * dark


def _degrade(views: Tensor, probability: float, generator: torch.Generator) -> Tensor:
    """A smaller or blurred picture, then the noise of a sensor."""
    n, side = len(views), views.shape[-1]
    for small in (side // 2, side * 2 // 3):
        rows = _chosen(n, probability / 2, generator).nonzero().flatten()
        if len(rows):
            shrunk = functional.interpolate(views[rows], size=small, mode="area")
            views[rows] = functional.interpolate(shrunk, size=side, mode="bilinear", align_corners=False)
    rows = _chosen(n, probability, generator).nonzero().flatten()
    if len(rows):
        sigma = _uniform(len(rows), 0.01, 0.08, generator).view(-1, 1, 1, 1)
        views[rows] += torch.randn(views[rows].shape, generator=generator, device=views.device) * sigma
    return views.clamp(0, 1)


def _jpeg(views: Tensor, probability: float, generator: torch.Generator) -> Tensor:
    """What JPEG loses (ITU-T T.81): 8x8 cosine coefficients rounded to steps that grow as the quality falls."""
    n, side = len(views), views.shape[-1]
    rows = _chosen(n, probability, generator).nonzero().flatten()
    if not len(rows):
        return views
    quality = _uniform(len(rows), *JPEG_QUALITY, generator)
    scale = torch.where(quality < 50, 50 / quality, 2 - quality / 50)
    steps = (torch.tensor(_LUMINANCE, device=views.device) * scale.view(-1, 1, 1, 1, 1)).clamp(min=1) / 255
    cosines = _cosines().to(views.device)
    tiles = views[rows, 0].view(len(rows), side // 8, 8, side // 8, 8).transpose(2, 3)
    coefficients = cosines @ (tiles - 0.5) @ cosines.T
    tiles = cosines.T @ ((coefficients / steps).round() * steps) @ cosines + 0.5
    views[rows, 0] = tiles.transpose(2, 3).reshape(len(rows), side, side).clamp(0, 1)
    return views


def _cosines() -> Tensor:
    """The orthonormal cosine transform of eight samples, (8, 8)."""
    at = torch.arange(8, dtype=torch.float32)
    cosines = torch.cos((at + 0.5) * at[:, None] * math.pi / 8) / 2
    cosines[0] /= math.sqrt(2)
    return cosines


def _erase(views: Tensor, probability: float, generator: torch.Generator) -> Tensor:
    """A grey rectangle of 2 to 20 % of the view (Zhong et al. 2020)."""
    n, side = len(views), views.shape[-1]
    area = _uniform(n, 0.02, 0.2, generator)
    aspect = torch.exp(_uniform(n, math.log(0.4), math.log(2.5), generator))
    height, width = (area * aspect).sqrt() * side, (area / aspect).sqrt() * side
    top = _uniform(n, 0, 1, generator) * (side - height)
    left = _uniform(n, 0, 1, generator) * (side - width)
    at = torch.arange(side, dtype=torch.float32, device=views.device)
    inside_y = (at >= top[:, None]) & (at < (top + height)[:, None])
    inside_x = (at >= left[:, None]) & (at < (left + width)[:, None])
    mask = inside_y[:, None, :, None] & inside_x[:, None, None, :] & _chosen(n, probability, generator).view(n, 1, 1, 1)
    return torch.where(mask, _uniform(n, 0, 1, generator).view(n, 1, 1, 1), views)
