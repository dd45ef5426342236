"""Connectors against local doubles: what is published, getting it whole, and every fault of a server by its name.

Here: bytes and versions. Not here: what the bytes mean.
"""

import hashlib
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest
from doubles import HTML_PAGE, Answer, File, World, world

from orchestration.connectors import DataGouv, ExploreApi, HttpFile, Melodi, PagedApi
from orchestration.http import HttpClient, SourceError

ZIP = b"PK\x03\x04" + bytes(range(256)) * 400
CSV = b"a;b\n" + b"1;2\n" * 5000


@pytest.fixture(scope="module")
def server():
    with world() as made:
        yield made


@pytest.fixture
def web(server: World) -> World:
    server.routes, server.faults, server.calls = [], {}, []
    return server


@pytest.fixture
def http() -> HttpClient:
    return HttpClient(retries=2, back_off=0.01, timeout=(2, 2))


def fetched(connector, http: HttpClient, target: Path) -> bytes:
    connector.fetch(http, connector.probe(http), target)
    return target.read_bytes()


# --- one download ---------------------------------------------------------------------------------------------


def test_a_body_that_breaks_off_is_resumed_and_comes_out_whole(web, http, tmp_path):
    web.serve("/f.zip", File(ZIP))
    web.fail("/f.zip", Answer(ZIP, headers={"ETag": File(ZIP).etag}, cut=70_000))
    http.download(f"{web.base}/f.zip", tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == ZIP
    first, second = web.asked("/f.zip")
    assert "Range" not in first[2]
    assert second[2]["Range"].startswith("bytes=") and second[2]["If-Range"] == File(ZIP).etag


def test_a_file_that_changes_between_two_tries_is_begun_again(web, http, tmp_path):
    newer = ZIP[::-1]
    web.serve("/f.zip", File(newer))
    web.fail("/f.zip", Answer(ZIP, headers={"ETag": '"older"'}, cut=70_000))
    http.download(f"{web.base}/f.zip", tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == newer


def test_a_body_that_always_breaks_off_is_an_error_and_never_a_shorter_file(web, http, tmp_path):
    web.serve("/f.zip", Answer(ZIP, cut=500))
    with pytest.raises(SourceError, match="broke off 3 times"):
        http.download(f"{web.base}/f.zip", tmp_path / "f")


def test_what_has_not_changed_is_not_sent_again(web, http, tmp_path):
    web.serve("/f.zip", File(ZIP))
    assert http.download(f"{web.base}/f.zip", tmp_path / "f", {"If-None-Match": File(ZIP).etag}) is None


def test_a_server_that_asks_for_patience_gets_it(web, http, tmp_path):
    web.serve("/f.zip", File(ZIP))
    web.fail("/f.zip", Answer(status=429, headers={"Retry-After": "0"}), Answer(status=503))
    assert http.download(f"{web.base}/f.zip", tmp_path / "f").size == len(ZIP)
    assert len(web.asked("/f.zip")) == 3


def test_a_server_that_only_fails_is_named_with_its_status(web, http, tmp_path):
    web.serve("/f.zip", Answer(b"<html>Erreur</html>", 500))
    with pytest.raises(SourceError, match=r"/f\.zip: HTTP 500"):
        http.download(f"{web.base}/f.zip", tmp_path / "f")


def test_we_say_who_we_are(web, http):
    web.serve("/f", Answer(b"{}"))
    http.json(f"{web.base}/f")
    assert web.calls[0][2]["User-Agent"].startswith("territoires-solidaires/")


# --- plain files ----------------------------------------------------------------------------------------------


def test_the_newest_file_that_a_page_links_to_is_the_version(web, http, tmp_path):
    links = "".join(
        f'<a href="/fichier/1893230/chomage-zone-t1-2003-t{q}-{y}.xlsx">' for y, q in ((2023, 3), (2024, 1), (2023, 4))
    )
    web.serve("/page", Answer(f"<html>{links}</html>".encode()))
    web.serve(r"/fichier/1893230/chomage-zone-t1-2003-t1-2024\.xlsx", File(ZIP))
    connector = HttpFile(
        r"/fichier/1893230/chomage-zone-t1-2003-t(?P<quarter>\d)-(?P<vintage>\d{4})\.xlsx",
        "xlsx",
        page=f"{web.base}/page",
    )
    assert connector.probe(http).vintage == "2024"
    assert fetched(connector, http, tmp_path / "f") == ZIP


def test_a_page_that_no_longer_links_to_the_file_is_an_error(web, http):
    web.serve("/page", Answer(b'<html><a href="/ailleurs.pdf"></html>'))
    with pytest.raises(SourceError, match="no link like"):
        HttpFile(r"/f-(?P<vintage>\d{4})\.zip", "zip", page=f"{web.base}/page").probe(http)


@pytest.mark.parametrize("body", [HTML_PAGE.body, b"%PDF-1.7", b""], ids=["a page", "another kind", "nothing"])
def test_a_wrong_body_with_a_good_status_is_never_data(web, http, tmp_path, body):
    web.serve("/f.zip", File(body))
    with pytest.raises(SourceError):
        fetched(HttpFile(f"{web.base}/f.zip", "zip", vintage="2026"), http, tmp_path / "f")


def test_a_revised_file_under_the_same_name_has_another_cursor(web, http):
    connector = HttpFile(f"{web.base}/f.zip", "zip", vintage="2026")
    web.serve("/f.zip", File(ZIP))
    first = connector.probe(http)
    assert connector.probe(http) == first
    web.serve("/f.zip", File(ZIP + b"revised"))
    assert connector.probe(http).cursor != first.cursor
    assert {call[0] for call in web.asked("/f.zip")} == {"HEAD"}, "a probe never downloads"


def test_an_address_of_todays_state_has_the_year_for_a_vintage_and_is_read_once_in_it_when_its_server_marks_nothing():
    def probed(vintage: str, **headers: str):
        http = SimpleNamespace(request=lambda url, method: SimpleNamespace(headers=headers))
        return HttpFile("https://x.example/communes?fields=code", "json", vintage=vintage).probe(http)

    marked, unmarked, year = probed("%Y", ETag='"a"'), probed("%Y"), f"{date.today():%Y}"
    assert (marked.vintage, unmarked.vintage, marked.name) == (year, year, "communes")
    assert year not in marked.cursor and unmarked.cursor.endswith(f" {year}")
    assert probed("2021", ETag='"a"').cursor == marked.cursor and probed("2021").vintage == "2021"


# --- data.gouv.fr ---------------------------------------------------------------------------------------------


def test_a_resource_is_followed_by_its_id_and_checked_by_its_own_checksum(web, http, tmp_path):
    one = web.resource(1, "export-2025.csv", CSV, "2025-04-07T08:15:26+00:00")
    web.data_gouv("5d13", [web.resource(2, "other.csv", b"x", "2026-01-01T00:00:00+00:00"), one])
    connector = DataGouv("5d13", r"export-(?P<vintage>\d{4})", "csv", resource=one["id"], host=web.base)
    assert connector.probe(http).vintage == "2025"
    assert fetched(connector, http, tmp_path / "f") == CSV


def test_a_replaced_resource_is_found_by_its_title_and_newest_change(web, http, tmp_path):
    gone = "aaaaaaaa-1111-bbbb-2222-999999999999"
    web.data_gouv("5d13", [
        web.resource(3, "export-2026.csv", CSV, "2026-04-07T00:00:00+00:00"),
        web.resource(4, "export-2025.csv", b"old", "2025-04-07T00:00:00+00:00"),
    ])  # fmt: skip
    connector = DataGouv("5d13", r"export-(?P<vintage>\d{4})", "csv", resource=gone, host=web.base)
    assert fetched(connector, http, tmp_path / "f") == CSV


def test_a_body_that_does_not_fit_its_checksum_is_refused(web, http, tmp_path):
    one = web.resource(5, "export-2025.csv", CSV, "2025-04-07T00:00:00+00:00")
    web.serve(r"/resources/5/export-2025\.csv", File(b"b" + CSV[1:]))
    web.data_gouv("5d13", [one])
    with pytest.raises(SourceError, match=f"announced {hashlib.sha1(CSV).hexdigest()}"):
        fetched(DataGouv("5d13", "export", "csv", host=web.base), http, tmp_path / "f")


def test_a_resource_without_checksum_is_versioned_by_its_own_server(web, http):
    one = web.resource(6, "remote.csv", CSV, "2025-04-07T00:00:00+00:00", checksum=False)
    web.data_gouv("5d13", [one])
    connector = DataGouv("5d13", "remote", "csv", host=web.base)
    first = connector.probe(http)
    web.serve(r"/resources/6/remote\.csv", File(CSV + b"3;4\n", modified=1_800_000_000.0))
    assert connector.probe(http).cursor != first.cursor


def test_a_dataset_without_the_resource_says_what_it_has(web, http):
    web.data_gouv("5d13", [web.resource(7, "notice.pdf", b"x", "2025-04-07T00:00:00+00:00")])
    with pytest.raises(SourceError, match=r"there are: notice\.pdf"):
        DataGouv("5d13", "export", "csv", host=web.base).probe(http)


# --- Opendatasoft ---------------------------------------------------------------------------------------------


def test_the_newest_year_is_read_from_the_columns_that_grow(web, http, tmp_path):
    row = {"code_commune": "76540", "effectifs_salaries_2021": "3", "effectifs_salaries_2022": "4"}
    web.explore("urssaf", [row], "2026-05-29T00:00:00+00:00", bom=True)
    connector = ExploreApi(web.base, "urssaf", latest=r"effectifs_salaries_(?P<vintage>\d{4})")
    assert connector.probe(http).vintage == "2022"
    assert fetched(connector, http, tmp_path / "f").startswith(b"\xef\xbb\xbfcode_commune;")
    grown = row | {"effectifs_salaries_2023": "5"}
    web.explore("urssaf", [grown], "2027-05-29T00:00:00+00:00")
    assert connector.probe(http).vintage == "2023"


def test_moved_columns_fail_loudly_and_name_what_is_there(web, http):
    web.explore("urssaf", [{"Code commune": "76540"}], "2026-05-29T00:00:00+00:00")
    with pytest.raises(SourceError, match="Code commune"):
        ExploreApi(web.base, "urssaf", latest=r"effectifs_salaries_(?P<vintage>\d{4})").probe(http)


def test_records_come_page_by_page_and_stop_before_the_window_ends(web, http):
    web.explore("defm", [{"date": f"{i:05}"} for i in range(250)], "x")
    assert [row["date"] for row in ExploreApi(web.base, "defm").records(http)] == [f"{i:05}" for i in range(250)]
    web.explore("defm", [{"date": f"{i:05}"} for i in range(10_050)], "x")
    with pytest.raises(SourceError, match="10,000"):
        list(ExploreApi(web.base, "defm").records(http))


# --- Melodi and paged APIs ------------------------------------------------------------------------------------


def test_melodi_says_its_last_period_and_gives_its_zip(web, http, tmp_path):
    web.serve(
        "/melodi/catalog/DS_SIDE",
        lambda *_: Answer(b'{"temporal": {"endPeriod": "2025-12-31"}, "modified": "2026-04-14"}'),
    )
    web.serve("/melodi/file/DS_SIDE/DS_SIDE_2025_CSV_FR", File(ZIP))
    connector = Melodi("DS_SIDE", host=f"{web.base}/melodi")
    assert connector.probe(http).vintage == "2025"
    assert fetched(connector, http, tmp_path / "f") == ZIP


def test_sirene_is_read_to_its_last_cursor_with_a_key_and_nothing_found_is_no_row(web, http, tmp_path, monkeypatch):
    rows = [{"siret": f"{i:014}"} for i in range(45)]
    web.sirene(rows, "clef")
    connector = PagedApi(
        f"{web.base}/api-sirene/3.11/siret", "etablissements", "cursor", {"nombre": 20},
        key=("X-INSEE-Api-Key-Integration", "TEST_SIRENE_KEY"), empty=404,
    )  # fmt: skip
    with pytest.raises(SourceError, match="TEST_SIRENE_KEY is not set"):
        list(connector.read(http))
    monkeypatch.setenv("TEST_SIRENE_KEY", "clef")
    assert list(connector.read(http)) == rows
    web.sirene([], "clef")
    assert list(connector.read(http)) == []
    monkeypatch.setenv("TEST_SIRENE_KEY", "fausse")
    with pytest.raises(SourceError, match="HTTP 401"):
        list(connector.read(http))


def test_a_search_wider_than_its_window_is_an_error_and_never_a_part_of_it(web, http):
    page = b'{"results": [{"n": 1}, {"n": 2}], "page": 1, "total_pages": 500}'
    web.serve("/search", Answer(page))
    api = PagedApi(f"{web.base}/search", "results", "page", {"per_page": 2}, most=6)
    with pytest.raises(SourceError, match="more than 6 rows: narrow the query"):
        list(api.read(http))


def test_next_links_are_followed_to_the_end(web, http):
    def page(query, headers):
        number = int(query.get("page", 1))
        onward = f'"{web.base}/siaes/?page={number + 1}"' if number < 3 else "null"
        return Answer(f'{{"count": 3, "next": {onward}, "results": [{{"n": {number}}}]}}'.encode())

    web.serve("/siaes/", page)
    assert [row["n"] for row in PagedApi(f"{web.base}/siaes/", "results", "next").read(http)] == [1, 2, 3]
