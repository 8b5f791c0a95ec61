"""Mood Mirror: reads an expression, settles it into a mood, offers something that fits."""

__version__ = "0.1.0"
