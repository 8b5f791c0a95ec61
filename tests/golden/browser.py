"""Headless Chromium that runs our graphs with onnxruntime-web, fed by a server of this machine alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page, sync_playwright

HERE: Final = Path(__file__).parent
ORT: Final = HERE.parents[1] / "web" / "node_modules" / "onnxruntime-web" / "dist"
FLAGS: Final = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking")
_TYPES: Final = {".html": "text/html", ".mjs": "text/javascript", ".wasm": "application/wasm"}


class BrowserGraphs:
    """Runs ONNX files in a page."""

    def __init__(self, page: Page, files: dict[str, Path | bytes]) -> None:
        self._page, self._files = page, files

    def run(self, model: Path, inputs: Mapping[str, NDArray[Any]], repeat: int = 1) -> dict[str, NDArray[Any]]:
        """The graph's outputs by name, and ``took_ms`` of each of ``repeat`` runs."""
        self._files[f"/models/{model.name}"] = model
        described = {}
        for name, array in inputs.items():
            url = f"/arrays/{name}"
            self._files[url] = np.ascontiguousarray(array).tobytes()
            described[name] = {"url": url, "type": array.dtype.name, "dims": list(array.shape)}
        outputs = self._page.evaluate("([m, i, n]) => run(m, i, n)", [f"/models/{model.name}", described, repeat])
        return {name: np.array(out["data"], np.float64).reshape(out["dims"]) for name, out in outputs.items()}


@contextmanager
def browser_graphs(chromium: str) -> Iterator[BrowserGraphs]:
    """A page that is ready to run graphs, until the block ends."""
    files: dict[str, Path | bytes] = {f"/{name}": HERE / name for name in ("page.html", "worker.mjs")}
    with _served(files) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        try:
            page = browser.new_page()
            page.goto(f"{address}/page.html")
            page.wait_for_selector("script", state="attached")
            page.wait_for_function("() => window.ready === true")
            yield BrowserGraphs(page, files)
        finally:
            browser.close()


@contextmanager
def _served(files: Mapping[str, Path | bytes]) -> Iterator[str]:
    """The address of a server of ``files`` and of onnxruntime-web under /ort/, until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.split("?")[0]
            content = ORT / Path(path).name if path.startswith("/ort/") else files.get(path)
            if content is None or (isinstance(content, Path) and not content.is_file()):
                self.send_error(HTTPStatus.NOT_FOUND)
                return
            body = content.read_bytes() if isinstance(content, Path) else content
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", _TYPES.get(Path(path).suffix, "application/octet-stream"))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the base class's name)
            """Requests are no news."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
