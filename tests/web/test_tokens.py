"""The page's colours against WCAG 2.2: every pair of tokens that meets on the screen, in both themes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).parents[2] / "web" / "src" / "styles" / "tokens.css"
MOODS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral", "unclear")
GROUNDS = ("surface", "well")
TEXT, GRAPHIC = 4.5, 3.0
"""Least contrast of text (1.4.3) and of what carries a boundary, a state or a drawing (1.4.11)."""

PAIRS: list[tuple[str, str, float]] = [
    *((name, ground, TEXT) for name in ("text", "muted", "accent", "danger", "focus") for ground in GROUNDS),
    *((name, ground, GRAPHIC) for name in ("edge", *(f"mood-{mood}" for mood in MOODS)) for ground in GROUNDS),
    *((f"ink-{mood}", f"face-{mood}", GRAPHIC) for mood in MOODS),
    ("on-accent", "accent", TEXT),
    ("on-danger", "danger", TEXT),
    ("on-plate", "plate", TEXT),
]


def declared(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+):\s*([^;]+);", block))


def themes() -> dict[str, dict[str, str]]:
    css = re.sub(r"/\*.*?\*/", "", TOKENS.read_text(encoding="utf-8"), flags=re.DOTALL)
    light = declared(css[css.index(":root {") : css.index(":root[data-theme")])
    dark_block = css[css.index(":root[data-theme='dark'] {") :]
    return {"light": light, "dark": light | declared(dark_block[: dark_block.index("}")])}


def colour(theme: dict[str, str], name: str) -> str:
    value = theme[name]
    while reference := re.fullmatch(r"var\(--([\w-]+)\)", value):
        value = theme[reference[1]]
    return value


def luminance(code: str) -> float:
    """Relative luminance as WCAG 2.2 defines it, 0..1."""
    channels = [int(code[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def test_contrast_agrees_with_the_standards_ends() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#777777") == 1


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("front", "ground", "least"), PAIRS)
def test_every_pair_that_meets_can_be_told_apart(theme: str, front: str, ground: str, least: float) -> None:
    tokens = themes()[theme]
    found = contrast(colour(tokens, front), colour(tokens, ground))
    assert found >= least, f"{theme}: {front} on {ground} has {found:.2f} : 1, not {least} : 1"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_both_themes_name_the_same_colours(theme: str) -> None:
    tokens = themes()[theme]
    assert {name for pair in PAIRS for name in pair[:2]} <= set(tokens)
    assert all(re.fullmatch(r"#[0-9a-f]{6}", colour(tokens, name)) for pair in PAIRS for name in pair[:2])


def test_controls_are_large_enough_to_hit() -> None:
    assert declared(TOKENS.read_text(encoding="utf-8"))["target"] == "2.75rem"  # 44 px
