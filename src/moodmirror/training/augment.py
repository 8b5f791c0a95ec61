"""Random views of face crops, made in batches: framing, light, noise, blur, erasing."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class Augmentation:
    """Ranges of the random views; probabilities are per picture.

    ``scale``: least and greatest zoom. ``shift``: of the side, each way. ``rotate_deg``: each way.
    """

    scale: tuple[float, float] = (0.8, 1.25)
    shift: float = 0.10
    rotate_deg: float = 15.0
    light: float = 0.35
    dark: float = 0.1
    degrade: float = 0.15
    erase: float = 0.25


def augment(crops: Tensor, out_px: int, config: Augmentation, generator: torch.Generator) -> Tensor:
    """Random views of ``crops``, float32 (n, 1, 48, 48) in 0..1, as (n, 1, out_px, out_px) in 0..1."""
    views = _frame(crops, out_px, config, generator)
    views = _light(views, config, generator)
    views = _degrade(views, config.degrade, generator)
    return _erase(views, config.erase, generator)


def _uniform(n: int, low: float, high: float, generator: torch.Generator) -> Tensor:
    return torch.rand(n, generator=generator) * (high - low) + low


def _chosen(n: int, probability: float, generator: torch.Generator) -> Tensor:
    return torch.rand(n, generator=generator) < probability


def _frame(crops: Tensor, out_px: int, config: Augmentation, generator: torch.Generator) -> Tensor:
    """Zoom, shift, roll and mirror by one resampling; edges are replicated, as they are when serving."""
    n, side = len(crops), crops.shape[-1]
    zoom = torch.exp(_uniform(n, math.log(config.scale[0]), math.log(config.scale[1]), generator)) * side / out_px
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
    """Contrast, brightness and gamma, and now and then a deep darkening."""
    n = len(views)
    column = (n, 1, 1, 1)
    on = _chosen(n, config.light, generator).view(column)
    contrast = _uniform(n, 0.6, 1.5, generator).view(column)
    brightness = _uniform(n, -0.2, 0.2, generator).view(column)
    gamma = torch.exp(_uniform(n, -0.5, 0.5, generator)).view(column)
    mean = views.mean(dim=(1, 2, 3), keepdim=True)
    changed = ((views - mean) * contrast + mean + brightness).clamp(1e-4, 1) ** gamma
    views = torch.where(on, changed, views)
    dark = torch.where(_chosen(n, config.dark, generator), _uniform(n, 0.2, 0.7, generator), torch.ones(n)).view(column)
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
        views[rows] += torch.randn(views[rows].shape, generator=generator) * sigma
    return views.clamp(0, 1)


def _erase(views: Tensor, probability: float, generator: torch.Generator) -> Tensor:
    """A grey rectangle of 2 to 20 % of the view (Zhong et al. 2020)."""
    n, side = len(views), views.shape[-1]
    area = _uniform(n, 0.02, 0.2, generator)
    aspect = torch.exp(_uniform(n, math.log(0.4), math.log(2.5), generator))
    height, width = (area * aspect).sqrt() * side, (area / aspect).sqrt() * side
    top = _uniform(n, 0, 1, generator) * (side - height)
    left = _uniform(n, 0, 1, generator) * (side - width)
    at = torch.arange(side, dtype=torch.float32)
    inside_y = (at >= top[:, None]) & (at < (top + height)[:, None])
    inside_x = (at >= left[:, None]) & (at < (left + width)[:, None])
    mask = inside_y[:, None, :, None] & inside_x[:, None, None, :] & _chosen(n, probability, generator).view(n, 1, 1, 1)
    return torch.where(mask, _uniform(n, 0, 1, generator).view(n, 1, 1, 1), views)


def mix(views: Tensor, targets: list[Tensor], alpha: float, generator: torch.Generator) -> tuple[Tensor, list[Tensor]]:
    """Mixup (Zhang et al. 2018): one Beta(alpha, alpha) share a batch, the same for views and every target."""
    if alpha <= 0:
        return views, targets
    # Beta by two gammas through the batch's own generator, so that a resumed run draws the same numbers.
    share = _beta(alpha, generator)
    order = torch.randperm(len(views), generator=generator)
    return views * share + views[order] * (1 - share), [t * share + t[order] * (1 - share) for t in targets]


def _beta(alpha: float, generator: torch.Generator) -> float:
    """One draw of Beta(alpha, alpha) by Johnk's method, which suits alpha <= 1."""
    while True:
        u, v = torch.rand(2, generator=generator, dtype=torch.float64).tolist()
        x, y = u ** (1 / alpha), v ** (1 / alpha)
        if 0 < x + y <= 1:
            return float(x / (x + y))
