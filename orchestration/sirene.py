"""What the stocks of Sirene are read for: establishments created, and how many are there one to three years later.

Here: the fold of four stocks of tens of millions of rows into one table of parts (`sirene/creations`), in DuckDB, which
spills; it is made again only when a stock is. Not here: how stocks come in (`open_data.py`, `judged.py`), what is a
stock's valid row (`contracts/open_data.py`), rates (the warehouse: they are divided from these parts, never averaged).

A creation is net when the establishment succeeds to no other: a shop that moves across the street gets another number,
and nothing is born. Survival is read from the states of the establishment, whatever becomes of its legal unit.
"""

import hashlib
import json
import tempfile
from pathlib import Path

import duckdb
import polars as pl

from contracts import CONTRACTS, validate
from contracts.codes import seed_rows
from orchestration import archive
from orchestration.http import SourceError
from orchestration.readers import Reader
from orchestration.resources import Storage, replace_file

STOCKS = ("etablissements", "unites_legales", "historique", "successions")
HORIZONS = (12, 24, 36)
#: Since the series of creations of INSEE that this one stands beside; older stocks of activities have other codes.
FIRST_DAY = "2012-01-01"
#: A succession is registered about when the successor is created; an old establishment that takes over another later is
#: no less a birth.
SUCCESSION_DAYS = 31
UNKNOWN_SECTION = "inconnue"
#: What DuckDB may hold; the rest is on disk.
_MEMORY = "320MB"

# The last period of an establishment is the row of the stock itself. So `historique` tells only of those that were
# closed and opened again, which are few: the rest of it is never joined. Numbers stand for SIRETs: they take less room.
_SQL = """
with again as (
    select
        cast(siret as bigint) as id,
        list({{'first': coalesce(date_debut, date '0001-01-01'), 'last': date_fin}}) as closed
    from {historique}
    where etat_administratif = 'F' and date_fin >= date '{first_day}'
    group by all
),

links as (
    select cast(siret_successeur as bigint) as id, min(date_lien) as first_link
    from {successions}
    where siret_predecesseur <> siret_successeur and date_lien >= date '{first_day}' - interval '1' year
    group by all
),

ess as (
    select cast(siren as bigint) as id
    from {unites_legales}
    where economie_sociale_solidaire
),

born as (
    select
        e.code_commune,
        d.naf_section,
        year(e.date_creation) * 4 + quarter(e.date_creation) - 1 as quarter_number,
        coalesce(l.first_link <= e.date_creation + {succession_days}, false) as succeeds,
        e.caractere_employeur as employs,
        ess.id is not null as is_ess,
        case when e.etat_administratif = 'F' then e.date_debut end as closed_on,
        e.etat_administratif = 'F' and e.date_debut is null as closed_some_day,
        a.closed,
        {days}
    from {etablissements} as e
    left join divisions as d
        on d.naf_division = case when e.nomenclature_activite = 'NAFRev2' then substr(e.activite_principale, 1, 2) end
    left join links as l on l.id = cast(e.siret as bigint)
    left join ess on ess.id = cast(e.siren as bigint)
    left join again as a on a.id = cast(e.siret as bigint)
    where e.date_creation >= date '{first_day}' and e.date_creation < date '{published}'
),

counted as (
    select
        code_commune,
        coalesce(naf_section, '{unknown}') as section_naf,
        quarter_number,
        count(*) as etablissements_crees,
        count(*) filter (where not succeeds) as creations_nettes,
        count(*) filter (where not succeeds and employs) as creations_employeuses,
        count(*) filter (where not succeeds and is_ess) as creations_ess,
        {horizons}
    from born
    group by all
)

select
    '{edition}' as edition,
    cast({geography} as bigint) as geographie,
    date '{published}' as date_stock,
    code_commune,
    section_naf,
    cast(quarter_number // 4 as bigint) as annee,
    (quarter_number // 4) || 'T' || (quarter_number % 4 + 1) as trimestre,
    * exclude (code_commune, section_naf, quarter_number)
from counted
order by code_commune, section_naf, quarter_number
"""
_DAY = "cast(e.date_creation + interval {m} month as date) as day_{m}"
_HORIZON = """
    count(*) filter (where not succeeds and not closed_some_day and day_{m} <= date '{published}') as observables_{m},
    count(*) filter (
        where not succeeds and not closed_some_day and day_{m} <= date '{published}'
            and (closed_on is null or closed_on > day_{m})
            and case
                when closed is null then true
                else not list_bool_or(list_transform(closed, lambda p: day_{m} between p.first and p.last))
            end
    ) as survivants_{m}"""


