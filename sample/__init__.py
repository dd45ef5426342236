"""A seeded generator of a synthetic federation: members, people, contracts and the returns they deposit.

What belongs here: everything needed to try the product without a single real person or enterprise. What does not: code
the product itself runs on real returns. Everything is fictitious and says so: SIRENs start with 000 (never attributed),
denominations are invented, people are identifiers and attributes drawn at random; only communes are real, and their
centres are not.

    from sample import write_sample
    facts = write_sample(Path("var"), seed=2024, scale=1.0)

vocabulary.py holds the words and codes, federation.py draws people and events, returns.py chooses what a quarter's
return lists (and the few that are wrong on purpose), deposits.py writes the layouts, centres.py places the communes.
"""

import base64
import csv
import hashlib
import io
import json
import random
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from sample.centres import write_centres
from sample.deposits import write_return
from sample.facts import Member, quarters_until
from sample.federation import draw_federation
from sample.places import REGION
from sample.returns import Return, WrongRow, draw_returns
from sample.vocabulary import MOTIF_LABELS, TABLE_COLUMNS

__all__ = [
    "MOTIF_LABELS",
    "SAMPLE_KEY",
    "TABLE_COLUMNS",
    "SampleFacts",
    "SpecialDeposit",
    "WrongRow",
    "write_sample",
]

PHRASE = "Territoires solidaires : clé publique des données fictives, ne protège rien"
# Federation key of the sample: url-safe base64 of 32 bytes. Public on purpose; never to be used for real returns.
SAMPLE_KEY = base64.urlsafe_b64encode(hashlib.sha256(PHRASE.encode()).digest()).decode()
NOTICE = (
    "Données entièrement fictives, produites par un générateur : aucune personne, aucune structure et aucun chiffre "
    "n'est réel. Les SIREN commencent par 000 et n'ont jamais été attribués. La clé est publique."
)
MEMBER_COLUMNS = ("siren_adherent", "nom", "siret", "type_structure", "region", "id_ges")


@dataclass(frozen=True)
class SpecialDeposit:
    """A deposit that is not an ordinary one. `path` is relative to the home; `verdict` is what judging it must give.

    Cases: partial (a few wrong rows), refused (most rows wrong), superseded (valid, with wrong weekly hours, replaced
    later by the correction), correction, repeat (same bytes under another name).
    """

    case: str
    verdict: str
    siren: str
    period: str
    path: str
    wrong_rows: tuple[WrongRow, ...] = ()


@dataclass(frozen=True)
class SampleFacts:
    """What was written, for tests: counts, identifiers that must never leak, and the special deposits.

    `person_ids` are the raw id_salarie and `pass_numbers` the raw PASS IAE that occur in deposits; `people` counts
    persons, of whom `mobile_people` are known to two members under two id_salarie. `rows` counts the rows of each table
    over all deposits, `contracts` distinct contracts.
    """

    home: Path
    seed: int
    scale: float
    periods: tuple[str, ...]
    members: int
    structures: int
    kinds: dict[str, int]
    people: int
    mobile_people: int
    person_ids: frozenset[str]
    pass_numbers: frozenset[str]
    contracts: int
    deposits: int
    rows: dict[str, int]
    special: tuple[SpecialDeposit, ...]


def write_sample(
    home: Path, seed: int = 2024, scale: float = 1.0, last_quarter: str = "2025T4", quarters: int = 12
) -> SampleFacts:
    """Write under `home` members.csv, sample.json, a deposit a member and quarter and the invented centres of communes,
    and say what was written.

    `scale` multiplies the number of people (1.0: about 2,700) and, above 2, the number of members too (40 to 500).
    The same arguments give the same bytes. Existing files of the same names are replaced, others are left alone.
    """
    home = Path(home)
    home.mkdir(parents=True, exist_ok=True)
    window = quarters_until(last_quarter, quarters)
    members = draw_federation(seed, scale, window)
    _write_members(home / "members.csv", members)
    rows: Counter[str] = Counter()
    person_ids: set[str] = set()
    pass_numbers: set[str] = set()
    contract_ids: set[tuple[str, str]] = set()
    special: list[SpecialDeposit] = []
    deposits = 0
    for member in members:
        rng = random.Random(f"{seed} {member.siren}")  # a member's returns do not depend on the others'
        for ret in draw_returns(rng, window, member):
            path = write_return(home / "landing", ret)
            deposits += 1
            rows.update({table: len(lines) for table, lines in ret.tables.items()})
            for person, number, *_ in ret.tables["salaries"]:
                person_ids.add(person)
                if number:
                    pass_numbers.add(number)
            contract_ids.update((member.siren, row[0]) for row in ret.tables["contrats"])
            if ret.case:
                special.append(_special(home, path, ret))
    write_centres(home)
    _write_notice(home / "sample.json", seed, scale)
    mobile = _mobile_people(members)
    return SampleFacts(
        home=home,
        seed=seed,
        scale=scale,
        periods=window.periods,
        members=len(members),
        structures=sum(len(member.structures) for member in members),
        kinds=dict(Counter(member.kind for member in members)),
        people=len(person_ids) - mobile,
        mobile_people=mobile,
        person_ids=frozenset(person_ids),
        pass_numbers=frozenset(pass_numbers),
        contracts=len(contract_ids),
        deposits=deposits,
        rows=dict(rows),
        special=tuple(special),
    )


def _special(home: Path, path: Path, ret: Return) -> SpecialDeposit:
    return SpecialDeposit(
        ret.case or "",
        ret.verdict,
        ret.member.siren,
        ret.period,
        path.relative_to(home).as_posix(),
        tuple(ret.wrong),
    )


def _mobile_people(members: list[Member]) -> int:
    """Persons whose PASS IAE occurs at two members."""
    seen = Counter(row["pass_iae"] for member in members for row in member.employees.values() if row["pass_iae"])
    return sum(count > 1 for count in seen.values())


def _write_members(path: Path, members: list[Member]) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(MEMBER_COLUMNS)
    for member in members:
        for one in member.structures:
            writer.writerow((member.siren, member.name, one.siret, one.kind, REGION, member.ges or ""))
    path.write_bytes(text.getvalue().encode())


def _write_notice(path: Path, seed: int, scale: float) -> None:
    content = {"synthetic": True, "notice": NOTICE, "public_key": SAMPLE_KEY, "seed": seed, "scale": scale}
    path.write_bytes((json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode())
