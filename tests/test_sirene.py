"""Stocks of Sirene: long files judged piece by piece, and the creations and survivals made of them.

Here: some thirty establishments written by hand, in the types of the published files. Not here: time and memory
(`bench/sirene.py`).
"""

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from mirrors import source
from stocks import drop, establishment, legal_unit, siren, siret, stock_source, take_in_stocks

from bench.sirene import EDITION, generate
from contracts import CONTRACTS, validate
from contracts.parsing import _identifiers, _numbered
from orchestration import archive, judged, readers, sirene
from orchestration.http import SourceError
from orchestration.open_data import has_news, take_in
from orchestration.resources import Storage
from orchestration.warehouse import inputs_digest


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    return tmp_path / "mirror"


def lake(storage: Storage, table: str) -> pl.DataFrame:
    return pl.read_parquet(storage.lake_table("sirene", table) / "*.parquet")


# --- creations and survival -----------------------------------------------------------------------------------


def shop(number: int, *told: str) -> tuple:
    return establishment(number, *told, commune="27229", activity="47.11B")


#: All published on 2026-11-01. The comment says what each is for.
ESTABLISHMENTS = [
    # Rouen, section I, 2024T1: seven created, one of them by succession; six births.
    establishment(1, "2024-01-10", employs="O"),  # still there: observable at 12 and 24, survives both
    establishment(2, "2024-01-15", "F", "2024-12-15"),  # closed at eleven months: survives none
    establishment(3, "2024-02-01", "F", "2025-02-01"),  # closed on the very day of its twelve months: does not survive
    establishment(4, "2024-02-01", "F", "2025-02-02"),  # one day later: survives 12, not 24
    establishment(5, "2024-03-31"),  # ESS; survives 12 and 24
    establishment(6, "2024-03-01"),  # moved from number 20: a succession of that day
    establishment(7, "2024-03-05", since="2025-06-01"),  # closed from 2024-09 to 2025-05: dead at 12, alive at 24
    # Rouen, section I, 2025T4: twelve months are not over for the second.
    establishment(8, "2025-10-31"),  # 2026-10-31 is past on the 1st of November: observable at 12
    establishment(9, "2025-11-02"),  # not yet
    establishment(10, "2025-10-01", "F", None),  # closed, nobody knows when (below): never observable
    # Le Havre, section Q, ESS, partial diffusion keeps its commune.
    establishment(11, "2023-10-01", commune="76351", activity="88.99B", diffusion="P", employs="O"),
    establishment(12, "2023-12-31", commune="76351", activity="88.99B"),  # took over another, two years later: a birth
    # An activity of a nomenclature of before has no section; a commune abroad or masked has no code.
    establishment(13, "2012-01-01", "F", "2014-12-31", activity="55.3A", nomenclature="NAFRev1"),
    establishment(14, "2026-10-31", commune=None),
    establishment(15, "2026-10-31", commune="[ND]"),
    # Left out: unknown day, before the series, after the day of publication.
    establishment(16, "1900-01-01"),
    establishment(17, None),
    establishment(18, "2011-12-31"),
    establishment(19, "2026-11-01"),
    establishment(20, "2010-01-01", "F", "2024-03-01"),
    *(establishment(number, "2022-07-14", commune="27681", activity="01.11Z") for number in range(21, 29)),
    # Évreux, section G: days that a calendar makes awkward.
    shop(29, "2024-02-29", "F", "2025-02-28"),  # twelve months later is that very day: does not survive
    shop(30, "2024-02-29", "F", "2025-03-01"),  # a day later: survives 12, not 24
    shop(31, "2023-12-31", "F", "2024-12-31"),  # born and closed on a last day of the year: does not survive
    shop(32, "2023-12-31", "F", "2025-01-01"),  # survives 12, not 24; its 36 months end after the stock
    shop(33, "2025-11-01"),  # its twelve months end on the day of the stock: observable
]
ESTABLISHMENTS[9] = (*ESTABLISHMENTS[9][:8], "1900-01-01", *ESTABLISHMENTS[9][9:])
UNITS = [legal_unit(number, "O" if number in (5, 11, 22, 23) else "N") for number in range(1, 34)]
HISTORY = [
    (siret(7), "2024-08-31", "2024-03-05", "A", "56.10A", "NAFRev2", "N"),
    (siret(7), "2025-05-31", "2024-09-01", "F", "56.10A", "NAFRev2", "N"),
    (siret(7), None, "2025-06-01", "A", "56.10A", "NAFRev2", "N"),
    (siret(2), None, "2024-12-15", "F", "56.10A", "NAFRev2", "N"),
    (siret(2), "2024-12-14", "2024-01-15", "A", "56.10A", "NAFRev2", "N"),
    # What an establishment did before this birth of another: nothing of it is joined.
    (siret(20), None, "2024-03-01", "F", "56.10A", "NAFRev2", "N"),
]
LINKS = [
    (siret(20), siret(6), "2024-03-01", True, True),
    (siret(20), siret(12), "2025-12-31", False, True),
    (siret(24), siret(24), "2022-07-14", False, True),  # no successor of itself
    (siret(20), siret(25), "2022-08-14", False, True),  # 31 days after its creation: a succession
    (siret(20), siret(26), "2022-08-15", False, True),  # 32 days after: a birth
]
#: (commune, section, quarter) -> created, births, employers, ESS, then observable and surviving at 12, 24, 36 months.
EXPECTED = {
    ("76540", "I", "2024T1"): (7, 6, 1, 1, 6, 3, 6, 3, 0, 0),
    ("76540", "I", "2025T4"): (3, 3, 0, 0, 1, 1, 0, 0, 0, 0),
    ("76351", "Q", "2023T4"): (2, 2, 1, 1, 2, 2, 2, 2, 1, 1),
    ("76540", "inconnue", "2012T1"): (1, 1, 0, 0, 1, 1, 1, 1, 1, 0),
    (None, "I", "2026T4"): (2, 2, 0, 0, 0, 0, 0, 0, 0, 0),
    ("27681", "A", "2022T3"): (8, 7, 0, 2, 7, 7, 7, 7, 7, 7),
    ("27229", "G", "2024T1"): (2, 2, 0, 0, 2, 1, 2, 0, 0, 0),
    ("27229", "G", "2023T4"): (2, 2, 0, 0, 2, 1, 2, 0, 0, 0),
    ("27229", "G", "2025T4"): (1, 1, 0, 0, 1, 1, 0, 0, 0, 0),
}


