"""Open data that is broken, contradicts itself or cannot be read, and refreshes killed half-way.

Here: what must never escape an intake, nor reach the lake as a wrong figure. Not here: suspicious files of the right
shape (`test_open_data.py`), servers (`test_connectors.py`).
"""

import io
import os
import struct
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest
from doubles import Answer, File, world
from mirrors import SIAE, SIRETS, drop, in_lake, listing, source, statuses, zipped

from contracts import CONTRACTS
from orchestration import archive, holdings, judged, open_data, readers
from orchestration.open_data import take_in

MELODI = "GEO;GEO_OBJECT;FILOSOFI_MEASURE;TIME_PERIOD;OBS_VALUE\n"
FIGURES = [("NUM_HH", "346"), ("NUM_PER", "895"), ("MED_SL", "25820"), ("PR_MD60", "12.5")]
LINKS = {
    "siretEtablissementPredecesseur": ["00000000000000", "00000000000018"],
    "siretEtablissementSuccesseur": ["00000000000018", "00000000000026"],
    "dateLienSuccession": ["2020-01-01", "2020-01-02"],
    "transfertSiege": ["true", "false"],
    "continuiteEconomique": ["true", "false"],
}


def melodi(*years: str) -> bytes:
    lines = [f"01001;COM;{name};{year};{float(value) + n}\n" for n, year in enumerate(years) for name, value in FIGURES]
    return zipped(a_data__csv=MELODI + "".join(lines))


def with_field(content: bytes, local: int, central: int, value: int) -> bytes:
    """An archive of one member with another word in its two headers."""
    made, start = bytearray(content), content.find(b"PK\x01\x02")
    for at in (local, start + central):
        struct.pack_into("<H", made, at, value)
    return bytes(made)


def parquet(**columns: list) -> bytes:
    content = io.BytesIO()
    pl.DataFrame(LINKS | columns).write_parquet(content)
    return content.getvalue()


