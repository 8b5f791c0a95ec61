"""Installed size of the wheel alone, without extras, in an empty environment."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import record


def run() -> None:
    wheels = list((record.ROOT / "dist").glob("*.whl"))
    if len(wheels) != 1:
        raise SystemExit("Run `make build` first: dist/ must hold exactly one wheel.")
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder) / "bin" / "python"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
        subprocess.run(
            [
                sys.executable,
                "-m",
                "pip",
                "--python",
                str(python),
                "install",
                "--quiet",
                "--no-compile",
                str(wheels[0]),
            ],
            check=True,
        )
        site = next(Path(folder).glob("lib/python*/site-packages"))
        sizes = {entry.name: _bytes(entry) for entry in site.iterdir()}
        subprocess.run([Path(folder) / "bin" / "moodmirror", "--version"], check=True)
    largest = sorted(sizes.items(), key=lambda entry: -entry[1])[:10]
    figures = {
        "wheel_mb": round(wheels[0].stat().st_size / 1e6, 2),
        "installed_mb": round(sum(sizes.values()) / 1e6, 1),
        "largest_mb": {name: round(size / 1e6, 1) for name, size in largest},
    }
    record.write("size", "pip install of the wheel, no extras, no bytecode; apparent size of site-packages", figures)


def _bytes(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
