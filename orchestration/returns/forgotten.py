"""Persons whom the vault has forgotten, as keyed pseudonyms, and their rows taken out of a reading.

Here: the list (`vault/erased.json`), which rows are a person's, refusing them at the door. Not here: forgetting
somebody (`erasure.py`). Whoever has the list without the key learns how many there are, and nothing else.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from contracts import FIELDS
from contracts.parsing import cleaned, parsed
from orchestration.resources import Keyring, Storage, replace_file
from orchestration.returns.corrections import MASK
from orchestration.returns.deposits import Deposit
from orchestration.returns.reading import Reading

#: Column -> scope of its pseudonym. All but a PASS IAE number mean something within one member only.
SCOPE_OF = {"id_salarie": "member", "pass_iae": "network", "id_contrat": "contract"}


@dataclass
class Forgotten:
    """Pseudonyms by scope. `contract`: what months of hours and missions of a person are known by."""

    member: set[str] = field(default_factory=set)
    network: set[str] = field(default_factory=set)
    contract: set[str] = field(default_factory=set)
    #: When somebody was last forgotten (UTC, as in the name of a release); releases made before still count them.
    at: str = ""

    def as_text(self) -> str:
        lists = {scope: sorted(getattr(self, scope)) for scope in SCOPE_OF.values()}
        return json.dumps({"at": self.at} | lists, indent=1)


def load(storage: Storage) -> Forgotten:
    if not storage.erased_json.exists():
        return Forgotten()
    facts = json.loads(storage.erased_json.read_text(encoding="utf-8"))
    return Forgotten(*(set(facts[scope]) for scope in SCOPE_OF.values()), at=facts["at"])


def save(storage: Storage, forgotten: Forgotten) -> None:
    """Writes the list when it is another one than is there."""
    if forgotten.as_text() == load(storage).as_text():
        return

    def write(path: Path) -> None:
        path.write_text(forgotten.as_text(), encoding="utf-8")

    replace_file(storage.erased_json, write, private=True)


def pseudonyms(frame: pl.DataFrame, siren: str, keyring: Keyring) -> pl.DataFrame:
    """`ligne` and the columns of SCOPE_OF of a table of text: the pseudonyms that the intake would give."""
    known = cleaned(frame.select("ligne", *(column for column in SCOPE_OF if column in frame.columns)))
    columns = []
    for column, scope in SCOPE_OF.items():
        if column not in known.columns:
            columns.append(pl.Series(column, [None] * known.height, pl.String))
            continue
        text = known[column].cast(pl.String)
        clear = parsed(text.set(text == MASK, None), FIELDS[column])  # a correction need not say whose row it is
        values = clear.drop_nulls().unique()
        owner = "" if scope == "network" else f"{siren} "
        hidden = [keyring.pseudonym(scope, owner + value) for value in values]
        columns.append(clear.replace_strict(values, hidden, default=None, return_dtype=pl.String).alias(column))
    return known.select("ligne").with_columns(columns)


def take_out(read: Reading, siren: str, forgotten: Forgotten, keyring: Keyring) -> dict[str, list[int]]:
    """Takes the rows of forgotten persons out of a reading; returns their lines, per table.

    Lowers the announced totals by what was taken. `forgotten` learns new numbers under which a PASS IAE came, and
    follows contracts: one that a later return gives to somebody else is no longer theirs.
    """
    if not (forgotten.member or forgotten.network):
        return {}
    hidden = {table: pseudonyms(frame, siren, keyring) for table, frame in read.tables.items()}
    by_pass = pl.col("pass_iae").is_in(forgotten.network).fill_null(False)
    for rows in hidden.values():
        forgotten.member.update(rows.filter(by_pass)["id_salarie"].drop_nulls())
    theirs = pl.col("id_salarie").is_in(forgotten.member).fill_null(False) | by_pass
    if "contrats" in hidden:
        rows = hidden["contrats"]
        if not read.problems:
            others = rows.filter(pl.col("id_salarie").is_not_null() & ~theirs)
            forgotten.contract.difference_update(others["id_contrat"])
        forgotten.contract.update(rows.filter(theirs)["id_contrat"].drop_nulls())
    through_contract = pl.col("id_salarie").is_null() & pl.col("id_contrat").is_in(forgotten.contract)
    gone: dict[str, list[int]] = {}
    for table, rows in hidden.items():
        lines = rows.filter(theirs | through_contract.fill_null(False))["ligne"].to_list()
        if lines:
            gone[table] = lines
            is_gone = pl.col("ligne").is_in(lines)
            taken = read.tables[table].filter(is_gone)
            read.tables[table] = read.tables[table].filter(~is_gone)
            _lower(read.header, f"lignes_{table}", len(lines))
            if "heures_travaillees" in taken.columns:
                hours = parsed(cleaned(taken)["heures_travaillees"].cast(pl.String), FIELDS["heures_travaillees"])
                _lower(read.header, "heures_total", hours.sum())
    return gone


def _lower(header: dict[str, str], total: str, by: float) -> None:
    """An announced total as it would be without the rows taken out; one that is no number stays wrong."""
    announced = parsed(cleaned(pl.DataFrame({"text": [header.get(total, "")]}))["text"], FIELDS["etp_initial"])[0]
    if announced is not None:
        header[total] = f"{round(announced - by, 6):.15g}"


def refuse_at_the_door(read: Reading, siren: str, forgotten: Forgotten, keyring: Keyring) -> None:
    """Rows of forgotten persons are set aside unread: lines are counted, and the vault keeps the rest alone."""
    read.erased = take_out(read, siren, forgotten, keyring)
    if read.erased:
        read.instead = read.copy()


def refuse_all_at_the_door(pairs: Iterable[tuple[Deposit, Reading]], storage: Storage, keyring: Keyring) -> Forgotten:
    """The same for deposits in order of arrival; returns the list to `save` once they are published.

    What it has learned is kept at once, what no longer holds only then: after a kill, the same rows are refused again.
    """
    before, after = load(storage), load(storage)
    for deposit, read in pairs:
        refuse_at_the_door(read, deposit.siren, after, keyring)
    for scope in SCOPE_OF.values():
        getattr(before, scope).update(getattr(after, scope))
    save(storage, before)
    return after