def take_all_in(storage: Storage, mirror: Path, edition: str = "2026-11", **instead: list[tuple]) -> None:
    rows = {"StockEtablissement": ESTABLISHMENTS, "StockUniteLegale": UNITS,
            "StockEtablissementHistorique": HISTORY, "StockEtablissementLiensSuccession": LINKS} | instead  # fmt: skip
    take_in_stocks(storage, mirror, edition, rows)


def creations(storage: Storage) -> dict[tuple, tuple]:
    frame = lake(storage, "creations").select(
        "code_commune", "section_naf", "trimestre", "etablissements_crees", "creations_nettes", "creations_employeuses",
        "creations_ess", *(f"{kind}_{months}" for months in (12, 24, 36) for kind in ("observables", "survivants")),
    )  # fmt: skip
    assert frame.select("code_commune", "section_naf", "trimestre").is_unique().all()
    return {row[:3]: row[3:] for row in frame.iter_rows()}


def test_creations_and_survivors_are_those_counted_by_hand(storage, mirror):
    take_all_in(storage, mirror)
    assert sirene.publish_creations(storage) == "made of 2026-11"
    assert creations(storage) == EXPECTED
    frame = lake(storage, "creations")
    assert set(frame.select("edition", "geographie", "date_stock").iter_rows()) == {
        ("2026-11", 2026, date(2026, 11, 1))
    }
    assert frame.select((pl.col("trimestre").str.head(4).cast(pl.Int64) == pl.col("annee")).all()).item()
    assert validate(frame, CONTRACTS["sirene", "creations"]).failures.is_empty()


def test_creations_are_made_again_only_when_a_stock_has_changed(storage, mirror):
    take_all_in(storage, mirror)
    sirene.publish_creations(storage)
    path = storage.lake_table("sirene", "creations") / "creations.parquet"
    made = path.stat().st_mtime_ns
    assert sirene.publish_creations(storage) == "of 2026-11 already" and path.stat().st_mtime_ns == made
    # It is the fifth, of the ESS, that moved: another's births, employers and ESS.
    take_all_in(storage, mirror, StockEtablissementLiensSuccession=[(siret(20), siret(5), *LINKS[0][2:]), *LINKS[1:]])
    assert sirene.publish_creations(storage) == "made of 2026-11"
    assert creations(storage)["76540", "I", "2024T1"][:4] == (7, 6, 1, 0)


