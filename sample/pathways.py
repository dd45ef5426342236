"""The people of a synthetic federation: who enters, under which contracts, with which hours, until which exit.

Here: pathways in a structure and moves between structures, drawn from the federation's own generator. Not here:
members, structures, activities (`federation.py`).
"""

import math
import random
from calendar import monthrange
from collections import defaultdict
from datetime import date

from sample import vocabulary as words
from sample.facts import Contract, Exit, Member, Mission, Structure, Training, Window
from sample.places import Places

LONGEST_STAY = 740  # days; people enter that long before the first quarter, so that it opens with a steady stock
INSERTION_KINDS = ("AI", "ACI", "EI", "ETTI")
ID_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


class Population:
    """Draws people and what happens to them, member by member, then their moves between structures."""

    def __init__(self, rng: random.Random, places: Places, window: Window, members: list[Member]) -> None:
        self.rng = rng
        self.places = places
        self.window = window
        self.members = members
        self.person_ids: set[str] = set()
        self.passes: set[str] = set()
        self.months = _months(window)

    def fill(self) -> None:
        insertion = [member for member in self.members if member.kind != "OSP"]
        by_department: dict[str, list[Member]] = defaultdict(list)
        for member in insertion:
            by_department[member.department].append(member)
        for member in self.members:
            for structure in member.structures:
                for _ in range(structure.size):
                    entry = self.rng.randint(self.window.first - LONGEST_STAY, self.window.last - 3)
                    employee = self._employee(structure, entry)
                    end = self._pathway(member, structure, employee, entry)
                    if end is not None:
                        near = by_department[member.department]
                        self._leave(member, structure, employee, end, near if len(near) > 1 else insertion)

    def _leave(
        self,
        member: Member,
        structure: Structure,
        employee: dict,
        end: int,
        destinations: list[Member],
    ) -> None:
        """After a pathway ended on `end`: maybe a move to another structure, maybe an exit row."""
        rng, last = self.rng, self.window.last
        moved = None
        chance = rng.random()
        if member.ges and chance < 0.3:
            moved = (member, rng.choice([one for one in member.structures if one is not structure]))
        elif chance < (0.5 if member.ges else 0.2):
            other = rng.choice([one for one in destinations if one is not member])
            moved = (other, rng.choice(other.structures))
        gap = rng.choices(
            (rng.randint(-20, 0), rng.randint(1, 14), rng.randint(15, 110), rng.randint(111, 210)),
            weights=(12, 38, 35, 15),
        )[0]
        if moved and self.window.first <= end + gap <= last - 5:
            start = max(end + gap, self.window.first)
            host, target = moved
            copy = employee
            if host is not member:
                if employee["pass_iae"] is None:
                    employee["pass_iae"] = self._pass()
                copy = {**employee, "id_salarie": self._person_id(), "date_entree_parcours": start}
            second_end = self._pathway(host, target, copy, start)
            if second_end is not None:
                self._exit(host, target, copy, second_end, None)
            self._exit(member, structure, employee, end, gap)
        else:
            self._exit(member, structure, employee, end, None)

    def _exit(self, member: Member, structure: Structure, employee: dict, end: int, gap: int | None) -> None:
        """The exit row of a pathway, unless the member reports none; `gap` days lead to a known next structure."""
        rng, last = self.rng, self.window.last
        if rng.random() < member.habits["undocumented"]:
            return
        day = end if rng.random() < 0.75 else end + rng.randint(1, 15)
        if not self.window.first <= day <= last:
            return
        motif = rng.choices(list(words.MOTIF_WEIGHTS), weights=list(words.MOTIF_WEIGHTS.values()))[0]
        if gap is not None and gap < 60 and rng.random() < 0.6:
            motif = "2"
        elif gap is not None and motif in ("15", "17", "96"):
            motif = "7"
        if motif == "96":  # on the last day of a contract that this quarter lists, before the CDI inclusion begins
            day = end
        documented = rng.random() >= 0.07
        new_contract, new_months, job_day = None, None, None
        if documented and motif in words.NEW_CONTRACTS:
            new_contract, span = words.NEW_CONTRACTS[motif]
            new_months = rng.randint(*span) if span else None
            job_share = 0.3 if motif in ("1", "2") else 0.55
            if rng.random() < job_share:
                job_day = day + rng.choice((0, 1, 1, 2, 3, 5, 7, 10, 14, 21, 30, 45, 60))
        elif documented and motif == "12" and rng.random() < 0.1:
            job_day = day + rng.randint(0, 30)
        member.exits.append(
            Exit(
                employee["id_salarie"],
                structure,
                day,
                motif if documented else None,
                job_day,
                new_contract,
                new_months,
            )
        )
        if motif == "96" and documented and day + 1 <= last:
            self._contract(member, structure, employee, (day + 1, None, None, "CDII", rng.choice((20, 24, 28)), 0))

    def _person_id(self) -> str:
        while True:
            person = "SAL-" + "".join(self.rng.choices(ID_ALPHABET, k=8))
            if person not in self.person_ids:
                self.person_ids.add(person)
                return person

    def _pass(self) -> str:
        while True:
            number = "".join(self.rng.choices(ID_ALPHABET, k=5)) + f"{self.rng.randrange(10**7):07d}"
            if number not in self.passes and not number[:5].isdigit():
                self.passes.add(number)
                return number

    def _employee(self, structure: Structure, entry: int) -> dict:
        """A row of `salaries`, with dates as ordinals."""
        rng = self.rng
        insertion = structure.kind in INSERTION_KINDS
        women = {"AI": 0.62, "ACI": 0.4, "EI": 0.35, "ETTI": 0.24, "OSP": 0.88}[structure.kind]
        age = min(64, max(18, round(rng.gauss(40, 12.5))))
        long_term = insertion and rng.random() < 0.35
        brsa = rng.choices(("NON", "OUI-NM", "OUI-M"), weights=(66, 26, 8))[0] if insertion else "NON"
        return {
            "id_salarie": self._person_id(),
            "pass_iae": self._pass() if insertion and rng.random() < 0.83 else None,
            "annee_naissance": date.fromordinal(entry).year - age,
            "sexe": "F" if rng.random() < women else "H",
            "commune_residence": self.places.near(rng, structure.commune),
            "niveau_formation": rng.choices(list(words.SCHOOLING), weights=list(words.SCHOOLING.values()))[0],
            "date_entree_parcours": entry - rng.choice((0, 0, 0, 3, 7, 15, 30)) if insertion else None,
            "brsa": brsa,
            "ass": insertion and rng.random() < 0.08,
            "aah": rng.random() < 0.04,
            "deld": insertion and (long_term or rng.random() < 0.15),
            "detld": long_term and rng.random() < 0.6,
            "rqth": rng.random() < (0.12 if insertion else 0.05),
            "qpv": rng.random() < 0.18,
            "zrr": rng.random() < 0.14,
        }

    def _pathway(self, member: Member, structure: Structure, employee: dict, entry: int) -> int | None:
        """Contracts of one stay. Returns its last day when it is an insertion pathway that ended inside the window."""
        rng, window = self.rng, self.window
        drafts, insertion = _draft_contracts(rng, structure.kind, entry, member.habits["renewals"])
        kept = [draft for draft in drafts if (draft[2] is None or draft[2] >= window.first) and draft[0] <= window.last]
        if not kept:
            return None
        factor = 1 + (0 if rng.random() < 0.35 else 0.25 * rng.betavariate(1.2, 3.5))
        initial, offset = None, 0
        for start, planned, end, kind, weekly, rank in kept:
            if rank == 0:
                initial, offset = None, 0
            elif initial is None:  # the initial contract ended before the first quarter: this one opens the group
                offset = rank
            parent = initial if rank - offset > 0 else None
            made = self._contract(
                member,
                structure,
                employee,
                (start, planned, end, kind, weekly, rank - offset),
                parent=parent,
                factor=factor,
            )
            if rank - offset == 0:
                initial = made.id
        last_end = max((math.inf if draft[2] is None else draft[2]) for draft in drafts)
        if insertion and rng.random() < 0.16:
            start = rng.randint(kept[0][0], min(kept[-1][0] + 20, window.last))
            hours = rng.choice((7, 14, 14, 21, 35, 35, 70, 105, 140, 300))
            end = start + max(0, math.ceil(hours / 7 * rng.uniform(1, 2)) - 1)
            member.trainings.append(
                Training(employee["id_salarie"], start, end, hours, rng.random() < (0.5 if hours > 60 else 0.2))
            )
        return int(last_end) if insertion and last_end <= window.last else None

    def _contract(
        self,
        member: Member,
        structure: Structure,
        employee: dict,
        draft: tuple,
        *,
        parent: str | None = None,
        factor: float = 1.0,
    ) -> Contract:
        rng = self.rng
        start, planned, end, kind, weekly, rank = draft
        member.employees[employee["id_salarie"]] = employee
        rome = rng.choice(words.ROME[structure.kind])
        months = self._hours(structure, start, end, weekly, factor)
        contract = Contract(
            id=f"C{len(member.contracts) + 1:06d}",
            parent=parent,
            rank=rank,
            structure=structure,
            person=employee["id_salarie"],
            type=kind,
            start=start,
            planned=planned,
            end=end,
            weekly=weekly if structure.kind != "AI" or rng.random() > 0.05 else None,
            monthly_pay=round(weekly * 52 / 12 * words.smic_on(date.fromordinal(start)) * factor, 2),
            rome=rome,
            commune=self.places.near(rng, structure.commune),
            months=months,
        )
        member.contracts.append(contract)
        if structure.kind in ("AI", "ETTI") and end is not None:
            self._missions(member, contract, end, weekly)
        return contract

    def _hours(self, structure: Structure, start: int, end: int | None, weekly: float, factor: float) -> list[tuple]:
        """Worked hours and pay of each month of the window a contract touches; at most 9 hours a calendar day."""
        rng = self.rng
        spread = (0.55, 1.2) if structure.kind in ("AI", "ETTI") else (0.85, 1.03)
        stop = self.window.last if end is None else min(end, self.window.last)
        rows = []
        for first, last, label, smic in self.months:
            if last < start:
                continue
            if first > stop:
                break
            days = min(last, stop) - max(first, start) + 1
            hours = min(days * 9, round(max(weekly * days / 7 * rng.uniform(*spread), 1) * 4) / 4)
            if rng.random() < 0.008:  # a month of absence
                hours = 0.0
            structure.worked_hours += hours
            share = round(min(1.0, hours / 151.67), 4)
            rows.append((first, label, hours, round(hours * smic * factor, 2), share))
        return rows

    def _missions(self, member: Member, contract: Contract, end: int, weekly: float) -> None:
        """One assignment in a temp contract; up to three in a row in a contract of an AI."""
        rng = self.rng
        parts = 1
        if contract.structure.kind == "AI" and end - contract.start >= 10:
            parts = rng.choices((1, 2, 3), weights=(70, 22, 8))[0]
        cuts = sorted(rng.sample(range(contract.start + 1, end + 1), parts - 1)) if parts > 1 else []
        for first, after in zip([contract.start, *cuts], [*cuts, end + 1], strict=True):
            member.missions.append(
                Mission(
                    id=f"M{len(member.missions) + 1:06d}",
                    contract=contract.id,
                    start=first,
                    end=after - 1,
                    daily_hours=min(8.0, weekly / 7 * rng.uniform(0.7, 1.0)),
                    rome=contract.rome if rng.random() < 0.8 else rng.choice(words.ROME[contract.structure.kind]),
                    commune=contract.commune,
                )
            )


