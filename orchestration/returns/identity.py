"""Who is the same person, and what two statements about one person contradict.

Here: contradictions between members, between returns of one member, and one PASS IAE for two people. Not here:
pseudonyms (`resources.Keyring`), references (`references.py`), the page that tells the other member
(`signalements.py`). Nothing is ever merged away or corrected here.
"""

from collections.abc import Callable

import polars as pl

from contracts import CONTRACTS
from orchestration.resources import Storage
from orchestration.returns import references
from orchestration.returns.references import DELIVERY, RETURN, View

#: What does not change about a person: two statements must agree.
FACTS = ("annee_naissance", "sexe")
PERSON = ["siren_adherent", "id_remontee", "ligne", "id_salarie", "pass_iae", *FACTS]


def contradictions(view: View, elsewhere: Callable[[pl.Series], pl.DataFrame]) -> pl.DataFrame:
    """What the returns judged say of a person against what was stated before, as REMARKs of the later statement.

    `elsewhere(numbers)`: rows (PERSON, with their delivery) of members not judged here about these network pseudonyms.
    """
    rows = view.standing("salaries").join(view.refused_returns, on=RETURN, how="anti").select(PERSON)
    row = [*RETURN, "ligne"]
    before = view.seen(rows, "salaries", ("id_salarie",), FACTS).sort("periode_fin", "id_autre")
    before = before.unique(row, keep="last", maintain_order=True)
    found = _differing(before, "fait_contredit_avant")

    numbered = rows.drop_nulls("pass_iae")
    here = numbered.filter(pl.col("id_salarie").n_unique().over(*RETURN, "pass_iae") > 1)
    shared = view.seen(numbered, "salaries", ("pass_iae",), ("id_salarie",))
    again = pl.col("id_salarie") == pl.col("id_salarie_autre")
    # Told when the second number appears; a member that has changed its numbering is not told at every return.
    shared = numbered.join(shared.filter(~again), on=row, how="semi").join(shared.filter(again), on=row, how="anti")
    shared = pl.concat([here, shared]).unique(row, keep="first", maintain_order=True)
    found.append(references.remarks(shared, "salaries", "pass_iae", "pass_iae_partage"))

    if numbered.height:
        numbers = numbered["pass_iae"].unique()
        columns = [*PERSON, "periode", "periode_fin", "remplacee_par"]
        ours = view.lines("salaries").filter(pl.col("pass_iae").is_in(numbers.implode()))
        others = pl.concat([ours.select(columns), elsewhere(numbers).select(columns)]).rename(
            {name: f"{name}_autre" for name in ("siren_adherent", "ligne", "id_salarie", *FACTS)}
            | {"id_remontee": "id_autre"}
        )
        beside = numbered.join(others, on="pass_iae").filter(
            pl.col("siren_adherent") != pl.col("siren_adherent_autre"),
            references.in_force_for("id_autre", "id_remontee"),
        )
        beside = beside.sort("periode_fin", "id_autre").unique(
            [*row, "siren_adherent_autre", "id_salarie_autre"], keep="last", maintain_order=True
        )
        found += _differing(beside, "fait_contredit_ailleurs")
    return pl.concat(found)


def _differing(beside: pl.DataFrame, rule: str) -> list[pl.DataFrame]:
    """A REMARK per fact and row that another statement, beside it, contradicts; what is unsaid contradicts nothing."""
    found = []
    for fact in FACTS:
        rows = beside.filter(pl.col(fact) != pl.col(f"{fact}_autre"))
        rows = rows.unique([*RETURN, "ligne"], keep="first", maintain_order=True)
        found.append(references.remarks(rows, "salaries", fact, rule))
    return found


def lake_people(storage: Storage, numbers: pl.Series | None = None) -> pl.DataFrame:
    """Rows of every member about people with a PASS IAE (or with these pseudonyms), with their delivery."""
    wanted = pl.col("pass_iae").is_not_null() if numbers is None else pl.col("pass_iae").is_in(numbers.implode())
    people = _scan(storage, "salaries").filter(wanted).select(PERSON).collect()
    kept = _scan(storage, "remontees").filter("retenue", nom_table="salaries").select(list(DELIVERY)).collect()
    return people.join(references.succession(kept).drop("nom_table"), on=RETURN)


def _scan(storage: Storage, table: str) -> pl.LazyFrame:
    """A table of the lake, of every member; without rows in a home that has taken nothing in yet."""
    contract = CONTRACTS["returns", table]
    files = sorted(storage.lake_table("returns", table).glob("*.parquet"))
    shape = {"schema": contract.polars_schema, "missing_columns": "insert", "extra_columns": "ignore"}
    return pl.scan_parquet(files, **shape) if files else contract.empty.lazy()


def current_contradictions(people: pl.DataFrame) -> pl.DataFrame:
    """Current rows that another member's current row about the same person contradicts: RETURN, ligne, colonne."""
    current = (
        people.filter(pl.col("remplacee_par").is_null())
        .sort("periode_fin", "id_remontee", "ligne")
        .unique(["siren_adherent", "id_salarie"], keep="last", maintain_order=True)
    )
    shared = current.filter(pl.col("siren_adherent").n_unique().over("pass_iae") > 1)
    found = []
    for fact in FACTS:
        stated = shared.drop_nulls(fact)
        # Against another member: two lines of one member that differ are its own affair, told in its receipt.
        others = stated.join(stated, on="pass_iae", suffix="_autre").filter(
            pl.col("siren_adherent") != pl.col("siren_adherent_autre"), pl.col(fact) != pl.col(f"{fact}_autre")
        )
        found.append(others.select(*RETURN, "ligne", colonne=pl.lit(fact)).unique())
    return pl.concat(found).sort(pl.all())