def test_stocks_of_two_months_are_never_put_together(storage, mirror):
    take_all_in(storage, mirror)
    sirene.publish_creations(storage)
    before = creations(storage)
    drop(mirror, "2026-12", "StockEtablissement", [*ESTABLISHMENTS, establishment(40, "2026-11-05")])
    take_in(stock_source("StockEtablissement"), storage, str(mirror))
    assert "etablissements 2026-12, unites_legales 2026-11" in sirene.publish_creations(storage)
    assert creations(storage) == before


def test_without_stocks_there_are_no_creations(storage):
    assert "etablissements none" in sirene.publish_creations(storage)
    assert lake(storage, "creations").is_empty()


# --- stocks ---------------------------------------------------------------------------------------------------


def test_names_and_addresses_stay_out_and_what_is_unknown_says_why(storage, mirror):
    take_all_in(storage, mirror)
    frame = lake(storage, "etablissements")
    assert "CHEZ JEANNE" not in frame.write_csv() and "DUPONT" not in lake(storage, "unites_legales").write_csv()
    by_siret = {row["siret"]: row for row in frame.to_dicts()}
    masked, abroad, unknown = by_siret[siret(15)], by_siret[siret(14)], by_siret[siret(16)]
    assert (masked["code_commune"], masked["code_commune_absence"]) == (None, "masque")
    assert (abroad["code_commune"], abroad["code_commune_absence"]) == (None, "vide")
    assert (unknown["date_creation"], unknown["date_creation_absence"]) == (None, "inconnue")
    assert by_siret[siret(11)]["statut_diffusion"] == "P" and by_siret[siret(11)]["code_commune"] == "76351"
    assert by_siret[siret(1)]["caractere_employeur"] is True and by_siret[siret(1)]["date_creation"] == date(
        2024, 1, 10
    )
    units = lake(storage, "unites_legales")
    assert set(units["categorie_juridique"]) == {"1000"} and units["economie_sociale_solidaire"].sum() == 4


def test_the_newest_stock_takes_the_place_of_the_one_before_and_never_an_older_one(storage, mirror, monkeypatch):
    one = stock_source("StockEtablissement")
    drop(mirror, "2026-10", "StockEtablissement", ESTABLISHMENTS[:10])
    drop(mirror, "2026-11", "StockEtablissement", ESTABLISHMENTS[:12])
    take_in(one, storage, str(mirror))
    assert (
        set(lake(storage, "etablissements")["edition"]) == {"2026-11"} and lake(storage, "etablissements").height == 12
    )
    book = archive.Book(storage, "sirene", "etablissements")
    assert [(v.edition, v.status) for v in book.versions()] == [("2026-10", "superseded"), ("2026-11", "in_use")]
    drop(mirror, "2026-09", "StockEtablissement", ESTABLISHMENTS[:14])
    monkeypatch.setenv("OPEN_DATA_MIRROR", str(mirror))
    monkeypatch.setattr("orchestration.open_data.SOURCES", (one,))
    assert not has_news(storage)
    assert take_in(one, storage, str(mirror)).published == [] and lake(storage, "etablissements").height == 12


def test_a_stock_with_fewer_rows_or_without_a_column_is_refused(storage, mirror):
    one = stock_source("StockEtablissement")
    drop(mirror, "2026-10", "StockEtablissement", ESTABLISHMENTS)
    drop(mirror, "2026-11", "StockEtablissement", ESTABLISHMENTS[:20])
    drop(mirror, "2026-12", "StockUniteLegale", UNITS, name="StockEtablissement_utf8.parquet")
    (mirror / "sirene" / "2027-01").mkdir()
    (mirror / "sirene" / "2027-01" / "StockEtablissement_utf8.parquet").write_bytes(b"PAR1 cut off")
    few, moved, broken = take_in(one, storage, str(mirror)).problems
    assert "20 rows where at least 29 are expected" in few
    assert "no column like" in moved and "siren, statutDiffusionUniteLegale" in moved
    assert broken.startswith("mirror:2027-01/StockEtablissement_utf8.parquet: ")
    assert "No magic bytes" in broken and "select" not in broken
    assert lake(storage, "etablissements").height == len(ESTABLISHMENTS)