def _months(window: Window) -> list[tuple]:
    """(first day, last day, YYYY-MM, hourly SMIC) of each month of the window."""
    months, day = [], date.fromordinal(window.first)
    while day.toordinal() <= window.last:
        last = day.toordinal() + monthrange(day.year, day.month)[1] - 1
        months.append((day.toordinal(), last, f"{day.year}-{day.month:02d}", words.smic_on(day)))
        day = date.fromordinal(last + 1)
    return months


def _draft_contracts(rng: random.Random, kind: str, entry: int, renewals: bool) -> tuple[list[tuple], bool]:
    """Drafts (start, planned end, end, type, weekly hours, rank) of one stay; whether it is an insertion pathway."""
    if kind == "OSP":
        weekly = rng.choice((12, 16, 20, 24, 28, 30, 35))
        if rng.random() < 0.65:
            end = None if rng.random() < 0.6 else entry + round(rng.uniform(90, 1100))
            return [(entry, None, end, rng.choices(("CDI", "CDII"), (95, 5))[0], weekly, 0)], False
        planned = entry + rng.randint(30, 240)
        return [(entry, planned, planned, "CDD", weekly, 0)], False
    chance = rng.random()
    if chance < 0.015:  # a permanent post beside the pathways
        end = None if rng.random() < 0.6 else entry + rng.randint(60, 900)
        return [(entry, None, end, "CDI", rng.choice((24, 28, 35)), 0)], False
    if chance < 0.03:
        planned = entry + 364
        apprentice = rng.choice(("APPRENTISSAGE", "PROFESSIONNALISATION"))
        return [(entry, planned, planned, apprentice, 35, 0)], False
    if kind in ("AI", "ETTI"):
        return _short_contracts(rng, kind, entry, renewals), True
    return _renewed_contracts(rng, kind, entry), True


