"""The application around the shipped fakes, for tests that need a server process of its own."""

from __future__ import annotations

from fastapi import FastAPI

from moodmirror.catalog.load import load_starter
from moodmirror.config import Settings
from moodmirror.expression.classify import FakeClassifier
from moodmirror.mirror import Mirror
from moodmirror.recommend.recommender import Recommender
from moodmirror.server.app import create_app
from moodmirror.store import Store
from moodmirror.types import Face
from moodmirror.vision.detect import FakeDetector


def build() -> FastAPI:
    """As ``moodmirror.server.app.build``, without the graphs."""
    settings = Settings()
    mirror = Mirror(settings, detector=FakeDetector([Face((40, 30, 120, 110), 0.95)]), classifier=FakeClassifier())
    return create_app(settings, mirror, Store.open(settings.database), Recommender(load_starter()))
