"""Open data asked of its producers: when, how often, in which layouts, and what a new version sets off.

Here: probes, the sensor and the night on real Dagster instances, live files that say what the mirror's say. Not here:
faults of servers (`test_faults.py`).
"""

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import mirrors
import polars as pl
import producers
import pytest
from doubles import HTML_PAGE, Answer, File, World, detoured
from mirrors import drop, listing, some_sirets
from open_data_fixtures import centres
from producers import DISTRICTS, FIGURE, PAGES, UNEMPLOYMENT, zipped

from orchestration import cli, live, open_data, releases
from orchestration.automation import REFRESH
from orchestration.connectors import edition
from orchestration.definitions import build_defs
from orchestration.open_data import take_in
from orchestration.resources import Storage
from orchestration.returns import publishing
from orchestration.sources import SOURCES

NOW = datetime(2026, 11, 25, tzinfo=UTC)


@pytest.fixture
def five(web: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Five producers with their files of 2023, and nobody else to ask."""
    producers.publish(web, 2023)
    for module in (open_data, live):
        monkeypatch.setattr(module, "SOURCES", producers.few())
    monkeypatch.setattr(live, "glance", lambda: detoured(web, retries=0))
    monkeypatch.setattr(live, "client", lambda: detoured(web))
    return web


def calls(web: World) -> list[tuple[str, str]]:
    """(method, path) since the last time."""
    made = [(method, path) for method, path, _ in web.calls]
    web.calls.clear()
    return made


@pytest.mark.parametrize(
    ("written", "expected"),
    [("2024", "2024"), ("2024_corrected", "2024"), ("2025_leading_zeros_lost", "2025"), ("2023T3", "2023T3"),
     ("t3-2023", "2023T3"), ("2024-T4", "2024T4"), ("2025-Q1", "2025T1"), ("2026-11-01", "2026-11-01"),
     ("2026-11", "2026-11"), ("20240101", "2024"), ("2024-13", None), ("2024-06-31", None),
     ("2021-2022", None), ("recorded", None), ("", None)],
)  # fmt: skip
def test_a_vintage_is_written_in_one_way(written, expected):
    assert edition(written) == expected


def test_the_latest_quarter_is_not_the_one_with_the_greatest_name(web):
    producers.publish(web, 2023)
    links = "".join(f'<a href="{PAGES}/fichier/1893230/chomage-zone-t1-2003-{q}.xlsx">' for q in ("t4-2022", "t1-2023"))
    web.serve(f"{PAGES}/1893230", Answer(links.encode()))
    web.serve(f"{PAGES}/fichier/1893230/chomage-zone-t1-2003-t1-2023.xlsx", File(producers.unemployment(2023)))
    source = next(one for one in producers.few() if one.key == UNEMPLOYMENT)
    assert live.published(source, detoured(web)).vintage == "t1-2023"


# --- the sensor's look ----------------------------------------------------------------------------------------


def looked(storage: Storage, memory: str | None, web: World, now: datetime) -> live.Look:
    return live.look(storage, memory, detoured(web, retries=0), now)


def all_in_turn(storage: Storage, web: World, memory: str | None, now: datetime) -> live.Look:
    """Ticks until nobody's turn is left."""
    while True:
        found = looked(storage, memory, web, now)
        if not calls(web):
            return found
        memory = found.memory


def test_producers_are_asked_in_turn_and_again_only_after_a_pause(storage, five):
    first = looked(storage, None, five, NOW)
    assert len(json.loads(first.memory)) == live.PROBES_A_TICK
    assert not [path for method, path in calls(five) if method == "GET" and path.endswith((".zip", ".xlsx", "/csv"))]
    found = all_in_turn(storage, five, first.memory, NOW + timedelta(minutes=5))
    assert set(found.news) == {".".join(key) for key in FIGURE}
    assert not calls(five)
    looked(storage, found.memory, five, NOW + timedelta(hours=23))
    assert not calls(five), "an annual source is asked once a day"
    looked(storage, found.memory, five, NOW + timedelta(hours=25))
    assert calls(five)


def test_what_has_been_asked_for_is_no_news_until_there_is_another_version(storage, five):
    found = all_in_turn(storage, five, None, NOW)
    assert looked(storage, found.memory, five, NOW).news == found.news, "while a refresh is in flight it stays news"
    asked = all_in_turn(storage, five, found.asked, NOW + timedelta(days=2))
    assert asked.news == ()
    producers.publish(five, 2024)
    assert set(all_in_turn(storage, five, asked.memory, NOW + timedelta(days=4)).news) == {".".join(k) for k in FIGURE}


def test_what_is_in_the_book_is_no_news(storage, five):
    for source in producers.few():
        assert take_in(source, storage, None, detoured(five)).problems == []
    calls(five)
    assert all_in_turn(storage, five, None, NOW).news == ()


def test_a_probe_that_fails_is_named_changes_nothing_and_is_made_again_in_an_hour(storage, five):
    found = all_in_turn(storage, five, None, NOW)
    five.serve("/melodi/catalog/DS_FILOSOFI_CC", HTML_PAGE)
    later, problems, memory = NOW + timedelta(days=2), [], found.asked
    for _ in range(3):
        one = looked(storage, memory, five, later)
        problems, memory = [*problems, *one.problems], one.memory
    (problem,) = problems
    assert problem.startswith("insee_filosofi.communes: https://api.insee.fr/melodi/catalog/")
    assert one.news == ()
    assert json.loads(memory)["insee_filosofi.communes"]["version"] == "2023 2025-01-15"
    calls(five)
    looked(storage, memory, five, later + timedelta(minutes=61))
    assert calls(five) == [("GET", "/melodi/catalog/DS_FILOSOFI_CC")]


def test_two_tables_of_one_archive_are_probed_once_and_downloaded_once(storage, web, monkeypatch):
    web.routes, web.calls = [], []
    both = tuple(one for one in SOURCES if one.schema == "insee_cog")
    monkeypatch.setattr(live, "SOURCES", both)
    page, path = "/fr/information/2560452", f"{PAGES}/fichier/9999999/cog_ensemble_2026_csv.zip"
    web.serve(page, Answer(f'<a href="{path}">'.encode()))
    web.serve(path, File(zipped(a__csv=b"x\n1\n")))
    assert set(looked(storage, None, web, NOW).news) == {"insee_cog.communes", "insee_cog.mouvements"}
    assert calls(web) == [("GET", page), ("HEAD", path)]
    for source in both:
        assert "0 files like" in take_in(source, storage, None, detoured(web)).problems[0]
    assert calls(web).count(("GET", path)) == 1


def test_a_mirror_and_a_producer_are_both_taken_in_and_each_version_once(storage, five, tmp_path):
    text = "code_qp,lib_qp,insee_com\n" + "".join(f"QN076{number:02}M,Ancien,76540\n" for number in range(12))
    drop(tmp_path / "mirror", "2015", text.encode(), "anct_qpv_2015.csv", "anct_qpv")
    source = next(one for one in producers.few() if one.key == DISTRICTS)
    for editions in (["2015", "2023"], []):
        outcome = take_in(source, storage, str(tmp_path / "mirror"), detoured(five))
        assert (outcome.problems, [got.edition for got in outcome.published]) == ([], editions)


# --- through Dagster ------------------------------------------------------------------------------------------


def live_of(request: dg.RunRequest) -> bool:
    return request.run_config["ops"]["open_data__intake"]["config"]["live"]


def test_the_night_asks_producers_unless_a_mirror_stands_for_them(home, tmp_path, monkeypatch):
    nightly = build_defs(home).resolve_schedule_def("nightly")

    def tonight() -> bool:
        (request,) = nightly.evaluate_tick(dg.build_schedule_context(scheduled_execution_time=NOW)).run_requests
        return live_of(request)

    assert tonight()
    for mirror in (tmp_path, tmp_path / "unmounted"):
        monkeypatch.setenv("OPEN_DATA_MIRROR", str(mirror))
        assert not tonight()


def ask(defs: dg.Definitions, home: Storage, instance: dg.DagsterInstance, cursor: str | None = None):
    sensor = defs.resolve_sensor_def("open_data_sensor")
    context = dg.build_sensor_context(
        instance=instance, resources={"storage": home}, definitions=defs, cursor=cursor
    )  # fmt: skip
    return sensor.evaluate_tick(context)


def test_the_sensor_asks_once_for_a_refresh_that_asks_producers(storage, five):
    defs = build_defs(storage)
    with dg.DagsterInstance.ephemeral() as instance:
        first = ask(defs, storage, instance)
        (request,) = first.run_requests
        assert live_of(request)
        five.serve("/melodi/catalog/DS_FILOSOFI_CC", HTML_PAGE)
        cursor, ticks = first.cursor, []
        for _ in range(4):
            ticks.append(ask(defs, storage, instance, cursor))
            cursor = ticks[-1].cursor
        assert [len(tick.run_requests or []) for tick in ticks] == [1, 1, 0, 0], "two producers a tick"
        assert not five.asked("/melodi/file/DS_FILOSOFI_CC/DS_FILOSOFI_CC_2023_CSV_FR")


def test_a_server_that_cannot_be_asked_is_named_where_the_sensor_says_why_it_did_nothing(storage, five):
    five.routes = []
    with dg.DagsterInstance.ephemeral() as instance:
        told = ask(build_defs(storage), storage, instance).skip_message
    assert "Nothing new" in told and told.count("HTTP 404") == live.PROBES_A_TICK


def test_an_asset_of_open_data_is_late_after_the_days_of_its_source(home):
    graph = build_defs(home).resolve_asset_graph()
    for source in SOURCES:
        policy = graph.get(dg.AssetKey(list(source.key))).freshness_policy
        assert policy.fail_window.to_timedelta() == timedelta(days=source.fresh_days), source.key


def test_a_plain_refresh_asks_no_producer(storage, five, monkeypatch):
    asked = []
    monkeypatch.setattr(
        cli, "_run_refresh_job", lambda storage, force, is_live: asked.append(is_live) or (True, {}, [])
    )
    monkeypatch.setattr(cli, "_tell", lambda *_: 0)
    for arguments in (["refresh", "--force"], ["refresh", "--open-data"]):
        cli.main(arguments)
    assert asked == [False, True]
    assert calls(five) == []


@pytest.mark.slow
def test_a_new_vintage_in_the_mirror_is_published_once_and_outlives_its_mirror(storage, tmp_path, monkeypatch):
    mirror, sirets = tmp_path / "mirror", some_sirets(3_300)
    drop(mirror, "2020", listing(sirets[:3_200]))
    monkeypatch.setenv("OPEN_DATA_MIRROR", str(mirror))
    assert cli.main(["refresh"]) == 0
    defs = build_defs(storage)

    def in_lake() -> dict[str, int]:
        frame = pl.read_parquet(storage.lake_table("siae", "structures") / "*.parquet")
        return dict(frame.group_by("edition").len().iter_rows())

    with dg.DagsterInstance.from_config(str(storage.dagster_home)) as instance:
        assert "Nothing new in the mirror" in ask(defs, storage, instance).skip_message
        drop(mirror, "2021", listing(sirets))
        (request,) = ask(defs, storage, instance).run_requests
        run = defs.resolve_job_def(REFRESH).execute_in_process(instance=instance, run_config=request.run_config)
        assert run.success
        assert in_lake() == {"2020": 3_200, "2021": 3_300}
        assert "Nothing new in the mirror" in ask(defs, storage, instance).skip_message
        newest = instance.get_latest_materialization_event(dg.AssetKey(["siae", "structures"]))
        assert newest.asset_materialization.metadata["edition"].value == "2021"
    made = releases.current_id(storage)
    monkeypatch.delenv("OPEN_DATA_MIRROR")
    assert cli.main(["refresh"]) == 0
    assert (in_lake(), releases.current_id(storage)) == ({"2020": 3_200, "2021": 3_300}, made)


# --- Les emplois de l'inclusion -------------------------------------------------------------------------------


def test_the_list_of_les_emplois_is_asked_by_departement_and_nothing_of_a_person_is_kept(storage, web):
    """Two pages of two structures in each of two départements; the addresses of persons are nowhere in the home."""
    web.routes, web.calls = [], []
    private = {"telephone": "0611223344", "courriel": "jeanne.dupont@example.org", "description": "Demander Jeanne",
               "postes": [{"profil_recherche": "Appeler Jeanne"}], "site_web": ""}  # fmt: skip

    def page(query, headers):
        where, number = query["departement"], int(query.get("page", 1))
        rows = [
            {"id": f"{where}-{number}-{i}", "siret": f"{i:014}", "type": "ACI", "raison_sociale": "ATELIER",
             "enseigne": "", "code_postal": f"{where}000", "ville": "Rouen", "departement": where, **private}
            for i in range(2)
        ]  # fmt: skip
        onward = f"{web.base}/api/v1/siaes/?departement={where}&page=2" if number == 1 else None
        return Answer(json.dumps({"count": 4, "next": onward, "previous": None, "results": rows}).encode())

    web.serve("/api/v1/siaes/", page)
    (found,) = (one for one in SOURCES if one.schema == "emplois_inclusion")
    assert len(set(found.connector.each[1])) == 101
    two = replace(found, minimum_rows=3, connector=replace(found.connector, each=("departement", ("76", "27"))))
    outcome = take_in(two, storage, None, detoured(web))
    assert (outcome.problems, outcome.published[0].rows) == ([], 8)
    frame = pl.read_parquet(storage.lake_table(*two.key) / "*.parquet")
    assert sorted(frame["id_emplois"]) == sorted(f"{d}-{n}-{i}" for d in (27, 76) for n in (1, 2) for i in (0, 1))
    assert frame["enseigne"].null_count() == 8
    held = b"".join(path.read_bytes() for path in storage.home.rglob("*") if path.is_file())
    assert b"ATELIER" in held and not any(word in held for word in (b"0611223344", b"example.org", b"Jeanne"))
    assert take_in(two, storage, None, detoured(web)).published == [], "once a month"
    assert len(web.asked("/api/v1/siaes/")) == 4


# --- centres of communes --------------------------------------------------------------------------------------


def test_centres_are_asked_with_those_of_municipal_districts_and_the_newest_ones_alone_are_kept(storage, web):
    web.routes, web.calls = [], []
    few = mirrors.source("etalab_communes", "centres", minimum_rows=2)
    asked: list[dict] = []

    def answer(query, headers):
        asked.append(query)
        return File(centres(("76540", 1.09, 49.44), ("75113", 2.36, 48.82)))

    web.serve("/communes", answer)
    old = drop(storage.home.parent / "mirror", "2025", centres(("76540", 1.1, 49.4), ("76358", 1.0, 49.5)),
               "communes_centres.json", "etalab_communes").parents[2]  # fmt: skip
    assert [one.edition for one in take_in(few, storage, str(old)).published] == ["2025"]
    outcome = take_in(few, storage, str(old), detoured(web))
    assert (outcome.problems, [one.rows for one in outcome.published]) == ([], [2])
    assert asked[-1] == {"fields": "code,centre", "type": "commune-actuelle,arrondissement-municipal"}
    frame = pl.read_parquet(storage.lake_table(*few.key) / "*.parquet")
    assert sorted(frame["com"]) == ["75113", "76540"], "76358 was in the edition before"


def test_half_a_centre_is_set_aside_and_none_at_all_is_kept(storage):
    found = mirrors.source("etalab_communes", "centres", minimum_rows=2)
    known = [(f"76{number:03}", 1.0 + number / 1000, 49.5) for number in range(1, 101)]
    odd = [("76201", 1.1, None), ("97411", 55.45, None), ("76202", None, None)]
    mirror = drop(storage.home.parent / "mirror", "2026", centres(*known, *odd), "communes.json", "etalab_communes")
    outcome = take_in(found, storage, str(mirror.parents[2]))
    assert [(one.rows, one.quarantined) for one in outcome.published] == [(101, 2)]
    frame = pl.read_parquet(storage.lake_table(*found.key) / "*.parquet")
    assert set(frame["com"]) == {code for code, *_ in known} | {"76202"}


# --- the live form of real files ------------------------------------------------------------------------------


def rows_of(path: Path, encoding: str = "utf-8-sig", delimiter: str = ";") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding=encoding)), delimiter=delimiter))