def test_the_stock_is_not_read_to_know_whether_the_warehouse_is_due(storage, mirror):
    take_all_in(storage, mirror)
    before = inputs_digest(storage)
    (storage.lake_table("sirene", "etablissements") / "stock.parquet").chmod(0)
    try:
        assert inputs_digest(storage) == before
    finally:
        (storage.lake_table("sirene", "etablissements") / "stock.parquet").chmod(0o600)
    drop(mirror, "2026-11", "StockEtablissement", ESTABLISHMENTS[:-1])
    take_in(stock_source("StockEtablissement"), storage, str(mirror))
    assert inputs_digest(storage) != before


# --- judged piece by piece ------------------------------------------------------------------------------------

BAD_ROWS = {7: "12345678901234", 12: "35600000000000"}


def test_pieces_give_what_the_whole_gives(storage, mirror, tmp_path, monkeypatch):
    """Rows wrong by themselves, exact repeats and contradictions, within a piece and across pieces."""
    rows = [establishment(number, "2024-01-10") for number in range(1, 201)]
    for at, number in BAD_ROWS.items():
        rows[at - 1] = (rows[at - 1][0], number, *rows[at - 1][2:])
    rows[49] = rows[19]  # an exact repeat: folded
    rows[150] = (*rows[2][:9], "F", *rows[2][10:])  # contradicts row 3
    file = drop(mirror, "2026-11", "StockEtablissement", rows)
    one = stock_source("StockEtablissement")
    (reader, *_) = one.layouts.values()
    monkeypatch.setattr(judged, "WRONG_SHARE", 0.5)
    found = {}
    for size in (7, 50, 1000):
        monkeypatch.setattr(readers, "BATCH", size)
        folder = tmp_path / f"by {size}'s"
        folder.mkdir()
        outcome = judged.judge(one, "2026-11", reader, file, 0, folder)
        accepted, wrong = pl.read_parquet(outcome.accepted), pl.read_parquet(outcome.wrong)
        assert (outcome.rows, outcome.quarantined) == (accepted.height, wrong.height) == (195, 4)
        found[size] = accepted.rows(), wrong.sort("row").select("row", "siret", "regles").rows()
    assert found[7] == found[50] == found[1000]
    contradiction = f"siret : cle_en_double ({siret(3)})"
    assert found[7][1] == [
        (3, siret(3), contradiction), (7, BAD_ROWS[7], f"siret : siret_invalide ({BAD_ROWS[7]})"),
        (12, BAD_ROWS[12], f"siret : siret_invalide ({BAD_ROWS[12]})"), (151, siret(3), contradiction),
    ]  # fmt: skip


def test_too_many_contradictions_refuse_a_file(mirror, tmp_path):
    rows = [establishment(number, "2024-01-10") for number in range(1, 11)]
    file = drop(mirror, "2026-11", "StockEtablissement", [*rows, establishment(4, "2024-02-10")])
    one = stock_source("StockEtablissement")
    with pytest.raises(SourceError, match=r"2 of 11 rows are wrong \(siret: cle_en_double × 2\)"):
        judged.judge(one, "2026-11", next(iter(one.layouts.values())), file, 0, tmp_path)


def test_identifiers_read_by_columns_are_those_read_one_by_one():
    numbers = [siret(n) for n in range(50)] + [f"{n * 7919:014}" for n in range(500)]
    texts = [*numbers, *(n[:9] for n in numbers), None, "", "1", "35600000000048", "356 000 000 00048", "732829320.0",
             "32517500016", "000 325 175 00016", "٣٥٦٠٠٠٠٠٠", "-0032517500016"]  # fmt: skip
    for length in (9, 14):
        read = _identifiers(pl.Series(texts), length).to_list()
        assert read == [None if text is None else _numbered(text, length) for text in texts]
        assert sum(one is not None for one in read) > 50


# --- the other long or shared files ---------------------------------------------------------------------------


def test_the_list_of_the_ess_gets_its_zeros_back_and_a_longer_number_does_not_lose_digits(storage, mirror):
    good = [siren(number).lstrip("0") for number in range(1, 100)]
    path = mirror / "ess" / "2026" / "liste.csv"
    path.parent.mkdir(parents=True)
    path.write_text("\ufeffNOM,SIREN\n" + "".join(f'"A, {n}",{n}\n' for n in good) + "B,1234567890\n", encoding="utf-8")
    one = source("ess", "entreprises", minimum_rows=10)
    assert take_in(one, storage, str(mirror)).problems == []
    frame = pl.read_parquet(storage.lake_table("ess", "entreprises") / "*.parquet")
    assert sorted(frame["siren"]) == sorted(siren(number) for number in range(1, 100))
    (aside,) = pl.read_parquet(storage.quarantine / "ess.entreprises" / "*.parquet").to_dicts()
    assert aside["row"] == 100 and "siren_invalide (1234567890)" in aside["regles"]


