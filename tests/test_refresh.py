"""The whole way on a small sample federation: deposits, one refresh after another, releases, what must never leak.

Here: real Dagster, real dbt, real files; the tests of this module share one home and run in order. Not here: the
value of each figure (`test_hand_computed.py`), the intake case by case (`test_reading.py`, `test_judging.py`).
"""

import json
import re
import shutil
import zipfile
from pathlib import Path

import dagster as dg
import duckdb
import polars as pl
import pytest
from intake import OTHER_KEY
from test_additivity import off_their_communes

from orchestration import archive, cli, releases
from orchestration.resources import Storage
from sample import write_sample

LEVELS = {"commune", "epci", "arrondissement", "departement", "region", "france"}
FAMILIES = {"employment_quality", "transition_time", "activity_creation", "territorial_animation"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, refresh):
    """(storage, facts of the sample) after one refresh; a copy of every deposit is kept in `kept`."""
    home = tmp_path_factory.mktemp("sample")
    facts = write_sample(home / "home", scale=0.2, quarters=5)
    shutil.copytree(home / "home" / "landing", home / "kept")
    refresh(home / "home")
    return Storage(home / "home"), facts, home / "kept"


@pytest.fixture
def at_home(world, monkeypatch: pytest.MonkeyPatch) -> Storage:
    monkeypatch.setenv("TERRITOIRES_HOME", str(world[0].home))
    return world[0]


def query(storage: Storage, sql: str) -> list[tuple]:
    with duckdb.connect(str(storage.current_release / "internal.duckdb"), read_only=True) as db:
        return db.execute(sql).fetchall()


def instance_of(storage: Storage) -> dg.DagsterInstance:
    return dg.DagsterInstance.from_config(str(storage.dagster_home))


def edited(original: Path, target: Path, change) -> Path:
    """A copy of a zip return with `change(table, text) -> text` applied to each of its files."""
    with zipfile.ZipFile(original) as source, zipfile.ZipFile(target, "w") as copy:
        for name in source.namelist():
            raw = source.read(name)
            encoding = "utf-8-sig" if raw.startswith(b"\xef\xbb\xbf") else "cp1252"
            copy.writestr(name, change(Path(name).stem, raw.decode(encoding)).encode(encoding))
    return target


def some_zip(kept: Path, facts, besides: tuple[str, ...] = ()) -> tuple[str, Path]:
    """(SIREN, last return) of a member that sends zips and is in no special case."""
    special = {deposit.siren for deposit in facts.special} | set(besides)
    found = [(p.parent.name, p) for p in sorted(kept.glob("*/2025T4.zip")) if p.parent.name not in special]
    return found[0]


@pytest.mark.parametrize("key", [OTHER_KEY, ""], ids=["another", "none"])
def test_a_refresh_with_nothing_to_do_still_says_when_the_key_does_not_open_this_home(
    at_home: Storage, monkeypatch: pytest.MonkeyPatch, capsys, key: str
) -> None:
    (at_home.sample_json).rename(at_home.home / "aside")  # a home of real returns has no public key
    try:
        monkeypatch.setenv("TERRITOIRES_KEY", key)
        assert cli.main(["refresh"]) == 2
        said = capsys.readouterr()
        assert "TERRITOIRES_KEY is not" in said.err and "Nothing has changed" not in said.out
    finally:
        (at_home.home / "aside").rename(at_home.sample_json)


def test_the_release_has_figures_for_every_level_and_family(at_home: Storage) -> None:
    rows = query(
        at_home,
        "select f.territory_level, m.family, count(*) from marts.fct_territory_metric as f "
        "inner join marts.dim_metric as m on f.metric = m.metric group by all",
    )
    assert {(level, family) for level, family, _ in rows} >= {
        (level, family) for level in LEVELS for family in FAMILIES
    }