def as_csv(rows: list[dict]) -> bytes:
    made = io.StringIO()
    writer = csv.DictWriter(made, list(rows[0]), delimiter=";", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return made.getvalue().encode()


def publish_real_files(web: World, mirror: Path) -> None:
    """The mirror's plain files in the archives and layouts that the producers publish them in."""
    web.routes, web.calls = [], []

    def linked(page: str, path: str, body: bytes) -> None:
        web.serve(page, Answer(f'<html><a href="{path}"></html>'.encode()))
        web.serve(path, File(body))

    def melodi(dataset: str, year: int, rows: list[dict]) -> None:
        web.serve(
            f"/melodi/catalog/{dataset}", Answer(json.dumps({"temporal": {"endPeriod": f"{year}-12-31"}}).encode())
        )
        body = zipped(**{f"{dataset}_{year}_data__csv": as_csv(rows), f"{dataset}_{year}_metadata__csv": b"a;b\n"})
        web.serve(f"/melodi/file/{dataset}/{dataset}_{year}_CSV_FR", File(body))

    cog = {f"{table}_2024__csv": (mirror / f"insee_cog/2024/insee_cog_{table}_2024.csv").read_bytes()
           for table in ("v_commune", "v_mvt_commune", "v_region")}  # fmt: skip
    linked("/fr/information/2560452", f"{PAGES}/fichier/7766585/cog_ensemble_2024_csv.zip", zipped(**cog))
    zones = (mirror / "insee_zones_emploi/2023/ZE2020_au_01-01-2023.xlsx").read_bytes()
    body = zipped(**{"ZE2020_au_01-01-2023__xlsx": zones})
    linked("/fr/information/4652957", f"{PAGES}/fichier/4652957/ZE2020_au_01-01-2023.zip", body)
    epci = (mirror / "insee_epci/2023/Intercommunalite_Metropole_au_01-01-2023.xlsx").read_bytes()
    body = zipped(**{"EPCI_au_01-01-2023__xlsx": epci})
    linked("/fr/information/2510634", f"{PAGES}/fichier/2510634/epci_au_01-01-2023.zip", body)
    people = (mirror / "insee_populations/2021/insee_populations_legales_donnees_communes_2021.csv").read_bytes()
    web.serve(producers.ENSEMBLE, File(zipped(donnees_communes__csv=people, donnees_regions__csv=b"REG\n")))
    rates = (mirror / "insee_chomage_ze/2023T3/chomage-zone-t1-2003-t3-2023.xlsx").read_bytes()
    linked(f"{PAGES}/1893230", f"{PAGES}/fichier/1893230/chomage-zone-t1-2003-t3-2023.xlsx", rates)

    names = {
        "NBMENFISC21": "NUM_HH",
        "NBPERSMENFISC21": "NUM_PER",
        "MED21": "MED_SL",
        "TP6021": "PR_MD60",
        "D121": "D1_SL",
    }
    melodi("DS_FILOSOFI_CC", 2021, [
        {"GEO": row["CODGEO"], "GEO_OBJECT": "COM", "FILOSOFI_MEASURE": code, "OBS_VALUE": row[name]}
        for row in rows_of(mirror / "insee_filosofi/2021/cc_filosofi_2021_COM.csv") for name, code in names.items()
    ])  # fmt: skip
    (file,) = (mirror / "anct_qpv/2024").glob("*.csv")
    shapes = [{"type": "Feature", "geometry": None, "properties": row} for row in rows_of(file, delimiter=",")]
    content = json.dumps({"type": "FeatureCollection", "features": shapes}).encode()
    body = zipped(**{"GEOJSON/QP2024_France_Hexagonale_Outre_Mer_WGS84__geojson": content})
    web.data_gouv(producers.QPV_DATASET, [producers.qpv_resource(web, 2024, body)])

    (file,) = (mirror / "urssaf_commune_ape/2022").glob("*.csv")
    figures = {"Nombre d'établissements": "nombre_d_etablissements", "Effectifs salariés": "effectifs_salaries"}
    technical = {"Code commune": "code_commune", "Code APE": "code_ape"} | {
        f"{label} {year}": f"{name}_{year}" for year in range(2006, 2023) for label, name in figures.items()
    }
    web.explore(
        producers.URSSAF,
        [{name: row[label] for label, name in technical.items()} for row in rows_of(file)],
        "2023-05-29", bom=True,
    )  # fmt: skip


#: Sources whose real files are there in the form of the mirror; the others are only published live, or only by hand.
PLAIN = {
    ("insee_cog", "communes"), ("insee_cog", "mouvements"), ("insee_zones_emploi", "communes"),
    ("insee_epci", "communes"), ("insee_populations", "communes"), ("insee_chomage_ze", "taux"),
    ("insee_filosofi", "communes"), ("anct_qpv", "quartiers"), ("urssaf_commune_ape", "emplois"),
}  # fmt: skip


def test_what_producers_publish_reads_as_the_plain_files_of_the_mirror_do(storage, web, real_mirror, tmp_path):
    publish_real_files(web, real_mirror)
    plain = Storage(tmp_path / "plain")
    followed = [one for one in SOURCES if one.connector and any(open_data.offers(one, str(real_mirror), None))]
    assert {one.key for one in followed} == PLAIN
    publishing.prepare_lake(plain)
    for source in followed:
        assert take_in(source, plain, str(real_mirror)).problems == []
        outcome = take_in(source, storage, None, detoured(web))
        assert outcome.problems == [], source.key
        (got,) = outcome.published
        live_rows, plain_rows = (
            pl.read_parquet(place.lake_table(*source.key) / f"{got.edition}.parquet") for place in (storage, plain)
        )
        assert live_rows.sort(pl.all()).equals(plain_rows.sort(pl.all())), source.key
    paths = [path for method, path in calls(web) if method == "GET" and path.endswith("cog_ensemble_2024_csv.zip")]
    assert len(paths) == 1


def test_a_recorded_answer_of_data_gouv_is_understood(storage, web, real_mirror):
    """As it was recorded; only the resource's own facts are those of a file that the test has."""
    web.routes, web.calls = [], []
    recorded = json.loads((real_mirror / "datagouv/recorded/datagouv_recorded_dataset_metadata.json").read_text())
    body = producers.districts(2024)
    made = producers.qpv_resource(web, 2024, body)
    one = recorded["resources"][0]
    one |= {name: made[name] for name in ("title", "url", "checksum", "filesize", "last_modified")}
    web.serve(f"/api/1/datasets/{producers.QPV_DATASET}/", Answer(json.dumps(recorded).encode()))
    web.serve(rf"/fr/datasets/r/{one['id']}", Answer(status=302, headers={"Location": one["url"]}))
    source = next(source for source in producers.few() if source.key == DISTRICTS)
    outcome = take_in(source, storage, None, detoured(web))
    assert (outcome.problems, [(got.edition, got.rows) for got in outcome.published]) == ([], [("2024", 12)])
