"""A second process that writes moods until it is killed; run by test_crash.py.

``python writer.py DATABASE``: for each line read, forks a writer. The writer prints its process id, then each id that
the store has acknowledged. Forking after the imports makes a kill cheap enough to repeat.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime

from moodmirror.store import Store
from moodmirror.types import Affect, Mood


def write(path: str) -> None:
    with Store.open(path) as store:
        print("pid", os.getpid(), flush=True)
        while True:
            entry = store.add_mood(
                Mood("sad", (1 / 7,) * 7, Affect(-0.6, -0.2), 0.8), datetime.now(UTC), note="x" * 300
            )
            print(entry.id, flush=True)


if __name__ == "__main__":
    for _line in iter(sys.stdin.readline, ""):
        child = os.fork()
        if child == 0:
            write(sys.argv[1])
        os.waitpid(child, 0)
        print("dead", flush=True)
