"""One model, two hosts: the graphs give the same numbers in Python and in headless Chromium."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pytest

from moodmirror.expression.classify import SHIPPED_MODEL
from moodmirror.vision.detect import MODELS
from moodmirror.vision.runtime import Graph
from tests.golden.browser import ORT, BrowserGraphs, browser_graphs
from tests.golden.pictures import DETECTORS, EXPECTED, express_inputs, find_faces, pictures
from tests.needs import chromium

BOX_PX = 0.01
PROBABILITY = 1e-4
PICTURES = ("portrait", "scene", "dark", "blank")


@pytest.fixture(scope="module")
def browser() -> Iterator[BrowserGraphs]:
    if not ORT.is_dir():
        pytest.skip("needs onnxruntime-web in web/node_modules; `make run` installs it")
    with browser_graphs(chromium()) as graphs:
        yield graphs


@pytest.mark.parametrize("model", DETECTORS)
@pytest.mark.parametrize("name", PICTURES)
def test_python_finds_the_expected_faces(name: str, model: str) -> None:
    expected = json.loads(EXPECTED.read_text(encoding="utf-8"))[name][model]
    found = find_faces(model, pictures()[name])
    for key, values in found.items():
        np.testing.assert_allclose(values, np.reshape(expected[key], values.shape), atol=BOX_PX, rtol=0)
    # The scene's face has 47 of 640 pixels: too few for the short range.
    assert len(found["boxes"]) == (0 if name == "blank" or (name, model) == ("scene", "detect.onnx") else 1)


@pytest.mark.parametrize("model", DETECTORS)
@pytest.mark.parametrize("name", PICTURES)
def test_chromium_finds_the_same_faces_as_python(browser: BrowserGraphs, name: str, model: str) -> None:
    picture = pictures()[name]
    in_page = browser.run(MODELS / model, {"image": picture})
    for key, values in find_faces(model, picture).items():
        np.testing.assert_allclose(in_page[key], values, atol=BOX_PX, rtol=0)


@pytest.mark.parametrize("name", PICTURES)
def test_chromium_reads_the_same_expressions_as_python(browser: BrowserGraphs, name: str) -> None:
    picture = pictures()[name]
    faces = find_faces("detect_full.onnx", picture)
    inputs = express_inputs(picture, faces)
    names = ("probabilities", "logits", "quality", "crops")
    in_python = dict(zip(names, Graph(SHIPPED_MODEL).run(names, inputs), strict=True))
    in_page = browser.run(SHIPPED_MODEL, inputs)
    assert len(in_python["probabilities"]) == 2 * len(faces["boxes"]) + 2
    np.testing.assert_allclose(in_page["probabilities"], in_python["probabilities"], atol=PROBABILITY, rtol=0)
    np.testing.assert_allclose(in_page["crops"], in_python["crops"], atol=1e-3, rtol=0)
    np.testing.assert_allclose(in_page["quality"], in_python["quality"], atol=1e-2, rtol=1e-4)
