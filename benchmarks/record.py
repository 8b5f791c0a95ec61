"""What every result carries: the machine, the versions, the commit, the moment, the conditions."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import psutil

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
PACKAGES = ("numpy", "onnxruntime", "opencv-python-headless", "pillow", "fastapi", "uvicorn")


def data(name: str) -> Path | None:
    """A folder of measured data, which is not part of the repository; None, said on standard error, where it is absent."""
    folder = Path(os.environ.get("MOODMIRROR_DATA", ROOT.parent / "shared" / "data")) / name
    if folder.is_dir():
        return folder
    sys.stderr.write(f"skipped: {folder} is not here; MOODMIRROR_DATA names another place\n")
    return None


def percentiles(values: list[float]) -> dict[str, float]:
    """Median, tails and spread of ``values``."""
    p50, p90, p99 = np.percentile(values, [50, 90, 99])
    return {"p50": round(p50, 3), "p90": round(p90, 3), "p99": round(p99, 3), "n": len(values)}


def write(name: str, conditions: str, figures: dict[str, Any]) -> Path:
    """Write one result and return its path."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    record = {
        "benchmark": name,
        "conditions": conditions,
        "figures": figures,
        "machine": {
            "processor": _processor(),
            "cores": psutil.cpu_count(),
            "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
            "system": platform.platform(),
            "load_1_min": round(psutil.getloadavg()[0], 2),
        },
        "versions": {"python": platform.python_version(), **{package: version(package) for package in PACKAGES}},
        "commit": _commit(),
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    path.write_text(json.dumps(record, indent=2) + "\n")
    return path


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or sys.platform


def _commit() -> str:
    def git(*arguments: str) -> str:
        return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()

    return git("rev-parse", "--short", "HEAD") + (
        "+changes" if git("status", "--porcelain", "--untracked-files=no") else ""
    )