def test_a_list_of_the_ess_without_its_column_is_refused(storage, mirror):
    path = mirror / "ess" / "2026" / "liste.csv"
    path.parent.mkdir(parents=True)
    path.write_text("Numéro,Nom\n1,A\n")
    (problem,) = take_in(source("ess", "entreprises"), storage, str(mirror)).problems
    assert "no column like (?i)siren; the file has: Numéro, Nom" in problem


NAF = '[{"id": "01", "label": "Culture"}, {"id": "01.11Z", "label": "Culture de céréales"}]'


def test_the_nomenclature_lies_on_a_shelf_with_others(storage, mirror):
    (mirror / "nomenclatures").mkdir(parents=True)
    (mirror / "nomenclatures" / "naf_rev2_x.json").write_text(NAF, encoding="utf-8")
    (mirror / "nomenclatures" / "other.json").write_text("[]")
    one = source("insee_naf", "codes", minimum_rows=2)
    assert take_in(one, storage, str(mirror)).problems == [] and take_in(one, storage, str(mirror)).published == []
    frame = pl.read_parquet(storage.lake_table("insee_naf", "codes") / "2008.parquet")
    assert frame.select("code_naf", "libelle").rows() == [("01", "Culture"), ("01.11Z", "Culture de céréales")]


@pytest.mark.parametrize("text", ["", "{", '[{"code": "01"}]', "<html>"])
def test_a_nomenclature_that_is_none_is_refused(storage, mirror, text):
    (mirror / "nomenclatures").mkdir(parents=True)
    (mirror / "nomenclatures" / "naf_rev2_x.json").write_text(text)
    (problem,) = take_in(source("insee_naf", "codes"), storage, str(mirror)).problems
    assert "naf_rev2_x.json" in problem


def test_the_real_nomenclature_has_its_four_levels(storage, real_mirror):
    assert take_in(source("insee_naf", "codes"), storage, str(real_mirror)).problems == []
    frame = pl.read_parquet(storage.lake_table("insee_naf", "codes") / "*.parquet")
    levels = dict(frame.group_by(pl.col("code_naf").str.len_chars()).len().iter_rows())
    assert levels == {2: 88, 4: 272, 5: 615, 6: 732}


# --- what the bench makes -------------------------------------------------------------------------------------

MADE = 20_000


def test_the_stocks_of_the_bench_give_the_counts_that_they_are_made_for(storage, mirror):
    """Counted again from the row numbers, day by day, without SQL."""
    generate(mirror, MADE)
    for one in (source("sirene", table, minimum_rows=1) for table in sirene.STOCKS):
        assert take_in(one, storage, str(mirror)).problems == []
    book = archive.Book(storage, "sirene", "etablissements").in_use()[EDITION]
    assert (book.rows, book.quarantined) == (MADE - MADE // 1000, MADE // 1000)
    assert sirene.publish_creations(storage) == f"made of {EDITION}"
    assert lake(storage, "creations").select(pl.col(pl.Int64).exclude("annee", "geographie").sum()).row(0) == counted()


def counted() -> tuple[int, ...]:
    """Created, births, employers, ESS, observable and surviving at 12, 24 and 36 months."""
    sums, published = Counter(), date(2026, 11, 1)
    for i in range(MADE):
        created = date(2008, 1, 1) + timedelta(i * 31 % 6800)
        if i % 1000 == 999 or i % 100 == 50 or not date(2012, 1, 1) <= created < published:
            continue
        sums["created"] += 1
        if i % 20 == 0:
            continue
        sums["births"] += 1
        sums["employers"] += i % 4 == 0
        sums["ess"] += i // 2 % 12 == 0
        closed = created + timedelta(i % 2000) if i % 3 == 0 else None
        if closed and closed >= date(2026, 10, 1):
            closed = None
        for years in (1, 2, 3):
            leap = (created.month, created.day) == (2, 29)
            then = created.replace(year=created.year + years, day=28 if leap else created.day)
            for_a_while = closed is None and i % 500 == 1 and 300 <= (then - created).days < 500
            sums["observable", years] += then <= published
            sums["surviving", years] += then <= published and not (closed and closed <= then) and not for_a_while
    horizons = [(kind, years) for years in (1, 2, 3) for kind in ("observable", "surviving")]
    return tuple(sums[key] for key in ("created", "births", "employers", "ess", *horizons))