def test_the_sample_has_distances_from_home_to_work_from_centres_that_say_they_are_invented(at_home: Storage) -> None:
    of_france = "metric = 'home_work_km_median' and territory_level = 'france' and breakdown = 'all'"
    found = query(at_home, f"select value, people_count from marts.fct_territory_metric where {of_france}")
    assert found and all(0 < km < 60 and people > 100 for km, people in found), found
    known = archive.Book(at_home, "etalab_communes", "centres").in_use()
    assert ["inventés" in one.provenance["by"] for one in known.values()] == [True]


def test_every_return_has_a_receipt_that_adds_up(world) -> None:
    storage, facts, _ = world
    receipts = [json.loads(path.read_text()) for path in storage.receipts.glob("*/*.json")]
    assert len(receipts) == facts.deposits
    for receipt in receipts:
        for table in receipt["tables"]:
            assert table["received"] == table["accepted"] + table["quarantined"] + table["folded"]
    received = sum(table["received"] for receipt in receipts for table in receipt["tables"])
    assert received == sum(facts.rows.values())


def test_special_returns_get_the_verdict_they_deserve(world) -> None:
    storage, facts, _ = world
    for special in facts.special:
        receipts = [json.loads(p.read_text()) for p in (storage.receipts / special.siren).glob("*.json")]
        of_period = [receipt for receipt in receipts if receipt["period"] == special.period]
        if special.verdict == "repeat":
            assert [r for r in of_period if r["repeats"] and all(t["folded"] == t["received"] for t in r["tables"])]
        else:
            assert special.verdict in [receipt["verdict"] for receipt in of_period], special


def test_a_second_refresh_rebuilds_nothing_and_says_so(at_home: Storage, capsys: pytest.CaptureFixture) -> None:
    before = releases.current_id(at_home)
    assert cli.main(["refresh"]) == 0
    assert "Nothing has changed" in capsys.readouterr().out
    assert [release.id for release in releases.listed(at_home)] == [before]


def test_a_night_that_finds_nothing_makes_no_release(at_home: Storage) -> None:
    from orchestration.automation import REFRESH
    from orchestration.definitions import build_defs

    before = releases.current_id(at_home)
    with instance_of(at_home) as instance:
        job = build_defs(at_home).resolve_job_def(REFRESH)
        result = job.execute_in_process(instance=instance)
        built = [event for event in result.get_asset_materialization_events() if event.asset_key.path[0] == "marts"]
    assert result.success
    assert not built
    assert releases.current_id(at_home) == before


def test_nothing_of_a_person_is_anywhere_in_the_home(world) -> None:
    storage, facts, _ = world
    secrets = {text.encode() for text in (*facts.person_ids, *facts.pass_numbers)}
    shape = re.compile(rb"(?=(SAL-[A-Za-z0-9]{8}|[A-Z0-9]{5}[0-9]{7}))")
    assert all(shape.match(secret) for secret in secrets)

    def found(content: bytes) -> set[bytes]:
        return secrets.intersection(shape.findall(content))

    assert found(next(iter(secrets)) + b" as a test of the test")
    for path in storage.home.rglob("*"):
        if not path.is_file():
            continue
        assert not found(path.read_bytes()), path
        if path.suffix == ".parquet":
            assert not found(pl.read_parquet(path).select(pl.col(pl.String)).write_csv().encode()), path
    with duckdb.connect(str(storage.current_release / "internal.duckdb"), read_only=True) as db:
        for (table,) in db.execute("select table_name from duckdb_tables() where schema_name = 'marts'").fetchall():
            for column in texts(db, table):
                assert not found(" ".join(column).encode()), table


def texts(db: duckdb.DuckDBPyConnection, table: str) -> list[list[str]]:
    """Distinct values of each text column of a mart."""
    described = db.execute(f"describe marts.{table}").fetchall()
    columns = [name for name, kind, *_ in described if kind == "VARCHAR"]
    values = {name: db.execute(f"select distinct {name} from marts.{table}").fetchall() for name in columns}
    return [[value for (value,) in found if value is not None] for found in values.values()]


