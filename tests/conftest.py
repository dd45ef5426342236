"""What tests share: homes on disk, small returns, and the real pipeline run on them."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "yes")

from doubles import World, world
from hand_federation import write as write_by_hand
from intake import another_home
from mirrors import SIRETS, drop, listing

from orchestration import cli
from orchestration.resources import Storage
from orchestration.returns import publishing
from orchestration.warehouse import manifest_path
from sample import SAMPLE_KEY

#: The suite draws the same examples every time; `make fuzz` draws others, and prints how to see a failure again.
_COMMON = {
    "deadline": None,
    "database": None,
    "print_blob": True,
    "phases": [Phase.explicit, Phase.generate],  # a failing batch names its deposit: shrinking it takes minutes
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
}
settings.register_profile("suite", max_examples=100, derandomize=True, **_COMMON)
settings.register_profile("fuzz", max_examples=60, **_COMMON)
settings.load_profile("suite")

#: Real files of open data, for the tests that ask for them; the others have no mirror. Workers get it under this name.
MIRROR = os.environ.setdefault("REAL_MIRROR", os.environ.pop("OPEN_DATA_MIRROR", ""))


def pytest_configure(config: pytest.Config) -> None:
    """dbt's project is parsed before there are workers, who would all write the same manifest."""
    if not hasattr(config, "workerinput"):
        manifest_path()


@pytest.fixture(autouse=True)
def _federation_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERRITOIRES_KEY", SAMPLE_KEY)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Storage:
    """A home with two known members and nothing else, also the one that commands work on."""
    monkeypatch.setenv("TERRITOIRES_HOME", str(tmp_path / "home"))
    return another_home(tmp_path / "home")


@pytest.fixture
def storage(home: Storage) -> Storage:
    """The same home, the tables of its lake laid out and empty."""
    publishing.prepare_lake(home)
    return home


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    """A mirror of open data with one edition of the SIAE list, of 100 rows."""
    folder = tmp_path / "mirror"
    drop(folder, "2020", listing(SIRETS[:100]))
    return folder


@pytest.fixture(scope="module")
def web() -> Iterator[World]:
    """A server on loopback that answers what the module's tests lay down."""
    with world() as made:
        yield made


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


@pytest.fixture(scope="session")
def real_mirror() -> Path:
    """The folder of real open data that OPEN_DATA_MIRROR names."""
    if not MIRROR:
        pytest.skip("OPEN_DATA_MIRROR names no folder of real files")
    return Path(MIRROR).resolve()