def _short_contracts(rng: random.Random, kind: str, entry: int, renewals: bool) -> list[tuple]:
    """Many short contracts paid by the hour, with gaps from none to over 200 days; some touch, some overlap."""
    if kind == "AI":
        mean_length, mean_gap = rng.uniform(12, 60), rng.uniform(4, 38)
        leave = entry + min(LONGEST_STAY, max(15, round(rng.lognormvariate(math.log(290), 0.75))))
        weekly = rng.choices((4, 6, 8, 10, 12, 15, 18, 20, 24, 28), (6, 9, 12, 14, 14, 14, 10, 9, 7, 5))[0]
    else:
        mean_length, mean_gap = rng.uniform(5, 26), rng.uniform(3, 24)
        leave = entry + min(LONGEST_STAY, max(10, round(rng.lognormvariate(math.log(190), 0.75))))
        weekly = rng.choice((21, 24, 28, 30, 35, 35, 35))
    drafts, start = [], entry
    while start <= leave:
        hours = max(3, round((weekly * rng.uniform(0.75, 1.25)) * 4) / 4)
        hours = min(hours, 39.0)
        if kind == "AI" and rng.random() < 0.07:
            share = 0.3 if renewals else 0.0
            drafts += _group(rng, start, "CDDI", hours, lengths=(120, 240), renewal_share=share, leave=leave)
        else:
            length = min(170, 1 + int(rng.expovariate(1 / mean_length)))
            planned = start + length - 1
            end = planned
            if length > 5 and rng.random() < 0.07:
                end = start + rng.randint(1, length - 2)
            drafts.append((start, planned, end, "CTT" if kind == "ETTI" else "CDDU", hours, 0))
        last = drafts[-1]
        chance = rng.random()
        if chance < 0.2:
            start = last[2] + 1
        elif chance < 0.28:
            start = rng.randint(last[0] + 1, last[2] + 1)
        elif chance < 0.955:
            start = last[2] + 2 + int(rng.expovariate(1 / mean_gap))
        else:
            start = last[2] + rng.randint(80, 230)
    return drafts