def test_counts_add_over_communes_and_rates_are_ratios_of_sums(at_home: Storage) -> None:
    off, metrics, levels = off_their_communes(lambda sql: query(at_home, sql))
    assert not off
    assert metrics >= {"hires_count", "hours_worked", "stable_contract_share", "fte_realised", "activities_stock"}
    assert levels == LEVELS


def test_an_empty_denominator_gives_no_value(at_home: Storage) -> None:
    rows = query(
        at_home,
        "select status, count(*), count(value) from marts.fct_territory_metric where denominator = 0 group by all",
    )
    assert [(status, valued) for status, _, valued in rows] == [("empty", 0)]
    assert rows[0][1] > 0


def test_bad_returns_are_refused_and_hold_back_nobody(at_home: Storage, world, tmp_path: Path) -> None:
    _, facts, kept = world
    siren, good = some_zip(kept, facts)
    other, _ = some_zip(kept, facts, (siren,))
    before = releases.current_id(at_home)
    broken = tmp_path / "2025T3.xlsx"
    broken.write_bytes(b"PK\x03\x04 this is no workbook")
    drop(at_home, siren, broken)
    drop(at_home, "999999999", good)
    drop(at_home, other, edited(good, tmp_path / "foreign.zip", lambda _, text: text.replace(siren, other, 1)))
    assert cli.main(["refresh"]) == 1
    assert releases.current_id(at_home) == before
    for who in (siren, "999999999", other):
        newest = max((at_home.receipts / who).glob("*.json"), key=lambda path: path.name)
        receipt = json.loads(newest.read_text())
        assert receipt["verdict"] == "refused"
        assert "refusée" in newest.with_suffix(".html").read_text()
        assert receipt["failures"][0]["message"]
    with instance_of(at_home) as instance:
        key = dg.AssetCheckKey(dg.AssetKey(["returns", "contrats"]), "contract")
        last = instance.event_log_storage.get_asset_check_execution_history(key, limit=50)
        found = {
            r.event.dagster_event.event_specific_data.partition: r.event.dagster_event.event_specific_data
            for r in last[::-1]
        }
    assert not found[siren].passed
    assert "fichier_illisible" in found[siren].description
    assert "siret_d_un_autre" in found[other].description


def drop(storage: Storage, siren: str, path: Path) -> None:
    assert cli.main(["deposit", str(path), "--member", siren]) == 0


def test_a_correction_and_a_refusal_in_one_pass_release_the_correction_alone(at_home: Storage, world, tmp_path) -> None:
    _, facts, kept = world
    siren, good = some_zip(kept, facts)
    other, theirs = some_zip(kept, facts, (siren,))
    france = (
        "select value from marts.fct_territory_metric where territory_level = 'france' and basis = 'structure' and "
        "breakdown = 'all' and metric = 'cooperation_actions_count' and period_type = 'quarter' and period = '2025-Q4'"
    )
    (before,) = query(at_home, france)[0]
    old_release = releases.current_id(at_home)
    reader = duckdb.connect(str(at_home.current_release / "internal.duckdb"), read_only=True)

    def one_more_action(table: str, text: str) -> str:
        if table != "cooperations":
            return re.sub(r"(lignes_cooperations.)\d+", "", text)
        lines = text.splitlines()
        separator = ";" if ";" in lines[0] else ","
        names = lines[0].split(separator)
        facts_of = dict.fromkeys(names, "") | dict(zip(("siret", "type_structure"), structure(good), strict=True))
        facts_of |= {"id_action": "ACTION-NEUVE", "date_debut": "2025-12-01", "type": "mediation"}
        return "\r\n".join([*lines, separator.join(facts_of[name] for name in names)]) + "\r\n"

    drop(at_home, siren, edited(good, tmp_path / "2025T4.zip", one_more_action))
    drop(at_home, other, edited(theirs, tmp_path / "bad.zip", lambda t, text: text.replace(other, siren, 1)))
    assert cli.main(["refresh"]) == 0
    assert query(at_home, france)[0][0] == before + 1
    # Whoever held the old release open still reads it.
    assert reader.execute(france).fetchone()[0] == before
    reader.close()

    assert cli.main(["rollback", old_release]) == 0
    assert query(at_home, france)[0][0] == before
    assert cli.main(["refresh"]) == 0  # nothing new: the rollback stands
    assert releases.current_id(at_home) == old_release
    assert cli.main(["rollback", "no-such-release"]) == 2


