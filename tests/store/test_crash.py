"""kill -9 in the middle of writing, twenty times: whatever was acknowledged is there."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from moodmirror.store import Store

KILLS = 20


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks its writers")
def test_no_acknowledged_mood_is_lost_when_the_writer_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "moods.db"
    acknowledged: set[int] = set()
    luck = random.Random(7)
    script = [sys.executable, str(Path(__file__).with_name("writer.py")), str(path)]
    paths = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(script, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=paths) as driver:
        assert driver.stdin is not None
        assert driver.stdout is not None
        for _ in range(KILLS):
            driver.stdin.write("go\n")
            driver.stdin.flush()
            pid = int(driver.stdout.readline().split()[1])
            acknowledged.add(int(driver.stdout.readline()))
            time.sleep(luck.uniform(0.0, 0.05))
            os.kill(pid, signal.SIGKILL)
            while (line := driver.stdout.readline().strip()) != "dead":
                acknowledged.add(int(line))
        driver.stdin.close()
    with Store.open(path) as store:
        kept = {entry.id for entry in store.moods()}
    assert len(acknowledged) >= KILLS
    assert acknowledged - kept == set()
    raw = sqlite3.connect(path)
    assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    raw.close()
