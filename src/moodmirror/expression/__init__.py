"""Faces to calibrated scores; the shipped model and the JSON of its making."""