def structure(path: Path) -> tuple[str, str]:
    """SIRET and kind of the first structure in a zip return."""
    with zipfile.ZipFile(path) as archive:
        (name,) = [name for name in archive.namelist() if Path(name).stem == "structures"]
        lines = archive.read(name).decode("cp1252").splitlines()
    return tuple(lines[1].split(";" if ";" in lines[0] else ",")[:2])


def test_a_failing_model_leaves_the_last_release(at_home: Storage, monkeypatch, capsys) -> None:
    """A lake file that breaks a data test: the run fails, names the test, and nothing is published."""
    path = at_home.lake_table("geography", "communes") / "communes.parquet"
    before, held = releases.current_id(at_home), path.read_bytes()
    frame = pl.read_parquet(path)
    pl.concat([frame, frame.head(1)]).write_parquet(path)
    monkeypatch.setattr("orchestration.open_data.publish_communes", lambda storage: 0)
    try:
        assert cli.main(["refresh"]) == 1
    finally:
        path.write_bytes(held)
    assert "unique_key_stg_geography__communes" in capsys.readouterr().err
    assert releases.current_id(at_home) == before


def test_rows_that_went_missing_from_the_lake_stop_the_release(at_home: Storage, capsys) -> None:
    path = max((at_home.lake / "returns" / "contrats").glob("0*.parquet"), key=lambda p: p.stat().st_size)
    before, held = releases.current_id(at_home), path.read_bytes()
    frame = pl.read_parquet(path)
    frame.head(frame.height - 1).write_parquet(path)
    try:
        assert cli.main(["refresh", "--force"]) == 1
    finally:
        path.write_bytes(held)
    assert "lake_holds_what_was_accepted" in capsys.readouterr().err
    assert releases.current_id(at_home) == before


def test_a_release_killed_before_its_last_step_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = Storage(tmp_path)
    storage.build.mkdir()
    with duckdb.connect(str(storage.build_db)) as db:
        db.execute("create schema marts; create table marts.t as select 1 as one")
    first = releases.publish(storage, "a" * 16).id
    for step in ("_point_current_to", "replace_file"):
        with monkeypatch.context() as patch:
            patch.setattr(releases, step, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                releases.publish(storage, "b" * 16)
        assert [release.id for release in releases.listed(storage)] == [first], "the half-made release does not count"
    second = releases.publish(storage, "b" * 16).id
    assert releases.current_id(storage) == second
    assert {folder.name for folder in storage.releases.iterdir()} == {first, second, "current"}


def test_only_the_newest_releases_stay_and_the_current_one_always(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    storage.build.mkdir()
    with duckdb.connect(str(storage.build_db)) as db:
        db.execute("create schema marts; create table marts.t as select 1 as one")
        db.execute("comment on table marts.t is 'L''une'")
    made = [releases.publish(storage, f"{n:016x}").id for n in range(6)]
    releases.roll_back(storage, made[1])
    made.append(releases.publish(storage, "f" * 16).id)
    assert [release.id for release in releases.listed(storage)] == made[:-6:-1]
    releases.roll_back(storage, made[2])
    assert releases.current_id(storage) == made[2]
    with duckdb.connect(str(storage.current_release / "internal.duckdb"), read_only=True) as db:
        assert db.execute("select comment from duckdb_tables()").fetchall() == [("L'une",)]
