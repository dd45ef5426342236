"""The service as a person runs it: `territoires serve`, a deposit, a new release, a clean stop.

Here: real processes on loopback, bounded in time. Not here: what a refresh computes.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from orchestration import cli, releases
from orchestration.resources import Storage
from sample import write_sample

TERRITOIRES = Path(sys.executable).parent / "territoires"


def wait_for(condition, seconds: float, what: str):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.5)
    raise AssertionError(f"not within {seconds:.0f} s: {what}")


@pytest.mark.slow
def test_a_deposit_leads_to_a_release_with_no_other_command(tmp_path: Path, refresh, monkeypatch) -> None:
    home = tmp_path / "home"
    facts = write_sample(home, scale=0.1, quarters=2)
    correction = next(deposit for deposit in facts.special if deposit.case == "correction")
    held_back = tmp_path / Path(correction.path).name
    (home / correction.path).rename(held_back)
    refresh(home)
    storage = Storage(home)
    first = releases.current_id(storage)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    monkeypatch.setenv("TERRITOIRES_HOME", str(home))
    (tmp_path / "mirror").mkdir()
    monkeypatch.setenv("OPEN_DATA_MIRROR", str(tmp_path / "mirror"))  # no producer is asked
    log = (tmp_path / "serve.log").open("w")
    service = subprocess.Popen(
        [str(TERRITOIRES), "serve", "--port", str(port)], env=os.environ | {"PYTHONDONTWRITEBYTECODE": ""},
        stdout=log, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        wait_for(lambda: answers(port), 90, "web pages")
        assert cli.main(["deposit", str(held_back), "--member", correction.siren]) == 0
        wait_for(lambda: releases.current_id(storage) != first, 180, (tmp_path / "serve.log").read_text()[-3000:])
        assert not list(storage.landing.glob("*/*"))
    finally:
        service.send_signal(signal.SIGTERM)
        assert service.wait(timeout=60) == 0
    assert not answers(port)


def answers(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/server_info", timeout=2).ok
    except requests.ConnectionError:
        return False
