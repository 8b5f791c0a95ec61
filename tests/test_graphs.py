"""The detectors are built anew and compared with those in use."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from moodmirror.vision.detect import MODELS

NODE_MODULES = Path(__file__).parents[1] / "web" / "node_modules"


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_building_again_gives_the_same_bytes(tmp_path: Path) -> None:
    detect = pytest.importorskip("graphs.detect", reason="needs the extra 'build'")
    if not (NODE_MODULES / detect.PACKAGE).is_dir():
        pytest.skip("needs the weights in web/node_modules; `make run` installs them")
    detect.build_detectors(NODE_MODULES, tmp_path)
    for network in detect.NETWORKS:
        assert (tmp_path / network.target).read_bytes() == (MODELS / network.target).read_bytes()
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".onnx", ".onnx"]


def test_missing_weights_say_what_to_install(tmp_path: Path) -> None:
    detect = pytest.importorskip("graphs.detect", reason="needs the extra 'build'")
    with pytest.raises(FileNotFoundError, match="npm ci"):
        detect.build_detectors(tmp_path, tmp_path / "out")


def test_anchors_lie_in_the_middle_of_their_cells() -> None:
    detect = pytest.importorskip("graphs.detect", reason="needs the extra 'build'")
    centres = detect.anchors(((2, 1), (1, 2)))
    np.testing.assert_allclose(
        centres, [[0.25, 0.25], [0.75, 0.25], [0.25, 0.75], [0.75, 0.75], [0.5, 0.5], [0.5, 0.5]]
    )
