"""When a refresh starts, and what it is made of: the sensor, the schedule, the graph.

Here: decisions, on real instances, without running a refresh. Not here: the running service (`test_service.py`).
"""

import json
import re
from pathlib import Path

import dagster as dg
import pytest

from contracts import CONTRACTS, RETURN_TABLES
from orchestration import cli
from orchestration.automation import REFRESH
from orchestration.definitions import build_defs
from orchestration.resources import Storage
from orchestration.returns import deposits
from orchestration.warehouse import manifest_path


@pytest.fixture
def defs(home: Storage) -> dg.Definitions:
    return build_defs(home)


def ask_sensor(defs: dg.Definitions, home: Storage, instance: dg.DagsterInstance):
    sensor = defs.resolve_sensor_def("deposit_sensor")
    context = dg.build_sensor_context(instance=instance, resources={"storage": home}, definitions=defs)
    return sensor.evaluate_tick(context)


def test_the_sensor_asks_for_a_refresh_only_when_something_waits(defs, home, tmp_path: Path) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        assert "Nothing to take in" in ask_sensor(defs, home, instance).skip_message
        (tmp_path / "a.csv").write_text("champ;valeur\n")
        deposits.put(home, "000100016", [tmp_path / "a.csv"])
        assert len(ask_sensor(defs, home, instance).run_requests) == 1


@pytest.mark.parametrize("status", ["NOT_STARTED", "STARTING", "STARTED", "CANCELING"])
def test_while_a_refresh_is_in_flight_the_sensor_waits(defs, home, tmp_path: Path, status: str) -> None:
    (tmp_path / "a.csv").write_text("champ;valeur\n")
    deposits.put(home, "000100016", [tmp_path / "a.csv"])
    with dg.DagsterInstance.ephemeral() as instance:
        job = defs.resolve_job_def(REFRESH)
        instance.create_run_for_job(job, status=dg.DagsterRunStatus[status])
        tick = ask_sensor(defs, home, instance)
        assert not tick.run_requests
        assert "in flight" in tick.skip_message


def test_the_night_is_at_two_in_paris(defs) -> None:
    nightly = defs.resolve_schedule_def("nightly")
    assert (nightly.cron_schedule, nightly.execution_timezone, nightly.job_name) == (
        "0 2 * * *",
        "Europe/Paris",
        REFRESH,
    )


def test_asset_keys_are_those_of_the_dbt_sources(defs) -> None:
    graph = defs.resolve_asset_graph()
    keys = {tuple(key.path) for key in graph.get_all_asset_keys()}
    sources = json.loads(manifest_path().read_text())["sources"].values()
    named = {(source["source_name"], source["name"]) for source in sources}
    assert named == set(CONTRACTS)
    assert named <= keys
    for contract in RETURN_TABLES:
        node = graph.get(dg.AssetKey(["returns", contract.table]))
        assert node.partitions_def == dg.DynamicPartitionsDefinition(name="members")


def test_every_mart_waits_for_the_intake_of_the_same_run(defs) -> None:
    graph = defs.resolve_asset_graph()
    intake = dg.AssetKey(["returns", "intake"])
    for key in graph.get_all_asset_keys():
        if re.match(r"stg_returns__", key.path[-1]):
            assert intake in graph.get(key).parent_keys, key


def test_a_second_refresh_on_a_busy_home_says_so(home: Storage, capsys: pytest.CaptureFixture) -> None:
    home.members_csv.write_text(
        "siren_adherent,nom,siret,type_structure,region,id_ges\n000100016,Alpha,00010001600013,AI,28,\n"
    )
    with home.lock():
        assert cli.main(["refresh", "--force"]) == 2
    assert "another refresh is running" in capsys.readouterr().err


def test_a_run_whose_process_was_killed_does_not_block_the_next(defs, home, tmp_path: Path, monkeypatch) -> None:
    """Its record still says STARTED; the home's lock is free, so it is closed and the sensor asks again."""
    (tmp_path / "a.csv").write_text("champ;valeur\n")
    deposits.put(home, "000100016", [tmp_path / "a.csv"])
    with dg.DagsterInstance.ephemeral() as instance:
        killed = instance.create_run_for_job(defs.resolve_job_def(REFRESH), status=dg.DagsterRunStatus.STARTED)
        assert not ask_sensor(defs, home, instance).run_requests, "it may just have been launched"
        monkeypatch.setattr("orchestration.automation.STALE_SECONDS", -1)
        with home.lock():
            assert not ask_sensor(defs, home, instance).run_requests, "it is at work"
        monkeypatch.setattr("orchestration.automation.RETRY_SECONDS", -1)
        assert len(ask_sensor(defs, home, instance).run_requests) == 1
        assert instance.get_run_by_id(killed.run_id).status == dg.DagsterRunStatus.FAILURE


def test_after_a_failure_the_sensor_waits_before_it_asks_again(defs, home, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("champ;valeur\n")
    deposits.put(home, "000100016", [tmp_path / "a.csv"])
    with dg.DagsterInstance.ephemeral() as instance:
        instance.create_run_for_job(defs.resolve_job_def(REFRESH), status=dg.DagsterRunStatus.FAILURE)
        assert "failed" in ask_sensor(defs, home, instance).skip_message
