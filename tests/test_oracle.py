"""Every figure of hundreds of small federations, drawn at random, against the plain Python of `oracle/`.

Here: how cases are packed into one home (a case lives in communes of its own), the comparison, and two laws: every
return doubled, and every file and row in another order. Not here: the definitions and the cases (`oracle/`).
"""

import json
import random
import zipfile
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from functools import cache
from math import isclose
from pathlib import Path

import duckdb
import polars as pl
import pytest
from intake import csv_bytes
from mirrors import drop
from open_data_fixtures import centres as centres_file
from oracle import COUNTS, DISTRIBUTIONS, GAPS, OF_TERRITORY, RATIOS, Births, Cell, Federation, Figure, Return, period
from oracle.births import Establishment, Sirene
from oracle.cases import COLUMNS, DAY, STOCK, Case, Place, days, drawn, establishments, returns, written
from oracle.figures import SURVIVALS
from oracle.situations import SITUATIONS, situations
from stocks import siret, take_in_stocks

from orchestration import sirene
from orchestration.resources import Storage
from orchestration.returns import publishing

SNAPSHOT = Path(__file__).parent.parent / "orchestration" / "snapshots" / "communes_2026.parquet"
CASES, RELATED, MORE = 30, 4, 100
SEED = 205  # one whose cases are in every situation
TOLERANCE = 1e-9
METRICS = {*COUNTS, *RATIOS, *DISTRIBUTIONS, *GAPS, *OF_TERRITORY}
FIGURES = Figure._fields


# --- one home for all -------------------------------------------------------------------------------------------------


@cache
def geography() -> dict[str, tuple[str | None, int | None]]:
    """EPCI and population of each commune."""
    columns = ("code_commune", "code_epci", "population_municipale")
    return {code: (epci, people) for code, epci, people in pl.read_parquet(SNAPSHOT).select(columns).iter_rows()}


@cache
def packs_of_communes() -> list[tuple[str, ...]]:
    """Three communes, two of one EPCI and one of another; no EPCI twice."""
    communes = pl.read_parquet(SNAPSHOT).filter(pl.col("code_epci").is_not_null()).sort("code_commune")
    groups = [codes[:2] for _, codes in sorted(_communes_by_epci(communes).items()) if len(codes) > 1]
    return [(*one, other[0]) for one, other in zip(groups[::2], groups[1::2], strict=False)]


def _communes_by_epci(communes: pl.DataFrame) -> dict[str, list[str]]:
    found = defaultdict(list)
    for row in communes.iter_rows(named=True):
        found[row["code_epci"]].append(row["code_commune"])
    return found


def centres(families: list[tuple[Case, Place, Place, Place]]) -> dict[str, tuple[float, float] | None]:
    """A centre anywhere for seven communes in eight; those of a family lie as those of its first place."""
    order = random.Random(0)
    found = {}
    for code in sorted(geography()):
        overseas = code.startswith(("97", "98"))
        east, north = ((-180, 180), (-60, 52)) if overseas else ((-5.5, 10), (41, 51.5))
        found[code] = (order.uniform(*east), order.uniform(*north)) if order.randrange(8) else None
    for _, once, *others in families:
        for other in others:
            found |= {there: found[here] for here, there in zip(once.communes, other.communes, strict=True)}
    return found


@dataclass
class Packed:
    """Cases in one home, and what the release says of each commune of theirs and of France."""

    cases: list[tuple[Case, Place, list[Return]]]
    related: list[tuple[Case, Place, Place, Place]]  # once, doubled, in another order
    rows: dict[str, dict[tuple, dict]]
    returns: list[Return]
    centres: dict[str, tuple[float, float]]
    births: Births

    def federation(self, sent: list[Return]) -> Federation:
        return Federation(sent, geography(), self.centres, self.births)