#: source, folder, name, content, what is said.
BROKEN = {
    "an archive with a password": (
        ("insee_filosofi", "communes"), "2021", "DS_FILOSOFI_CC_2021.zip", with_field(melodi("2021"), 6, 8, 1),
        "encrypted",
    ),
    "an archive of an unknown method": (
        ("insee_filosofi", "communes"), "2021", "DS_FILOSOFI_CC_2021.zip", with_field(melodi("2021"), 8, 10, 99),
        "compression method",
    ),
    "figures of two years, which nothing tells apart": (
        ("insee_filosofi", "communes"), "2021", "DS_FILOSOFI_CC_2021.zip", melodi("2020", "2021"),
        "4 figures are given twice and differ, the first: 01001, MED_SL",
    ),
    "lists in a column": (
        ("sirene", "successions"), "2026-11-01", "StockEtablissementLiensSuccession_utf8.parquet",
        parquet(transfertSiege=[["a"], ["b"]]), "a type that is no text",
    ),
    "bytes that are no text": (
        ("sirene", "successions"), "2026-11-01", "StockEtablissementLiensSuccession_utf8.parquet",
        parquet(transfertSiege=[b"\xff", b"\xfe"]), "a type that is no text",
    ),
    "an object instead of rows": (("insee_naf", "codes"), "", "naf_rev2_x.json", b'{"id": "label"}', "not json"),
    "lists instead of rows": (("insee_naf", "codes"), "", "naf_rev2_x.json", b'[["id", "label"]]', "not json"),
    "half a character": (("insee_naf", "codes"), "", "naf_rev2_x.json", b'[{"id": "\\ud800"}]', "not json"),
    "lists without end": (("insee_naf", "codes"), "", "naf_rev2_x.json", b"[" * 100_000, "not json"),
    "lines that end as on an old Macintosh": (
        ("siae", "structures"), "2024", "siae_marche_x.csv", listing(SIRETS).replace(b"\n", b"\r"), "no line of a csv",
    ),
    "a cell without end": (
        ("siae", "structures"), "2024", "siae_marche_x.csv", listing(SIRETS) + b"a" * 200_000, "no line of a csv",
    ),
    "texts instead of lines": (("emplois_inclusion", "structures"), "2024", "siaes.ndjson", b'"abc"\n', "not ndjson"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_refused_by_name_and_nothing_escapes(storage, tmp_path, case):
    key, edition, name, content, said = BROKEN[case]
    one = source(*key, minimum_rows=0)
    folder = one.shelf or f"{one.schema}/{edition}"
    path = tmp_path / "mirror" / folder / name
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    (problem,) = take_in(one, storage, str(tmp_path / "mirror")).problems
    assert name in problem and said in problem
    assert [version.status for version in archive.Book(storage, *key).versions()] == ["refused"]


def test_a_member_too_great_to_be_held_is_refused_before_it_is_read(storage, tmp_path, monkeypatch):
    monkeypatch.setattr(readers, "LARGEST", 100)
    one = source("insee_filosofi", "communes", minimum_rows=0)
    drop(tmp_path, "2021", melodi("2021"), "DS_FILOSOFI_CC_2021.zip", "insee_filosofi")
    (problem,) = take_in(one, storage, str(tmp_path)).problems
    assert "a_data.csv has" in problem and "at most 100 are read" in problem


def test_a_figure_that_one_year_lacks_is_empty_in_that_year(tmp_path):
    path = tmp_path / "urssaf_commune_ape_x.csv"
    text = "Code commune;Code APE;Nombre d'établissements 2021;Effectifs salariés 2022\n76540;8899B;1;4\n"
    path.write_text(text, encoding="utf-8")
    one = source("urssaf_commune_ape", "emplois")
    frame = one.layout_of(path.name).read(path, CONTRACTS[one.key])
    assert sorted(frame.select("annee", "etablissements", "effectifs_salaries").rows()) == [
        ("2021", "1", None), ("2022", None, "4"),
    ]  # fmt: skip


# --- what cannot be read --------------------------------------------------------------------------------------


def _link(path: Path) -> None:
    path.symlink_to("nowhere")


def _loop(path: Path) -> None:
    path.symlink_to(path.name)


@pytest.mark.parametrize("make", [_link, _loop, Path.mkdir, os.mkfifo])
def test_what_is_no_file_is_named_leaves_the_others_be_and_is_no_news(storage, mirror, monkeypatch, make):
    (mirror / "siae" / "2019").mkdir()
    make(mirror / "siae" / "2019" / "siae_marche_x.csv")
    (problem,) = take_in(SIAE, storage, str(mirror)).problems
    assert problem.startswith("mirror:2019/siae_marche_x.csv: ")
    assert in_lake(storage) == {"2020": 100}
    monkeypatch.setenv("OPEN_DATA_MIRROR", str(mirror))
    monkeypatch.setattr(open_data, "SOURCES", (SIAE,))
    assert not open_data.has_news(storage), "a refresh would be asked for again and again"


def test_a_name_that_is_no_utf8_is_taken_in_and_shown_with_its_bytes(storage, mirror):
    path = os.fsencode(mirror / "siae" / "2020") + b"/siae_marche_\xe9.csv"
    Path(os.fsdecode(path)).write_bytes(listing(SIRETS[:99]))
    for published in (2, 0):
        outcome = take_in(SIAE, storage, str(mirror))
        assert (outcome.problems, len(outcome.published)) == ([], published)
    assert archive.Book(storage, "siae", "structures").in_use()["2020"].origin == r"mirror:2020/siae_marche_\xe9.csv"


def test_a_file_that_a_server_does_not_give_leaves_the_later_ones_be(storage):
    with world() as web:
        web.serve("/siae/", File(b'<a href="2020/">2020/</a><a href="2021/">2021/</a>'))
        for year in ("2020", "2021"):
            web.serve(f"/siae/{year}/", File(b'<a href="siae_marche_x.csv">x</a>'))
            web.serve(rf"/siae/{year}/siae_marche_x\.csv", File(listing(SIRETS[:100])))
        web.fail("/siae/2020/siae_marche_x.csv", File(b"it is announced"), Answer(b"and not given", 403))
        (problem,) = take_in(SIAE, storage, web.base).problems
        assert "/siae/2020/siae_marche_x.csv: HTTP 403" in problem
    assert in_lake(storage) == {"2021": 100}


@pytest.mark.parametrize(
    "headers",
    [{"Location": "http://a..b/x"}, {"Retry-After": "Fri, 31 Dec 99999 23:59:59 GMT"}],
    ids=["no host", "no day"],
)
def test_an_answer_that_cannot_be_followed_is_a_problem_of_its_source(storage, headers):
    with world() as web:
        web.serve("/siae/", Answer(status=302 if "Location" in headers else 429, headers=headers))
        (problem,) = take_in(SIAE, storage, web.base).problems
    assert problem.startswith(f"{web.base}/siae/: an answer that cannot be followed")


@pytest.mark.parametrize(
    ("link", "asked"),
    [("siae_marche_%23x.csv", "siae_marche_%23x.csv"), ("siae_marche_a&amp;b.csv", "siae_marche_a%26b.csv"),
     ("siae_marche_..%2f..%2fx.csv", "siae_marche_..%2F..%2Fx.csv")],
)  # fmt: skip
def test_a_name_in_a_listing_is_asked_for_as_it_is_and_never_elsewhere(storage, link, asked):
    with world() as web:
        web.serve("/siae/", File(b'<a href="2020/">2020/</a>'))
        web.serve("/siae/2020/", File(f'<a href="{link}">x</a>'.encode()))
        web.serve("/siae/2020/siae_marche_.+", File(listing(SIRETS[:100])))
        assert take_in(SIAE, storage, web.base).problems == []
        assert {path for _, path, _ in web.calls} == {"/siae/", "/siae/2020/", f"/siae/2020/{asked}"}


def test_a_file_put_back_as_it_was_takes_the_place_of_the_one_that_was_withdrawn(storage, mirror):
    path = mirror / "siae" / "2020" / "siae_marche_x.csv"
    for rows, day in ((100, 1e9), (105, 1.1e9), (100, 1e9)):
        path.write_bytes(listing(SIRETS[:rows]))
        os.utime(path, (day, day))
        for published in (1, 0):
            assert len(take_in(SIAE, storage, str(mirror)).published) == published
        assert in_lake(storage) == {"2020": rows}


# --- what is cut short ----------------------------------------------------------------------------------------


class Killed(BaseException):
    """No handler of errors sees it, as none sees a kill."""


@pytest.mark.parametrize("step", ["kept", "judged", "lake", "quarantine", "book", "last look"])
def test_what_a_kill_leaves_the_next_refresh_heals(storage, mirror, monkeypatch, step):
    take_in(SIAE, storage, str(mirror))
    drop(mirror, "2020", listing([*SIRETS[1:100], "12345678901234"]))
    true_replace = open_data.replace_file

    def killed(*_, **__):
        raise Killed

    def after(folder: Path):
        def replaced(path: Path, write, **options):
            true_replace(path, write, **options)
            if path.is_relative_to(folder):
                raise Killed

        return replaced

    with monkeypatch.context() as patch:
        places = {
            "kept": (judged, "judge", killed),
            "judged": (open_data, "replace_file", killed),
            "lake": (open_data, "replace_file", after(storage.lake)),
            "quarantine": (open_data, "replace_file", after(storage.quarantine)),
            "book": (archive.Book, "enter", killed),
            "last look": (archive, "note_problems", killed),
        }
        patch.setattr(*places[step])
        with pytest.raises(Killed):
            take_in(SIAE, storage, str(mirror))
    assert take_in(SIAE, storage, str(mirror)).problems == []
    assert statuses(storage) == [("2020", "superseded"), ("2020", "in_use")]
    assert in_lake(storage) == {"2020": 99}
    aside = pl.read_parquet(storage.quarantine / "siae.structures" / "2020.parquet")
    assert aside["siret"].to_list() == ["12345678901234"]
    assert not [path.name for path in storage.home.iterdir() if path.name.startswith("tmp")]


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), MemoryError(), duckdb.OutOfMemoryException("x")]
)
def test_a_machine_without_room_refuses_no_file(storage, mirror, monkeypatch, error):
    def full(*_):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(judged, "_repeats", full)
        (problem,) = take_in(SIAE, storage, str(mirror)).problems
        assert problem.startswith("mirror:2020/siae_marche_x.csv: ")
    assert statuses(storage) == []
    assert take_in(SIAE, storage, str(mirror)).problems == []
    assert in_lake(storage) == {"2020": 100}


