"""Every fault of a producer's server, one at a time and all at once: its cause is named, the rest goes on.

Here: sources asked at their own addresses, which lead to doubles on 127.0.0.1. Not here: the families' ordinary manners
(`test_connectors.py`), when they are asked (`test_live.py`).
"""

import re

import polars as pl
import producers
import pytest
from doubles import HTML_PAGE, Answer, File, World, detoured
from producers import DISTRICTS, ENSEMBLE, FIGURE, INCOMES, JOBS, PAGES, POPULATIONS, UNEMPLOYMENT

from orchestration import archive, cli, live, open_data, releases
from orchestration.http import HttpClient, SourceError
from orchestration.open_data import take_in
from orchestration.resources import Storage

YEAR = 2024
_XLSX = f"{PAGES}/fichier/1893230/{producers.unemployment_name(YEAR)}"
_QPV_FILE = rf"/resources/{YEAR}/qp{YEAR}\.zip"
_EXPORT = f"/api/explore/v2.1/catalog/datasets/{producers.URSSAF}/exports/csv"
_ZIP = producers.populations(YEAR)


def _drifted(web: World) -> None:
    rows = [{k.replace("code_commune", "Code commune"): v for k, v in row.items()} for row in producers.jobs(YEAR)]
    web.explore(producers.URSSAF, rows, "2025-05-29")


def _without_years(web: World) -> None:
    rows = [{"code_commune": "76001", "code_ape": "8899B", "effectifs": 1}]
    web.explore(producers.URSSAF, rows, "2025-05-29")


def _other_resource(web: World) -> None:
    other = producers.qpv_resource(web, YEAR, producers.districts(YEAR), "Notice", "aaaaaaaa-1111")
    web.data_gouv(producers.QPV_DATASET, [other])


def at(path: str, answer: Answer):
    return lambda web: web.serve(path, answer)


def archive_of(**what) -> Answer:
    return File(producers.populations(YEAR, **what))


_CATALOGUE = "/melodi/catalog/DS_FILOSOFI_CC"
_LINKS = f"{PAGES}/1893230"


#: fault -> (the table it befalls, how it is made, what the problem must say)
FAULTS = {
    "304 although nothing was known": (DISTRICTS, at(_QPV_FILE, Answer(status=304)), "304 Not Modified"),
    "429 for an hour": (
        INCOMES, at(_CATALOGUE, Answer(status=429, headers={"Retry-After": "3600"})),
        "HTTP 429, asks to come back in 3600 s"),
    "429 without end": (
        INCOMES, at(_CATALOGUE, Answer(status=429, headers={"Retry-After": "0"})), "429"),
    "500 with a page": (POPULATIONS, at(ENSEMBLE, Answer(HTML_PAGE.body, 500)), "HTTP 500"),
    "a page with 200": (POPULATIONS, at(ENSEMBLE, HTML_PAGE), "expected zip, got text/html"),
    "an empty body": (POPULATIONS, at(ENSEMBLE, Answer()), "an empty body"),
    "a truncated body": (POPULATIONS, at(ENSEMBLE, Answer(_ZIP, cut=60)), "broke off"),
    "a body that stalls": (
        UNEMPLOYMENT, at(_XLSX, Answer(producers.unemployment(YEAR), cut=60, stalls=True)), "timed out"),
    "a redirect without end": (
        DISTRICTS, at(_QPV_FILE, Answer(status=302, headers={"Location": _QPV_FILE.replace("\\", "")})),
        "TooManyRedirects"),
    "a redirect to nothing": (
        DISTRICTS, at(_QPV_FILE, Answer(status=302, headers={"Location": "/gone"})), "HTTP 404"),
    "another body than its checksum": (
        DISTRICTS, at(_QPV_FILE, File(b"PK\x03\x04" + b"0" * 20)), "announced"),
    "another resource": (DISTRICTS, _other_resource, "there are: Notice"),
    "a link that is gone": (
        UNEMPLOYMENT, at(_LINKS, Answer(b'<a href="/x.pdf">')), "no link like"),
    "an answer of another shape": (INCOMES, at(_CATALOGUE, Answer(b"[]")), "endPeriod"),
    "no JSON": (INCOMES, at(_CATALOGUE, HTML_PAGE), "expected JSON"),
    "a dataset without resources' names": (
        DISTRICTS, lambda w: w.data_gouv(producers.QPV_DATASET, [{"id": producers.QPV_RESOURCE}]), "another shape"),
    "a moved column": (JOBS, _drifted, "no column like code_commune; the file has: commune, Code commune"),
    "years that are gone": (JOBS, _without_years, "no field like effectifs_salaries_"),
    "an export that is a page": (JOBS, at(re.escape(_EXPORT), HTML_PAGE), "expected csv, got text/html"),
    "a moved column in an archive": (
        POPULATIONS, at(ENSEMBLE, archive_of(header="Code;Commune;PMUN;PCAP;PTOT")),
        "no column like COM; the file has: Code"),
    "another encoding": (
        POPULATIONS, at(ENSEMBLE, archive_of(encoding="latin-1")), "not utf-8"),
    "a revised file that lost rows": (
        POPULATIONS, at(ENSEMBLE, archive_of(rows=8)), "8 rows where at least 10"),
    "an archive without the file": (
        POPULATIONS, at(ENSEMBLE, File(producers.zipped(lisez_moi__txt=b"x"))),
        "0 files like .*lisez_moi.txt"),
    "a damaged archive": (
        POPULATIONS, at(ENSEMBLE, File(b"PK\x03\x04" + b"0" * 99)), "a damaged archive"),
}  # fmt: skip