def pack(found: list[Case], related: int, home: Path, refresh, until: date = STOCK) -> Packed:
    places = [Place(i, communes) for i, communes in enumerate(packs_of_communes()[: len(found) + 2 * related])]
    sent = [(case, place, returns(case, place)) for case, place in zip(found, places, strict=False)]
    extra, families, mixed = [], [], []
    for i, case in enumerate(found[:related]):
        twice, shuffled = places[len(found) + 2 * i : len(found) + 2 * i + 2]
        for copy in (0, 1):
            extra += returns(case, Place(twice.number, twice.communes, copy))
        mixed += returns(case, shuffled)
        families.append((case, places[i], twice, shuffled))
    home.mkdir(parents=True)
    lines = ["siren_adherent,nom,siret,type_structure,region,id_ges"]
    everything = [r for _, _, some in sent for r in some] + extra + mixed
    structures = {(r.siren, s["siret"], s["type_structure"]) for r in everything for s in r.tables["structures"]}
    lines += [f"{siren},Essai,{siret},{kind},28," for siren, siret, kind in sorted(structures)]
    (home / "members.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    order = random.Random(0)
    for number, one in enumerate(everything):
        _write(
            home / "landing" / one.siren / f"{number:05}.zip",
            one,
            order if number >= len(everything) - len(mixed) else None,
        )
    births = Births(_sirene([establishments(case, place, until) for case, place, _ in sent], until))
    _take_in(births.sirene, home)
    everywhere = centres(families)
    published = centres_file(*((code, *(at or (None, None))) for code, at in everywhere.items()))
    drop(home.parent / "mirror", "2026", published, "communes_centres.json", "etalab_communes")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPEN_DATA_MIRROR", str(home.parent / "mirror"))
        database = refresh(home)
    judged = [json.loads(path.read_text(encoding="utf-8")) for path in (home / "receipts").glob("*/*.json")]
    aside = [receipt for receipt in judged if receipt["verdict"] != "accepted"]
    assert len(judged) == len(everything) and not aside, aside[:2]
    with duckdb.connect(str(database), read_only=True) as release:
        rows = _rows(release, {code for place in places for code in place.communes})
    known = {code: at for code, at in everywhere.items() if at}
    return Packed(sent, families, rows, everything, known, births)


def _sirene(found: list[tuple], until: date) -> Sirene:
    """The stocks of all cases. The series begins in 2012; another establishment is abroad, a third has no day."""
    (first,) = packs_of_communes()[-1:]
    others = [
        Establishment(siret(1), first[0], "01.11Z", "NAFRev2", date(2012, 1, 5), "A", date(2012, 1, 5)),
        Establishment(siret(2), None, "88.99B", "NAFRev2", date(2024, 1, 5), "A", date(2024, 1, 5)),
        Establishment(siret(3), first[0], "88.99B", "NAFRev2", None, "A", None),
    ]
    return Sirene(until, others + [e for one, _, _ in found for e in one], [s for _, one, _ in found for s in one],
                  [k for _, _, one in found for k in one])  # fmt: skip


def _take_in(stocks: Sirene, home: Path) -> None:
    storage = Storage(home)
    publishing.prepare_lake(storage)
    rows = {
        "StockEtablissement": [
            (e.siret[:9], e.siret, "O", e.created, "NN", None, True, e.commune, e.since, e.state, None, e.activity,
             e.nomenclature, "N")
            for e in stocks.establishments
        ],
        "StockUniteLegale": [
            (e.siret[:9], "O", e.created, None, "NN", None, "A", 9220, e.activity, e.nomenclature, "00011", "N")
            for e in stocks.establishments
        ],
        "StockEtablissementHistorique": [
            (s.siret, s.last, s.first, s.state, "88.99B", "NAFRev2", "N") for s in stocks.history
        ],
        "StockEtablissementLiensSuccession": [(k.predecessor, k.successor, k.day, False, True) for k in stocks.links],
    }  # fmt: skip
    take_in_stocks(storage, home / "mirror", f"{stocks.until:%Y-%m}", rows)
    assert sirene.publish_creations(storage) == f"made of {stocks.until:%Y-%m}"


def _write(path: Path, one: Return, order: random.Random | None) -> None:
    extraction = written(days(one.quarter)[1] + 5 * DAY)
    head = {"siren_adherent": one.siren, "periode": one.quarter, "version_modele": "1", "date_extraction": extraction}
    files = {"remontee": csv_bytes([{"champ": k, "valeur": v} for k, v in head.items()])}
    for table, rows in one.tables.items():
        columns = COLUMNS[table].split()
        full = [{c: row.get(c, "") for c in columns} for row in rows]
        if order:
            order.shuffle(full)
        files[table] = csv_bytes(full) if full else ";".join(columns).encode()
    names = list(files)
    if order:
        order.shuffle(names)
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(f"{name}.csv", files[name])


def _rows(release: duckdb.DuckDBPyConnection, communes: set[str]) -> dict[str, dict[tuple, dict]]:
    key = ("period_type", "period", "basis", "breakdown", "category", "metric")
    query = f"""
        select territory_code, {", ".join(key)}, {", ".join(FIGURES)} from marts.fct_territory_metric
        where territory_level = 'france' or (territory_level = 'commune' and list_contains(?, territory_code))
    """
    found: dict[str, dict[tuple, dict]] = defaultdict(dict)
    for code, *rest in release.execute(query, [sorted(communes)]).fetchall():
        if rest[5] in METRICS:
            found[code][tuple(rest[:6])] = dict(zip(FIGURES, rest[6:], strict=True))
    return found


@pytest.fixture(scope="module")
def packed(refresh, tmp_path_factory) -> Packed:
    return pack(drawn(CASES, SEED), RELATED, tmp_path_factory.mktemp("oracle") / "home", refresh)


# --- comparison -------------------------------------------------------------------------------------------------------

#: One metric a subject: where the oracle counts something for it, there must be a row.
TELLING = {
    "structure": ("members_count", "people_employed_count", "hours_worked", "exit_dynamic_share_all",
                  "transitions_count", "activities_started_count", "activities_ended_count", "activities_stock",
                  "cooperation_actions_count", "local_body_seats_count"),
    "residence": ("people_employed_count", "hours_worked", "exit_dynamic_share_all", "transitions_count"),
}  # fmt: skip


def same(expected, found) -> bool:
    if expected is None or found is None or isinstance(expected, str):
        return expected == found
    return isclose(float(expected), float(found), rel_tol=TOLERANCE, abs_tol=TOLERANCE)


def differences(federation: Federation, communes: set[str] | None, rows: dict[tuple, dict]) -> list[tuple]:
    """(key, figure, expected, found, the whole expectation)"""
    found, cells, periods = [], {}, {}
    for key, row in rows.items():
        when = periods.setdefault(key[:2], period(*key[:2]))
        cell = cells.setdefault(key[:5], Cell(federation, when, communes, *key[2:5]))
        expected = cell.figure(key[5])
        for name, want in zip(FIGURES, expected, strict=True):
            if not same(want, row[name]):
                found.append((key, name, want, row[name], expected))
    return found


def missing(federation: Federation, communes: set[str] | None, rows: dict[tuple, dict], periods: set) -> list[tuple]:
    """Keys of which the oracle counts something, and that the release does not have."""
    return [
        (key, "row", "one", "none", None)
        for when in periods
        for basis, metrics in TELLING.items()
        for metric in metrics
        if (key := (*when, basis, "all", "all", metric)) not in rows
        and Cell(federation, period(*when), communes, basis, "all", "all").counts_something(metric)
    ]


def compare(packed: Packed) -> None:
    wrong, compared = [], 0
    periods = {key[:2] for key in packed.rows["FR"]}
    for case, place, sent in packed.cases:
        federation = packed.federation(sent)
        for commune in place.communes:
            rows = packed.rows.get(commune, {})
            compared += len(rows)
            if found := differences(federation, {commune}, rows) + missing(federation, {commune}, rows, periods):
                wrong.append((case.size, commune, found, sent))
    print(f"{compared} rows of {len(packed.cases)} federations compared")
    if wrong:
        show(wrong)
    assert not wrong, f"{len(wrong)} communes differ (the smallest is above)"
    assert compared > 1000 * len(packed.cases), "the cases are in the release"


def show(wrong: list[tuple]) -> None:
    """How often which figure differs, and the smallest case whole."""
    print(Counter((key[5], name) for _, _, found, _ in wrong for key, name, *_ in found))
    _, commune, found, sent = min(wrong, key=lambda one: one[0])
    for siren, quarter, tables in sent:
        print(f"\n{siren} {quarter}, tables {', '.join(tables)}")
        for table, rows in tables.items():
            for row in rows:
                print("  ", table, {column: text for column, text in row.items() if text})
    print(f"\nin {commune}:")
    for key, name, want, got, expected in found[:30]:
        print(*key, name, "expected", want, "found", got, "|", expected)


def test_every_figure_of_every_small_federation_is_the_oracles(packed):
    compare(packed)


def test_births_of_the_cases_survive_here_and_there(packed):
    """Else nothing would be compared: shares at each number of months that are neither none nor all, and empty ones."""
    for metric in SURVIVALS:
        shares = [row["value"] for rows in packed.rows.values() for key, row in rows.items() if key[5] == metric]
        assert None in shares and any(share is not None and 0 < share < 1 for share in shares), metric


def test_france_is_the_oracles_too(packed):
    found = differences(packed.federation(packed.returns), None, packed.rows["FR"])
    print(Counter((key[5], name) for key, name, *_ in found), *found[:20], sep="\n")
    assert packed.rows["FR"] and not found


def test_the_cases_have_distances_of_nothing_of_some_and_unknown_ones(packed):
    found = [
        row["value"] for rows in packed.rows.values() for key, row in rows.items() if key[5] == "home_work_km_median"
    ]
    assert None in found and 0 in found and len({km for km in found if km}) > 30


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1])
def test_so_are_those_of_hundreds_more(seed, refresh, tmp_path_factory):
    middle_of_a_quarter = date(2025, 3, 1)
    more = pack(drawn(MORE, seed), 0, tmp_path_factory.mktemp("oracle") / "home", refresh, middle_of_a_quarter)
    compare(more)
    assert not differences(more.federation(more.returns), None, more.rows["FR"])


