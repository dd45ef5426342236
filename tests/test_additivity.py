"""How figures hold together: over territories, when a member leaves, when a parameter changes.

Here: laws of a whole release, on three members over four quarters and on the sample (`test_refresh.py` asks the same
questions of it). Not here: the value of a figure (`test_hand_computed.py`), dbt's own tests of what it builds.
"""

import csv
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import lakes
import pytest
from lakes import ALPHA, BRAVO, CHARLIE, COMMUNES, KIND, PLACE, RETURN_TABLES, SIRET, Rows, built, question, registered

Ask = Callable[[str], list[tuple]]

KEY = "territory_level, territory_code, period_type, period, basis, breakdown, category, metric"
#: Not those of distinct members or people, nor of what a territory has besides the members.
ADDS = """
    m.formula in ('count', 'ratio') and m.numerator_of in ('sum', 'sum_per_year', 'structures')
    and coalesce(m.denominator_of, 'sum') in ('sum', 'period')
"""


def off_their_communes(ask: Ask) -> tuple[list[tuple], set[str], set[str]]:
    """Cells that are not the sum of their communes, or whose rate is not the ratio of sums; metrics and levels seen."""
    stated = f"""
        select {", ".join("f." + part for part in KEY.split(", "))}, f.numerator, f.denominator, f.value, m.formula
        from marts.fct_territory_metric as f inner join marts.dim_metric as m on f.metric = m.metric
        where {ADDS}
    """
    added = f"""
        select b.territory_level, b.territory_code, f.period_type, f.period, f.basis, f.breakdown, f.category, f.metric,
            sum(f.numerator) as numerator,
            case max(m.denominator_of) when 'period' then max(f.denominator) else sum(f.denominator) end as denominator
        from marts.fct_territory_metric as f
        inner join marts.dim_metric as m on f.metric = m.metric
        inner join marts.bridge_territory as b on f.territory_code = b.commune_code and not b.is_alias
        where f.territory_level = 'commune' and {ADDS}
        group by all
    """
    off = ask(f"""
        select {KEY}, s.numerator, a.numerator, s.denominator, a.denominator, s.value
        from ({stated}) as s full outer join ({added}) as a using ({KEY})
        where (s.numerator is null and a.numerator is not null)
            or abs(s.numerator - coalesce(a.numerator, 0)) > 1e-9 * greatest(abs(a.numerator), 1)
            or (s.formula = 'ratio' and (
                abs(s.denominator - coalesce(a.denominator, s.denominator)) > 1e-9 * greatest(abs(a.denominator), 1)
                or abs(s.value - a.numerator / nullif(a.denominator, 0)) > 1e-9 * greatest(abs(s.value), 1)
                or (s.value is null and a.denominator <> 0)
            ))
            or (s.formula = 'count' and s.value is distinct from s.numerator)
    """)
    valued = ask(f"select distinct metric, territory_level from ({stated}) where value is not null")
    return off, {metric for metric, _ in valued}, {level for _, level in valued}


# --- three members over four quarters ---------------------------------------------------------------------------------

QUARTERS = [  # name, first and last day
    ("2023T3", date(2023, 7, 1), date(2023, 9, 30)), ("2023T4", date(2023, 10, 1), date(2023, 12, 31)),
    ("2024T1", date(2024, 1, 1), date(2024, 3, 31)), ("2024T2", date(2024, 4, 1), date(2024, 6, 30)),
]  # fmt: skip
MEMBERS = (ALPHA, BRAVO, CHARLIE)
ZONES = {"76540": "2815", "76681": "2815", "27229": "2801", "29155": "5315"}


