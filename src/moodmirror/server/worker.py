"""A gunicorn worker that runs uvicorn with the mirror's own limits; needs the extra ``production``.

``gunicorn -k moodmirror.server.worker.MirrorWorker 'moodmirror.server.app:build()'``. With the plain
``uvicorn_worker.UvicornWorker`` everything works too; frames over the limit are then refused after they have come in
rather than while they do.
"""

from __future__ import annotations

from typing import Any, ClassVar

from uvicorn_worker import UvicornWorker  # type: ignore[import-untyped]

from moodmirror.server.app import UVICORN_LIMITS


class MirrorWorker(UvicornWorker):  # type: ignore[misc]
    """Uvicorn in a gunicorn worker, with :data:`moodmirror.server.app.UVICORN_LIMITS`."""

    CONFIG_KWARGS: ClassVar[dict[str, Any]] = {**UvicornWorker.CONFIG_KWARGS, **UVICORN_LIMITS}