def test_every_situation_in_which_figures_go_wrong_is_drawn():
    reached, everywhere = Counter(), {code: at for code, at in centres([]).items() if at}
    for number, case in enumerate(drawn(CASES, SEED)):
        place = Place(number, packs_of_communes()[number])
        sent = returns(case, place)
        federation = Federation(sent, geography(), everywhere)
        reached.update(situations(federation, sent, place.communes).keys() & set(SITUATIONS))
    print(*(f"{reached[name]:3} of {CASES} cases: {name}" for name in SITUATIONS), sep="\n")
    assert not [name for name in SITUATIONS if not reached[name]]


# --- two laws ---------------------------------------------------------------------------------------------------------


def related(packed: Packed, which: int) -> list[tuple[str, tuple, dict, dict]]:
    """(case, key, row of the case, row of its relative) over every commune and every key that one of them has."""
    pairs = []
    for _, *places in packed.related:
        for once, other in zip(places[0].communes, places[which].communes, strict=True):
            rows, others = (packed.rows.get(code, {}) for code in (once, other))
            assert rows.keys() == others.keys(), once
            pairs += [(once, key, row, others[key]) for key, row in rows.items()]
    assert pairs
    return [pair for pair in pairs if pair[1][5] not in OF_TERRITORY]


def test_every_return_doubled_doubles_counts_and_leaves_shares_and_medians(packed):
    wrong = []
    for once, key, row, twice in related(packed, 1):
        metric = key[5]
        doubles = ["numerator", "people_count", "structure_count"]
        keeps = ["coverage_share", "status"]
        (doubles if metric in COUNTS or metric == "fte_realised" else keeps).append("value")
        (keeps if metric == "fte_realised" else doubles).append("denominator")
        for name in doubles:
            wrong += [(once, key, name, row, twice)] if not same(row[name] and row[name] * 2, twice[name]) else []
        for name in keeps:
            wrong += [(once, key, name, row, twice)] if not same(row[name], twice[name]) else []
    assert not wrong, wrong[:5]


def test_the_order_of_rows_and_files_changes_nothing(packed):
    pairs = related(packed, 2)
    wrong = [(once, key, a, b) for once, key, a, b in pairs if not all(same(a[name], b[name]) for name in FIGURES)]
    assert not wrong, wrong[:5]