def write_lake(folder: Path, silent_since: str = "2099T1", silent: tuple = (), unlisted: tuple = ()) -> None:
    """A person begins every three weeks; each member is sent for quarter by quarter, until it falls silent."""
    returns = {(m, q): f"{m}-{q}" for m in MEMBERS for q, _, _ in QUARTERS if q < silent_since or m not in silent}
    rows = Rows({name: member for (member, _), name in returns.items()})
    for (member, quarter), name in returns.items():
        first, last = next(days for q, *days in QUARTERS if q == quarter)
        rows.add("structures", name, commune_insee=PLACE[member], date_debut=date(2020, 1, 1), etp_conventionnes=3.0)
        for number in range(18):
            start = date(2023, 6, 20) + timedelta(days=21 * number + MEMBERS.index(member))
            end = start + timedelta(days=(60, 100, 200)[number % 3])
            if start > last:
                continue
            person, contract = f"p{number}", f"k{number}"
            rows.add("salaries", name, id_salarie=person, annee_naissance=1960 + 3 * number, sexe="FH"[number % 2],
                     commune_residence=list(ZONES)[number % 4])  # fmt: skip
            if end >= first:
                rows.add("contrats", name, id_contrat=contract, rang=0, id_salarie=person, date_debut=start,
                         type_contrat=("CDDU", "CDI")[number % 5 == 0], date_fin_prevue=end,
                         duree_hebdo=(10.0, 20.0, 35.0, 35.5)[number % 4])  # fmt: skip
            for month in (date(first.year, first.month + ahead, 1) for ahead in range(3)):
                if start <= month <= end:
                    rows.add("heures", name, id_contrat=contract, mois=month, heures_travaillees=90.0 + number,
                             salaire_brut=1100.0 + number)  # fmt: skip
            if first <= end <= last:
                rows.add("sorties", name, id_salarie=person, date_sortie=end, motif=("3", "7", "10")[number % 3])
            if first <= start <= last:
                rows.add("formations", name, id_salarie=person, date_debut=start, date_fin=start, heures=7.0)
        opened = first + timedelta(days=9)
        rows.add("activites", name, id_activite=quarter, nature="creation", date_debut=opened, etp_initial=1.5,
                 non_delocalisable=True, ressources_marchandes_eur=900.0)  # fmt: skip
        rows.add("cooperations", name, id_action=quarter, type="instance", date_debut=opened, nb_partenaires=2)
    registry = [
        entry
        for hour, (quarter, first, last) in enumerate(QUARTERS, start=1)
        for member in MEMBERS
        if (member, quarter) in returns
        for entry in registered((member, returns[member, quarter], quarter, str(first), str(last), hour), RETURN_TABLES)
    ]
    lakes.write_lake(folder, rows, registry)
    names = ("commune", "epci", "arrondissement", "departement", "region")
    lakes.write_table(folder, "geography", "communes", [
        {f"{part}_{name}": code for name, code in zip(names, codes, strict=False) for part in ("code", "nom")}
        | {f"{part}_zone_emploi": ZONES[codes[0]] for part in ("code", "nom")}
        | {"population_municipale": codes[-1], "millesime": 2026}
        for codes in COMMUNES
    ])  # fmt: skip
    lakes.write_table(folder, "federation", "members", [
        {"siren_adherent": m, "nom": m, "siret": SIRET[m], "type_structure": KIND[m]}
        for m in MEMBERS if m not in unlisted
    ])  # fmt: skip


@pytest.fixture(scope="module")
def ask(tmp_path_factory) -> Ask:
    return question(built(tmp_path_factory.mktemp("whole"), write_lake))


@pytest.fixture(scope="module")
def ask_left(tmp_path_factory) -> Ask:
    """BRAVO falls silent in the last quarter; so does CHARLIE, whom the federation's list does not name any more."""

    def left(folder: Path) -> None:
        write_lake(folder, "2024T2", (BRAVO, CHARLIE), (CHARLIE,))

    return question(built(tmp_path_factory.mktemp("left"), left))


