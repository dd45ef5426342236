"""The right to erasure: one person out of everything a home holds, as if never sent.

Here: who the person is (all numbers it is known by), originals without it, everything else made again from these.
Not here: which rows are a person's, how later ones are refused (`forgotten.py`), making again (`publishing.replay`).

Everything is prepared beside and put in place at once: killed at any point, the home is as before or as after.
Backups of a home are outside: they keep the person until they are replaced.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import polars as pl

from orchestration.resources import Keyring, SettingError, Storage
from orchestration.returns import forgotten, publishing, vault
from orchestration.returns.corrections import corrected_id
from orchestration.returns.forgotten import Forgotten
from orchestration.returns.reading import Reading


@dataclass(frozen=True)
class Erased:
    """What was taken out: rows per table as received, in how many returns of how many members."""

    rows: dict[str, int]
    returns: int
    members: int


def erase(
    storage: Storage,
    keyring: Keyring,
    siren: str = "",
    person: str = "",
    pass_number: str = "",
    shared: Literal["all", "none"] | None = None,
) -> Erased | None:
    """Forgets one person: `person` of member `siren` wherever its PASS IAE number is known, or `pass_number` anywhere.

    `shared`: where a member knows the PASS IAE number by several numbers of its own, "all" of them are the person's;
    "none": only `person` is, and the PASS IAE number leads nowhere. Unsaid, such a case is a SettingError.

    None when the person had been forgotten before and nothing has come since. The caller holds the home's lock.
    Releases made before go when the next one is current (`releases.publish`).
    """
    publishing.prepare_lake(storage)
    everyone = forgotten.load(storage)
    asked = _asked(keyring, siren, person, pass_number)
    theirs, sirens = _known_by(asked, storage, keyring, shared)
    if not sirens:
        if asked.member <= everyone.member and asked.network <= everyone.network:
            return None
        raise SettingError("no return in the vault holds this person; nothing was changed")
    now = datetime.now(UTC)
    target = storage.beside()
    rows: Counter[str] = Counter()
    returns: set[tuple[str, str]] = set()

    def without(original: vault.Original, read: Reading) -> None:
        if original.siren not in sirens or "withheld" in original.facts:
            return
        lines = forgotten.take_out(read, original.siren, theirs, keyring)
        rows.update({table: len(found) for table, found in lines.items()})
        if lines:
            returns.add((original.siren, original.return_id))
        read.gone = {t: sorted({*read.gone.get(t, []), *lines.get(t, [])}) for t in {**read.gone, **lines}}
        read.is_whole = corrected_id(read) is not None  # what it was laid over is another now
        if read.problems:  # nothing of these rows was ever used, and some may be the person's that cannot be told
            read.tables = {table: frame.select("ligne") for table, frame in read.tables.items()}
        # Notes: something was left aside that nobody has looked into.
        if lines or read.is_whole or read.problems or read.notes:
            vault.seal_again(original, read, now, storage, target)

    publishing.replay(storage, keyring, target, without)
    _only_theirs_changed(storage, target, sirens)
    for scope in forgotten.SCOPE_OF.values():
        getattr(everyone, scope).update(getattr(theirs, scope))
    everyone.at = f"{now:%Y%m%dT%H%M%S%fZ}"
    forgotten.save(target, everyone)
    target.build.mkdir()
    publishing.put_in_place(storage, target)
    vault.sweep(storage)
    return Erased(dict(rows), len(returns), len(sirens))


def _asked(keyring: Keyring, siren: str, person: str, pass_number: str) -> Forgotten:
    row = pl.DataFrame({"ligne": [1], "id_salarie": [person or None], "pass_iae": [pass_number or None]})
    named = forgotten.pseudonyms(row.cast({"id_salarie": pl.String, "pass_iae": pl.String}), siren, keyring)
    found = Forgotten(*(set(named[column].drop_nulls()) for column in ("id_salarie", "pass_iae")))
    if not (found.member or found.network):
        raise SettingError("a PASS IAE number is five letters or digits, then seven digits")
    return found


def _known_by(asked: Forgotten, storage: Storage, keyring: Keyring, shared: str | None) -> tuple[Forgotten, set[str]]:
    """Every number of the person in any return, and the members who sent one.

    From a member's number to its PASS IAE numbers, and from these to numbers everywhere: one step each. Going on from
    there would take others along as soon as one number had been mistyped; so may these steps, hence `shared`.
    """
    people: set[tuple[str, str | None, str | None]] = set()
    contracts: set[tuple[str, str]] = set()
    for original in vault.originals(storage, keyring):
        for table, frame in publishing.whole(original, original.read(), storage, keyring).tables.items():
            rows = forgotten.pseudonyms(frame, original.siren, keyring)
            people |= {(original.siren, *pair) for pair in rows.select("id_salarie", "pass_iae").unique().iter_rows()}
            if table == "contrats":
                contracts |= set(rows.select("id_salarie", "id_contrat").drop_nulls().iter_rows())
    passes = asked.network | {number for _, person, number in people if number and person in asked.member}
    if shared == "none":
        passes = set()
    linked = {(siren, person) for siren, person, number in people if person and number in passes}
    if shared is None:
        _not_shared(Counter(siren for siren, _ in linked))
    members = asked.member | {person for _, person in linked}
    sirens = {siren for siren, person, number in people if person in members or number in passes}
    return Forgotten(members, passes, {contract for person, contract in contracts if person in members}), sirens


def _not_shared(numbers: Counter[str]) -> None:
    """Stops where one member knows the person by several numbers: two persons, one PASS IAE mistyped, look the same."""
    if several := sorted(f"{count} numbers of member {siren}" for siren, count in numbers.items() if count > 1):
        raise SettingError(
            f"{', '.join(several)} share a PASS IAE number: they are one person, or one was given the number of "
            "another; ask the member. Then run again with `--shared all` (they all are this person) or, with --member "
            "and --person, `--shared none` (only this number, at this member); nothing was changed"
        )


def _only_theirs_changed(storage: Storage, target: Storage, sirens: Iterable[str]) -> None:
    """Refuses to go on when making things again would change what the person has nothing to do with."""
    is_concerned = pl.col("siren_adherent").is_in(list(sirens))
    registries = [home.lake_table("returns", "remontees") / "*.parquet" for home in (storage, target)]
    before, after = (pl.read_parquet(registry).sort(pl.all()) for registry in registries)
    same = before.filter(~is_concerned).equals(after.filter(~is_concerned))
    ids = [set(frame.select("siren_adherent", "id_remontee").iter_rows()) for frame in (before, after)]
    if not same or ids[0] != ids[1]:
        raise SettingError(
            "returns of others would be judged otherwise today than when they came (members.csv or the rules have "
            "changed): run `territoires replay`, look at what it changes, then erase again; nothing was changed"
        )
