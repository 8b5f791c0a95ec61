"""The page: files built by Vite into the package, served with the right age, precompressed where they are."""

from __future__ import annotations

import mimetypes
from pathlib import Path
from typing import Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from moodmirror.server.addresses import not_allowed

BUILT: Final = Path(__file__).parent / "static"
IMMUTABLE: Final = "public, max-age=31536000, immutable"
ENCODINGS: Final = (("br", ".br"), ("gzip", ".gz"))
# Stated here because some systems' own tables are wrong, and nosniff then stops the page.
TYPES: Final = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".css": "text/css",
    ".html": "text/html",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".wasm": "application/wasm",
    ".onnx": "application/octet-stream",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
NOT_BUILT: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Mood Mirror</title></head>
<body><main><h1>The page is not built yet</h1>
<p>The server runs, but its page has not been built. In a checkout of the source, stop it and type:</p>
<pre>make run</pre>
<p>Meanwhile <a href="/docs">the API</a> works.</p></main></body></html>
"""


class Page:
    """Serves the files of a folder at /; ASGI. Only files that lie in it: no listing, no way out."""

    def __init__(self, folder: Path = BUILT) -> None:
        self._folder = folder.resolve()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            raise HTTPException(404, "There is no such address.")
        if scope["method"] not in {"GET", "HEAD"}:
            raise not_allowed(("GET", "HEAD"))
        await self._answer(scope)(scope, receive, send)

    def _answer(self, scope: Scope) -> Response:
        # What lies under a mount has its path after the mount's.
        path = str(scope["path"]).removeprefix(scope.get("root_path", "")).lstrip("/") or "index.html"
        file = self._find(path)
        if file is None:
            if path == "index.html":
                return HTMLResponse(NOT_BUILT, 200, headers={"Cache-Control": "no-store"})
            raise HTTPException(404, "There is no such page. Go to / for the mirror.")
        return _file(
            file, immutable=path.startswith("assets/"), accepted=Headers(scope=scope).get("accept-encoding", "")
        )

    def _find(self, path: str) -> Path | None:
        if "\0" in path or "\\" in path:
            return None
        try:
            file = (self._folder / path).resolve()
            return file if file.is_relative_to(self._folder) and file.is_file() else None
        except OSError:  # a name too long for the file system
            return None


def _file(file: Path, *, immutable: bool, accepted: str) -> Response:
    kind = TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    headers = {"Cache-Control": IMMUTABLE if immutable else "no-cache", "Vary": "Accept-Encoding"}
    names = {part.split(";")[0].strip() for part in accepted.split(",") if not part.replace(" ", "").endswith(";q=0")}
    for name, suffix in ENCODINGS:
        packed = file.with_name(file.name + suffix)
        if name in names and packed.is_file():
            return FileResponse(packed, media_type=kind, headers=headers | {"Content-Encoding": name})
    return FileResponse(file, media_type=kind, headers=headers)
