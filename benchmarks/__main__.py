from __future__ import annotations

import importlib
import subprocess
import sys

NAMES = ("frame", "startup", "memory", "accuracy", "clips", "blur", "framing", "rest", "chromium")


def main(names: list[str]) -> None:
    if len(names) == 1:
        importlib.import_module(f"benchmarks.{names[0]}").run()
        return
    for name in names or NAMES:
        # Each in a process of its own: one must not warm, pin or fill the memory of the next.
        subprocess.run([sys.executable, "-m", "benchmarks", name], check=True)


main(sys.argv[1:])