def publish_creations(storage: Storage) -> str:
    """Makes `sirene/creations` when the stocks have changed; says in a sentence what it came to."""
    try:
        in_use = {table: archive.Book(storage, "sirene", table).in_use() for table in STOCKS}
    except SourceError as error:
        return f"waits: {error}"
    held = {table: max(editions) for table, editions in in_use.items() if editions}
    if len(held) < len(STOCKS) or len({edition[:7] for edition in held.values()}) > 1:
        listed = ", ".join(f"{table} {held.get(table, 'none')}" for table in STOCKS)
        return f"waits for the four stocks of one month; there are: {listed}"
    edition = held["etablissements"]
    sql = _creations_sql(storage, edition)
    made_of = [sql, *(in_use[table][held[table]].sha256 for table in STOCKS), *map(str, _divisions())]
    digest = hashlib.sha256(json.dumps(made_of).encode()).hexdigest()
    mark = storage.open_data / "sirene" / "creations" / "made_of.txt"
    path = storage.lake_table("sirene", "creations") / "creations.parquet"
    if path.exists() and mark.exists() and mark.read_text(encoding="utf-8") == digest:
        return f"of {edition[:7]} already"
    replace_file(path, lambda target: _write(sql, target, storage.home))
    replace_file(mark, lambda target: target.write_text(digest, encoding="utf-8"))
    return f"made of {edition[:7]}"


def _divisions() -> list[tuple[str, str]]:
    return [(row["naf_division"], row["naf_section"]) for row in seed_rows("codes/naf_divisions")]


def _creations_sql(storage: Storage, edition: str) -> str:
    """`edition`: the day or month the stock was published, or its year; what it tells ends before."""
    year, month = edition[:4], edition[5:7] or "01"
    published = f"{year}-{month}-01"
    lake = {
        table: "read_parquet('{}/*.parquet')".format(str(storage.lake_table("sirene", table)).replace("'", "''"))
        for table in STOCKS
    }
    days = ", ".join(_DAY.format(m=months) for months in HORIZONS)
    horizons = ",".join(_HORIZON.format(m=months, published=published) for months in HORIZONS)
    return _SQL.format(
        **lake, first_day=FIRST_DAY, published=published, edition=edition, geography=int(year), horizons=horizons,
        days=days, succession_days=SUCCESSION_DAYS, unknown=UNKNOWN_SECTION,
    )  # fmt: skip


def _write(sql: str, target: Path, home: Path) -> None:
    contract = CONTRACTS["sirene", "creations"]
    with (
        tempfile.TemporaryDirectory(dir=home) as spill,
        duckdb.connect(config={"memory_limit": _MEMORY, "temp_directory": spill, "threads": 2}) as db,
    ):
        db.execute("create table divisions (naf_division varchar, naf_section varchar)")
        db.executemany("insert into divisions values (?, ?)", _divisions())
        db.execute(f"copy ({sql}) to '{str(target).replace(chr(39), chr(39) * 2)}' (format parquet, compression zstd)")
    if (made := pl.read_parquet_schema(target)) != contract.polars_schema:
        raise TypeError(f"sirene/creations has not the columns of its contract: {made}")
    names = list(contract.polars_schema)
    for frame in Reader("parquet", {name: name for name in names}).frames(target, contract):
        if (failures := validate(frame, contract).failures).height:
            raise ValueError(f"sirene/creations breaks its contract: {failures.head(5).rows()}")
