"""What tests share: homes on disk, small returns, and the real pipeline run on them."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "yes")

from hand_federation import write as write_by_hand
from intake import another_home

from orchestration import cli
from orchestration.resources import Storage
from sample import SAMPLE_KEY


@pytest.fixture(autouse=True)
def _federation_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERRITOIRES_KEY", SAMPLE_KEY)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Storage:
    """A home with two known members and nothing else, also the one that commands work on."""
    monkeypatch.setenv("TERRITOIRES_HOME", str(tmp_path / "home"))
    return another_home(tmp_path / "home")


@pytest.fixture(scope="session")
def refresh() -> Iterator[Callable[[Path], Path]]:
    """refresh(home) runs the whole pipeline on a home and returns its current internal.duckdb."""
    patch = pytest.MonkeyPatch()
    patch.setenv("TERRITOIRES_KEY", SAMPLE_KEY)

    def run(home: Path) -> Path:
        patch.setenv("TERRITOIRES_HOME", str(home))
        assert cli.main(["refresh"]) == 0
        return Storage(home).current_db

    yield run
    patch.undo()


@pytest.fixture(scope="session")
def hand(refresh, tmp_path_factory: pytest.TempPathFactory) -> Storage:
    """The federation worked out by hand, released once. Tests read it; those that change something copy it."""
    home = tmp_path_factory.mktemp("hand_federation")
    write_by_hand(home)
    refresh(home)
    return Storage(home)