# --- two tables of one archive --------------------------------------------------------------------------------


def test_an_edition_without_its_movements_takes_no_history_away(storage):
    open_data.publish_communes(storage)

    def put(table: str, edition: str, **row) -> None:
        contract = CONTRACTS["insee_cog", table]
        full = {name: row.get(name) for name in contract.polars_schema} | {"edition": edition}
        path = storage.lake_table("insee_cog", table) / f"{edition}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pl.DataFrame([full], schema=contract.polars_schema).write_parquet(path)

    put("communes", "2025", typecom="COM", com="76540")
    gone = {"typecom_av": "COM", "com_av": "76999", "typecom_ap": "COM", "com_ap": "76540"}
    put("mouvements", "2025", mod="32", date_eff=date(2016, 1, 1), **gone)
    open_data.publish_commune_vintages(storage)
    path = storage.lake_table("geography", "commune_vintages") / "vintages.parquet"
    before = pl.read_parquet(path)
    assert "76999" in before["code_ancien"]
    put("communes", "2026", typecom="COM", com="76540")
    open_data.publish_commune_vintages(storage)
    assert pl.read_parquet(path).equals(before)


# --- a book that is no book any more ------------------------------------------------------------------------------


def test_a_damaged_book_is_named_and_holds_up_no_other_source(storage, mirror, monkeypatch):
    other = source("insee_zones_emploi", "communes", minimum_rows=1)
    zones = b"codgeo,libgeo,ze2020,libze2020,dep,reg\n76540,Rouen,2815,Rouen,76,28\n"
    assert not take_in(SIAE, storage, str(mirror)).problems
    damaged = storage.open_data / "siae" / "structures" / "versions.json"
    damaged.write_text("{nope", encoding="utf-8")
    drop(mirror, "2021", listing(SIRETS[:105]))
    drop(mirror, "2025", zones, "x_zone_emploi_commune.csv", "insee_zones_emploi")
    outcomes = [take_in(one, storage, str(mirror)) for one in (SIAE, other)]
    (problem,) = outcomes[0].problems
    assert str(damaged) in problem and "is damaged" in problem and "put it back from a backup" in problem
    assert [len(one.published) for one in outcomes] == [0, 1] and in_lake(storage) == {"2020": 100}
    assert damaged.read_text(encoding="utf-8") == "{nope", "nothing is written over it"
    check = open_data._evaluation(SIAE.key, archive.Book(storage, *SIAE.key), outcomes[0].problems)
    assert not check.passed and "is damaged" in check.description
    assert "is damaged" in holdings.table(storage)
    monkeypatch.setenv("OPEN_DATA_MIRROR", str(mirror))
    monkeypatch.setattr(open_data, "SOURCES", (SIAE, other))
    assert not open_data.has_news(storage), "the sensor starts no refresh after another"
    drop(mirror, "2024", zones, "x_zone_emploi_commune.csv", "insee_zones_emploi")
    assert open_data.has_news(storage), "and still sees what is new of the other"


def test_a_damaged_book_of_one_table_leaves_the_other_table_of_its_archive_be(storage):
    place = storage.open_data / "siae" / "other"
    place.mkdir(parents=True)
    (place / "versions.json").write_text("[{}]", encoding="utf-8")
    assert archive.held(storage, "siae", "mirror:x", "1 1") is None