def client(web: World) -> HttpClient:
    return detoured(web, timeout=(2, 0.3))


def take_in_all(storage: Storage, http: HttpClient) -> dict:
    return {source.key: take_in(source, storage, None, http) for source in producers.few()}


def newest(storage: Storage, key: tuple[str, str]) -> set[str]:
    """What the figures of the newest edition are."""
    frame = pl.read_parquet(storage.lake_table(*key) / "*.parquet")
    last = frame.filter(pl.col("edition") == pl.col("edition").max())
    return {str(value).removesuffix(".0") for value in last[FIGURE[key]].unique()}


def of(year: int, key: tuple[str, str]) -> set[str]:
    return {{UNEMPLOYMENT: str(year % 10), DISTRICTS: f"Cœur {year}"}.get(key, str(year))}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_the_last_good_version_stays_and_the_others_go_on(storage, web, fault):
    befallen, befall, cause = FAULTS[fault]
    producers.publish(web, YEAR - 1)
    assert not [outcome.problems for outcome in take_in_all(storage, client(web)).values() if outcome.problems]
    producers.publish(web, YEAR)
    befall(web)
    outcomes = take_in_all(storage, client(web))
    assert {key: len(outcome.problems) for key, outcome in outcomes.items()} == {
        key: int(key == befallen) for key in FIGURE
    }
    (problem,) = outcomes[befallen].problems
    assert re.search(cause, problem) and re.search(r"https?://", problem), problem
    assert archive.problems(archive.Book(storage, *befallen)) == [problem]
    for key in FIGURE:
        assert newest(storage, key) == of(YEAR - 1 if key == befallen else YEAR, key), key
    (again,) = take_in_all(storage, client(web))[befallen].problems
    assert re.search(cause, again), "what is still wrong is still said"

    producers.publish(web, YEAR)  # the server is well again
    outcome = take_in_all(storage, client(web))[befallen]
    assert (outcome.problems, newest(storage, befallen)) == ([], of(YEAR, befallen))


def test_a_server_that_is_well_again_after_a_moment_is_no_fault(storage, web):
    producers.publish(web, YEAR)
    web.fail(_CATALOGUE, Answer(status=429, headers={"Retry-After": "0"}))
    web.fail(ENSEMBLE, Answer(HTML_PAGE.body, 500))
    assert not any(outcome.problems for outcome in take_in_all(storage, client(web)).values())


def test_a_host_that_cannot_be_reached_is_tried_once():
    http = HttpClient(retries=3, back_off=0)
    for expected in ("NewConnectionError", "127.0.0.1 cannot be reached"):
        with pytest.raises(SourceError, match=expected):
            http.request("http://127.0.0.1:1/x")  # nothing listens there


@pytest.mark.slow
def test_when_every_producer_fails_at_once_the_release_is_made_all_the_same(storage, web, monkeypatch, capsys):
    monkeypatch.setattr(open_data, "SOURCES", producers.few())
    monkeypatch.setattr(live, "client", lambda: client(web))
    producers.publish(web, YEAR - 1)
    assert cli.main(["refresh", "--open-data"]) == 0
    assert "Open data: 5 new file(s)." in capsys.readouterr().out
    first = releases.current_id(storage)
    producers.publish(web, YEAR)
    befallen = {}
    for befall_one, fault in {FAULTS[fault][0]: fault for fault in FAULTS}.items():
        befallen[befall_one] = FAULTS[fault][2]
        FAULTS[fault][1](web)
    assert set(befallen) == set(FIGURE)
    assert cli.main(["refresh", "--open-data", "--force"]) == 0
    told = capsys.readouterr().err
    assert all(re.search(cause, told) for cause in befallen.values()), told
    assert releases.current_id(storage) != first
    assert {key: newest(storage, key) for key in FIGURE} == {key: of(YEAR - 1, key) for key in FIGURE}
    import dagster as dg

    with dg.DagsterInstance.from_config(str(storage.dagster_home)) as instance:
        for key in FIGURE:
            check = dg.AssetCheckKey(dg.AssetKey(list(key)), open_data.CHECK)
            record = instance.event_log_storage.get_latest_asset_check_execution_by_key([check])[check]
            assert record.status.value == "FAILED", key