@pytest.fixture(scope="module")
def ask_changed(tmp_path_factory) -> Ask:
    """The same lake; a full-time week is of 36 hours and a year of an AI of 1,600 from 1 April 2024 on."""
    folder = tmp_path_factory.mktemp("changed")
    project = shutil.copytree(lakes.PROJECT, folder / "dbt_project", ignore=shutil.ignore_patterns("target", "logs"))
    seed = project / "seeds" / "parameters" / "parameters.csv"
    with seed.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for parameter, kind, value in (("full_time_hours", "", "36"), ("fte_annual_hours", "AI", "1600")):
        (former,) = [row for row in rows if (row["parameter"], row["kind"]) == (parameter, kind)]
        rows.append(former | {"value": value, "valid_from": "2024-04-01"})
        former["valid_to"] = "2024-03-31"
    with seed.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lakes, "PROJECT", project)
        return question(built(folder, write_lake))


def cells(ask: Ask) -> dict[tuple, tuple]:
    """Value and coverage by key."""
    rows = ask(f"select {KEY}, value, coverage_share from marts.fct_territory_metric")
    return {row[:8]: row[8:] for row in rows}


def differing(before: Ask, after: Ask) -> dict[tuple, tuple[tuple, tuple]]:
    """Cells whose value is another, with value and coverage before and after; what has no row has no value."""
    old, new, none = cells(before), cells(after), (None, None)
    pairs = {key: (old.get(key, none), new.get(key, none)) for key in old.keys() | new.keys()}

    def same(one, other) -> bool:
        return one == other or (None not in (one, other) and abs(one - other) < 1e-12)

    return {key: pair for key, pair in pairs.items() if not same(pair[0][0], pair[1][0])}


def test_counts_add_over_communes_and_rates_are_ratios_of_sums(ask):
    off, metrics, levels = off_their_communes(ask)
    assert not off
    assert len(metrics) > 25 and len(levels) == 7


def test_a_parameter_changes_the_figures_of_its_validity_alone(ask, ask_changed):
    found = differing(ask, ask_changed)
    assert {(key[7], key[2], key[3]) for key in found} == {
        (metric, period_type, "2024-Q2")
        for metric in ("full_time_share", "fte_realised", "fte_realisation_share")
        for period_type in ("quarter", "rolling_year")
    }


def test_members_who_fall_silent_lower_the_coverage_of_every_figure_they_leave(ask, ask_left):
    """By residence only France says so: coverage counts the members with a structure there, not where people live."""
    found = {key: pair for key, pair in differing(ask, ask_left).items() if key[3] == "2024-Q2"}
    silent = {key for key, ((_, before), (_, after)) in found.items() if not (after or 0) < (before or 0)}
    assert {key[4] for key in silent} == {"residence"} and "france" not in {key[0] for key in silent}
    assert len(found) - len(silent) > 1000
    whole, left = cells(ask), cells(ask_left)
    hires = ("quarter", "2024-Q2", "structure", "all", "all", "hires_count")
    assert left["france", "FR", *hires] == (whole["commune", PLACE[ALPHA], *hires][0], pytest.approx(1 / 3))
    for member in (BRAVO, CHARLIE):  # also CHARLIE, who is in no list any more: its structure is in its returns
        assert whole["commune", PLACE[member], *hires][1] == 1
        assert left["commune", PLACE[member], *hires] == (None, 0)


def test_members_who_fall_silent_take_nothing_from_the_periods_they_were_there_for(ask, ask_left):
    """Only what was still being waited for is not known any more: it is not there, and nothing takes its place."""
    found = {key: pair for key, pair in differing(ask, ask_left).items() if key[3] < "2024-Q2"}
    assert {key[7] for key in found} == {
        "back_within_90d_share", "back_within_180d_share", "transition_days_rmst_180",
    }  # fmt: skip
    assert {after for _, (after, _) in found.values()} == {None}
    assert {key[3] for key in cells(ask_left)} == {"2023-Q3", "2023-Q4", "2024-Q1", "2024-Q2"}