def _renewed_contracts(rng: random.Random, kind: str, entry: int) -> list[tuple]:
    """One group, sometimes two: an initial contract of 4 to 12 months and its renewals, up to two years."""
    leave = entry + rng.choice((180, 240, 300, 365, 365, 450, 540, 730))
    weekly = rng.choice((20, 24, 26, 26, 26, 28, 30, 35)) if kind == "ACI" else rng.choice((28, 30, 33, 35, 35))
    if kind == "ACI":
        contract = rng.choices(("CDDI", "CDDI_PHC", "CDDI_CVG"), (94, 4, 2))[0]
    else:
        contract = rng.choices(("CDDI", "CDD_TREMPLIN"), (95, 5))[0]
    drafts = _group(rng, entry, contract, weekly, lengths=(120, 365), renewal_share=0.8, leave=leave)
    if rng.random() < 0.12:
        start = drafts[-1][2] + rng.randint(15, 200)
        leave += 200
        drafts += _group(rng, start, contract, weekly, lengths=(120, 270), renewal_share=0.5, leave=leave)
    return drafts


def _group(
    rng: random.Random,
    start: int,
    kind: str,
    weekly: float,
    *,
    lengths: tuple[int, int],
    renewal_share: float,
    leave: int,
) -> list[tuple]:
    """An initial contract and its renewals, each starting the day after the previous planned end."""
    drafts = []
    for rank in range(6):
        planned = start + rng.randint(*lengths) - 1
        end = planned if rng.random() > 0.1 else rng.randint(start + 10, planned)
        drafts.append((start, planned, end, kind, weekly, rank))
        if end < planned or planned >= leave or rng.random() > renewal_share:
            break
        start = planned + 1
    return drafts
