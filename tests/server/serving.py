"""A real server on a real port, in a thread, around a fake detector and classifier that ship with the package."""

from __future__ import annotations

import io
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import uvicorn
from PIL import Image
from websockets.sync.client import ClientConnection, connect

from moodmirror.catalog.load import Catalog, load_starter
from moodmirror.config import Settings
from moodmirror.expression.classify import Classifier, FakeClassifier
from moodmirror.mirror import Mirror
from moodmirror.recommend.recommender import Recommender
from moodmirror.server.app import create_app, uvicorn_options
from moodmirror.server.limits import Limits
from moodmirror.store import Store
from moodmirror.types import Face
from moodmirror.vision.detect import Detector, FakeDetector

EYES = ((60.0, 60.0), (100.0, 60.0), (80.0, 80.0), (80.0, 100.0), (45.0, 65.0), (115.0, 65.0))
FACE = Face((40.0, 30.0, 120.0, 110.0), 0.95, EYES)


@dataclass
class Served:
    """A server that runs, and ways to talk to it."""

    base: str
    store: Store
    home: Path
    http: httpx.Client
    headers: dict[str, str] = field(default_factory=dict)

    def socket(self, headers: Mapping[str, str] | None = None, **options: Any) -> ClientConnection:
        """A live socket that comes from the mirror's own page."""
        given = {"Origin": self.base} if headers is None else headers
        options = {"compression": None, "max_size": 2**22} | options
        return connect(self.base.replace("http", "ws") + "/api/v1/live", additional_headers=given, **options)


@contextmanager
def serving(
    home: Path,
    *,
    detector: Detector | None = None,
    classifier: Classifier | None = None,
    limits: Limits | None = None,
    page: Path | None = None,
    catalog: Catalog | None = None,
) -> Iterator[Served]:
    """Serve on a free port until the block ends."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        settings = Settings(home=home, port=port)
        mirror = Mirror(settings, detector=detector or FakeDetector([FACE]), classifier=classifier or FakeClassifier())
        store = Store.open(settings.database)
        recommender = Recommender(catalog or load_starter())
        app = create_app(settings, mirror, store, recommender, limits, page or home / "no-page")
        server = uvicorn.Server(uvicorn.Config(app, **uvicorn_options(settings), log_config=None))
        listener.listen()
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            until = time.monotonic() + 20
            while not server.started and time.monotonic() < until:
                time.sleep(0.01)
            base = f"http://127.0.0.1:{port}"
            with httpx.Client(base_url=base, timeout=20, trust_env=False) as client:
                yield Served(base, store, home, client)
        finally:
            server.should_exit = True
            thread.join(20)


def picture(width: int = 160, height: int = 120, kind: str = "JPEG", seed: int = 1) -> bytes:
    """A picture of soft noise."""
    grey = np.random.default_rng(seed).integers(0, 255, (height // 8 + 1, width // 8 + 1, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(grey).resize((width, height)).save(file, kind)
    return file.getvalue()
