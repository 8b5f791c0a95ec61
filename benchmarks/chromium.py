"""Milliseconds for the graphs in headless Chromium, as the page runs them, beside the same graphs in Python, one thread each."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from benchmarks import record
from benchmarks.scenes import portrait_scene
from moodmirror.expression.classify import SHIPPED_MODEL
from moodmirror.vision.detect import MODELS
from moodmirror.vision.runtime import Array, Graph
from tests.golden.browser import browser_graphs
from tests.golden.pictures import find_faces
from tests.needs import chromium

REPEAT, WARM_UP = 200, 20


def run() -> None:
    picture = portrait_scene(640, 480)
    faces = find_faces("detect.onnx", picture)
    inputs: dict[Path, dict[str, Array]] = {
        MODELS / "detect.onnx": {"image": picture},
        SHIPPED_MODEL: {
            "image": picture,
            "boxes": faces["boxes"],
            "landmarks": faces["landmarks"],
            "crops_in": np.zeros((0, 48, 48), np.uint8),
        },
    }
    figures = {}
    with browser_graphs(chromium()) as browser:
        for model, given in inputs.items():
            in_page = browser.run(model, given, REPEAT + WARM_UP)["took_ms"][WARM_UP:]
            figures[model.stem] = {
                "chromium_ms": record.percentiles(in_page.tolist()),
                "python_ms": record.percentiles(_in_python(model, given)),
            }
    conditions = (
        f"one 640x480 picture with one face of some 170 px, {REPEAT} runs after {WARM_UP}; onnxruntime-web, wasm, one thread, "
        "in a worker of headless Chromium; onnxruntime in Python, one thread"
    )
    record.write("chromium", conditions, figures)


def _in_python(model: Path, inputs: dict[str, Array]) -> list[float]:
    graph, took = Graph(model), []
    names = list(graph.outputs)
    for _ in range(REPEAT + WARM_UP):
        started = time.perf_counter()
        graph.run(names, inputs)
        took.append((time.perf_counter() - started) * 1e3)
    return took[WARM_UP:]
