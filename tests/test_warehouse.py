"""The warehouse on a lake small enough to work out by hand: what each rule makes of the rows it is about.

Here: spells, transitions, current rows, coverage and empty cells, on a lake written directly (no deposit, no intake).
Not here: the published figures of a whole federation (`test_hand_computed.py`).
"""

import shutil
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest
from lakes import (
    ALPHA,
    BRAVO,
    CHARLIE,
    PLACE,
    PROJECT,
    RETURN_TABLES,
    Rows,
    built,
    day,
    question,
    registered,
    run_dbt,
    write_lake,
    write_table,
)

from contracts.codes import seed_rows
from contracts.metrics import family_marts_yaml
from orchestration.warehouse import failures_of

# member, return, period, first and last day, received. ALPHA corrects its first quarter, BRAVO sends its second one
# month by month, CHARLIE stops after the first.
RETURNS = [
    (ALPHA, "a1", "2024T1", "2024-01-01", "2024-03-31", 1),
    (ALPHA, "a1bis", "2024T1", "2024-01-01", "2024-03-31", 2),
    (ALPHA, "a2", "2024T2", "2024-04-01", "2024-06-30", 3),
    (BRAVO, "b1", "2024T1", "2024-01-01", "2024-03-31", 1),
    (BRAVO, "b4", "2024-04", "2024-04-01", "2024-04-30", 4),
    (BRAVO, "b5", "2024-05", "2024-05-01", "2024-05-31", 5),
    (BRAVO, "b6", "2024-06", "2024-06-01", "2024-06-30", 6),
    (CHARLIE, "c1", "2024T1", "2024-01-01", "2024-03-31", 1),
]
MEMBER = {row[1]: row[0] for row in RETURNS} | {"a9": ALPHA}

PEOPLE = [  # return, id, PASS IAE, birth year, sex, commune of residence
    ("a1bis", "ann", "pass-ann", 1990, "F", "76540"),
    ("b1", "ann-at-bravo", "pass-ann", 1990, "F", "27229"),
    ("a1bis", "bob", None, 1999, "H", "99999"),  # a commune that does not exist
    ("a1bis", "cleo", None, 1970, "F", "76540"),
    ("b1", "dan", None, 1980, "H", "27229"),
    ("c1", "eve", None, 1985, "F", "76681"),
    ("a1bis", "fay", None, 1992, "F", "76540"),
    ("a2", "gus", None, 1960, "H", "76681"),
]

CONTRACTS_ROWS = [  # return, id, parent, rank, person, type, start, planned end, real end, weekly hours
    ("a1", "k99", None, 0, "cleo", "CDD", "2024-01-05", "2024-01-06", None, 35.0),  # gone from the correction
    ("a1", "k4", None, 0, "bob", "CDDU", "2024-01-10", "2024-02-20", None, 10.0),  # corrected to 20 hours
    ("a9", "k98", None, 0, "cleo", "CDD", "2024-01-05", "2024-01-06", None, 35.0),  # of an interrupted refresh
    ("a1bis", "k1", None, 0, "ann", "CDDU", "2024-01-01", "2024-01-31", None, 20.0),
    ("a1bis", "k2", "k1", 1, "ann", "CDDU", "2024-02-01", "2024-06-30", "2024-02-10", 20.0),  # real before planned
    ("b1", "k3", None, 0, "ann-at-bravo", "CDDI", "2024-02-20", "2024-03-31", None, 26.0),
    ("a1bis", "k4", None, 0, "bob", "CDDU", "2024-01-10", "2024-02-20", None, 20.0),
    ("a1bis", "k5", None, 0, "bob", "CDDU", "2024-02-15", "2024-03-05", None, 10.0),  # overlaps k4
    ("a1bis", "k6", None, 0, "bob", "CDDU", "2024-03-05", "2024-03-05", None, 10.0),  # one day, inside
    ("a1bis", "k7", None, 0, "cleo", "CDI", "2024-01-01", "2099-01-01", None, 35.0),  # open end
    ("b1", "k8", None, 0, "dan", "CDDI", "2024-01-01", "2024-04-15", None, 26.0),
    ("c1", "k9", None, 0, "eve", "CDD", "2024-01-01", "2024-03-31", None, None),  # ends on CHARLIE's horizon
    ("a1bis", "k10", None, 0, "fay", "CDDU", "2024-01-01", "2024-01-31", None, 35.0),
    ("a2", "k11", None, 0, "gus", "CDDU", "2024-04-01", "2024-04-01", None, 7.0),
    ("a2", "k12", None, 0, "gus", "CDDU", "2024-04-01", "2024-04-01", None, 7.0),  # the same day
    ("a2", "k13", None, 0, "gus", "CDDU", "2024-04-03", "2024-04-03", None, 7.0),
]
HOURS = [("a1bis", "k10", "2024-01-01", 160.0, 1900.0), ("b1", "k8", "2024-02-01", 100.0, 1165.0)]
EXITS = [  # return, person, date, reason, date of the new job
    ("a1bis", "fay", "2024-01-31", "3", "2024-02-03"),  # a dated outside job
    ("a1bis", "bob", "2024-03-15", "17", None),  # retrait
    ("b4", "dan", "2024-04-15", "3", None),  # an outside job without a date
]
ACTIVITIES = [  # id, nature, start, end, commune
    ("act1", "creation", "2024-02-01", "2024-05-31", None),
    ("act2", "reprise", "2024-03-01", None, "29155"),
]


def first_lake(lake: Path) -> None:
    rows = Rows(MEMBER)
    add = rows.add
    for return_id in ("a1bis", "b1", "c1"):
        add(
            "structures",
            return_id,
            commune_insee=PLACE[MEMBER[return_id]],
            date_debut=day("2000-01-01"),
            etp_conventionnes=4.0,
        )
    for return_id, person, pass_iae, born, sex, home in PEOPLE:
        add(
            "salaries",
            return_id,
            id_salarie=person,
            pass_iae=pass_iae,
            annee_naissance=born,
            sexe=sex,
            commune_residence=home,
        )
    for return_id, key, parent, rank, person, kind, start, planned, real, weekly in CONTRACTS_ROWS:
        add("contrats", return_id, id_contrat=key, id_contrat_parent=parent, rang=rank, id_salarie=person,
            type_contrat=kind, date_debut=day(start), date_fin_prevue=day(planned), date_fin_reelle=day(real),
            duree_hebdo=weekly)  # fmt: skip
    for return_id, key, month, worked, pay in HOURS:
        add("heures", return_id, id_contrat=key, mois=day(month), heures_travaillees=worked, salaire_brut=pay)
    for return_id, person, left, reason, job in EXITS:
        add("sorties", return_id, id_salarie=person, date_sortie=day(left), motif=reason, date_nouvel_emploi=day(job))
    for key, nature, start, end, commune in ACTIVITIES:
        add(
            "activites", "a2", id_activite=key, nature=nature, date_debut=day(start), date_fin=day(end), commune=commune
        )

    write_lake(lake, rows, registry())


def lake_with_gaps(lake: Path) -> None:
    """BRAVO sends no hours, CHARLIE states no agreed FTE, months and quarters correct one another."""
    returns = [  # ALPHA corrects its quarter after the return of March, CHARLIE its March after the quarter
        (ALPHA, "a03", "2024-03", "2024-03-01", "2024-03-31", 3),
        (ALPHA, "a1", "2024T1", "2024-01-01", "2024-03-31", 5),
        (BRAVO, "b1", "2024T1", "2024-01-01", "2024-03-31", 1),
        (CHARLIE, "c1", "2024T1", "2024-01-01", "2024-03-31", 1),
        (CHARLIE, "c03", "2024-03", "2024-03-01", "2024-03-31", 2),
    ]
    rows = Rows({row[1]: row[0] for row in returns})
    add = rows.add
    for return_id, agreed in (("a1", 4.0), ("b1", 4.0), ("c1", None)):
        add("structures", return_id, commune_insee=PLACE[rows.member_of[return_id]], date_debut=day("2000-01-01"),
            etp_conventionnes=agreed)  # fmt: skip
    for return_id, person, home in (("a1", "ann", "76540"), ("b1", "dan", "27229"), ("c1", "eve", "76681")):
        add("salaries", return_id, id_salarie=person, annee_naissance=1974, sexe="F", commune_residence=home)

    def contract(return_id: str, key: str, person: str, start: date, end: date | None, **others) -> None:
        add("contrats", return_id, id_contrat=key, id_salarie=person, type_contrat="CDD", date_debut=start,
            date_fin_prevue=end, **others)  # fmt: skip

    for return_id, weekly in (("a03", 20.0), ("a1", 30.0)):
        contract(return_id, "k1", "ann", date(2024, 1, 1), None, rang=0, duree_hebdo=weekly)
    contract("b1", "k2", "dan", date(2023, 1, 1), date(2024, 2, 29), rang=0)
    for return_id, weekly in (("c1", 20.0), ("c03", 30.0)):
        contract(return_id, "k3", "eve", date(2024, 1, 1), None, rang=0, duree_hebdo=weekly)
    for rank in range(201):  # one day each, each the parent of the next
        first = date(2023, 6, 1) + timedelta(days=rank)
        parent = f"chain-{rank - 1}" if rank else None
        contract("a1", f"chain-{rank}", "ann", first, first, rang=rank, id_contrat_parent=parent)
    add("heures", "a1", id_contrat="k1", mois=day("2024-01-01"), heures_travaillees=160.0)
    add("heures", "c1", id_contrat="k3", mois=day("2024-01-01"), heures_travaillees=100.0)
    add("sorties", "b1", id_salarie="dan", date_sortie=day("2024-02-29"), motif="3")
    add("annexes_financieres", "a1", numero_annexe="ACI076240001", date_debut=day("2024-01-01"),
        date_fin=day("2024-12-31"), etp_conventionnes=4.0, taux_prev_sorties_dynamiques=60.0)  # fmt: skip
    for first, durable in (("2024-01-01", 2), ("2023-01-01", 5)):  # one exit is known of the first, none of the other
        add("bilans", "b1", date_debut=day(first), date_fin=day(first.replace("01-01", "12-31")), salaries_nombre=9,
            sorties_examinees=6, sorties_durables=durable, sorties_transition=0, sorties_positives=0)  # fmt: skip
    for line, end in enumerate(("2024-01-31", "2040-01-01", "2099-01-01")):
        add("missions", "a1", id_mission=f"m{line}", id_contrat="k1", date_debut=day("2024-01-02"), date_fin=day(end))
        add("formations", "a1", id_salarie="ann", date_debut=date(2024, 1, 2 + line), date_fin=day(end), heures=7.0)
    add("formations", "a1", id_salarie="withdrawn", date_debut=day("2024-01-02"), date_fin=day("2024-01-31"))
    tables = {member: set(RETURN_TABLES) for member in (ALPHA, CHARLIE)} | {BRAVO: set(RETURN_TABLES) - {"heures"}}
    write_lake(lake, rows, [entry for row in returns for entry in registered(row, sorted(tables[row[0]]))])


def registry(received: int = 10) -> list[dict]:
    """ALPHA alone sends activities, nobody cooperations; a monthly return carries the tables of a quarterly one."""
    tables = ("structures", "salaries", "contrats", "heures", "sorties")
    return [
        entry
        for row in RETURNS
        for entry in registered(row, (*tables, *(("activites",) if row[0] == ALPHA else ())), received)
    ]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return built(tmp_path_factory.mktemp("warehouse"), first_lake)


@pytest.fixture(scope="module")
def ask(home):
    return question(home)


@pytest.fixture(scope="module")
def figure(ask):
    return figures(ask)


@pytest.fixture(scope="module")
def home_with_gaps(tmp_path_factory):
    return built(tmp_path_factory.mktemp("gaps"), lake_with_gaps)


@pytest.fixture(scope="module")
def ask_gaps(home_with_gaps):
    return question(home_with_gaps)


@pytest.fixture(scope="module")
def figure_of_gaps(ask_gaps):
    return figures(ask_gaps)


def figures(ask):
    """(numerator, denominator, value, status) of one published figure."""

    def find(
        metric: str, level="france", code="FR", period="2024-Q1", basis="structure", breakdown="all", category="all"
    ):
        rows = ask(f"""
            select numerator, denominator, value, status
            from marts.fct_territory_metric
            where (metric, territory_level, territory_code, period, basis, breakdown, category)
                = ('{metric}', '{level}', '{code}', '{period}', '{basis}', '{breakdown}', '{category}')
                and period_type = 'quarter'
        """)
        assert len(rows) == 1, rows
        return rows[0]

    return find


def test_spells_join_contracts_that_touch_or_overlap_over_the_whole_network(ask):
    spells = ask("""
        select
            split_part(person_id, '-', -1), start_date::varchar, end_date::varchar, contract_count,
            days_without_contract
        from marts.fct_spell order by 1, 2
    """)
    assert spells == [
        ("ann", "2024-01-01", "2024-02-10", 2, 9),  # k1 + k2, the day after; k2 really ends in February
        ("ann", "2024-02-20", "2024-03-31", 1, None),  # k3, at BRAVO
        ("bob", "2024-01-10", "2024-03-05", 3, None),  # k4 + k5 overlap, k6 lies inside
        ("cleo", "2024-01-01", None, 1, None),  # k7: 2099 is no end
        ("dan", "2024-01-01", "2024-04-15", 1, None),
        ("eve", "2024-01-01", "2024-03-31", 1, None),
        ("fay", "2024-01-01", "2024-01-31", 1, None),
        ("gus", "2024-04-01", "2024-04-01", 2, 1),  # k11 + k12 on the same day
        ("gus", "2024-04-03", "2024-04-03", 1, None),
    ]


def test_transitions_end_in_an_event_or_are_censored(ask):
    transitions = ask("""
        select split_part(person_id, '-', -1), spell_end_date::varchar, is_in_risk_set, duration_days, destination
        from marts.fct_transition order by 1, 2
    """)
    assert transitions == [
        ("ann", "2024-02-10", True, 9, "other_structure"),  # 20 Feb - 10 Feb - 1
        ("ann", "2024-03-31", True, 91, "censored"),  # 30 June - 31 March
        ("bob", "2024-03-05", True, 10, "censored"),  # retrait on 15 March: 15 - 5
        ("dan", "2024-04-15", False, 76, "censored"),  # a durable exit without a date: out of the risk set
        # eve: her spell ends on CHARLIE's horizon, 31 March: nothing is known after it, no transition
        ("fay", "2024-01-31", True, 2, "outside_job"),  # 3 Feb - 31 Jan - 1
        ("gus", "2024-04-01", True, 1, "same_structure"),  # 3 April - 1 April - 1
        ("gus", "2024-04-03", True, 88, "censored"),  # 30 June - 3 April
    ]


def test_kaplan_meier_reads_the_curve_and_says_nothing_beyond_it(figure):
    # 2024-Q1: 2, 9, 10 censored, 91 censored. S = 3/4 from day 2, then 3/4 x 2/3 = 1/2 from day 9.
    values = {
        metric: figure(metric)[2]
        for metric in (
            "transition_days_p25", "transition_days_p50", "transition_days_p75", "back_within_7d_share",
            "back_within_30d_share", "back_within_90d_share", "back_within_180d_share", "transition_days_rmst_180",
        )
    }  # fmt: skip
    assert values == pytest.approx({
        "transition_days_p25": 2, "transition_days_p50": 9, "transition_days_p75": None, "back_within_7d_share": 0.25,
        "back_within_30d_share": 0.5, "back_within_90d_share": 0.5, "back_within_180d_share": None,
        "transition_days_rmst_180": None,
    })  # fmt: skip
    assert figure("transitions_count")[2] == 4
    assert figure("transitions_censored_share")[:3] == (2, 4, 0.5)
    assert figure("undated_outside_share", period="2024-Q2")[:3] == (1, 3, pytest.approx(1 / 3))
    assert figure("followed_across_members_share")[:3] == (2, 4, 0.5)


def test_a_correction_replaces_the_whole_period_and_unregistered_rows_are_ignored(ask):
    assert ask("select contract_id from marts.fct_contract where contract_id in ('k98', 'k99')") == []
    assert ask("select weekly_hours from marts.fct_contract where contract_id = 'k4'") == [(20.0,)]
    history = ask("""
        select return_id, is_in_force, valid_from::varchar, valid_to::varchar
        from staging.stg_returns__remontees
        where member_siren = '000000001' and table_name = 'contrats' and period_as_sent = '2024T1' order by 1
    """)
    assert history == [
        ("a1", False, "2024-07-01 01:00:00", "2024-07-01 02:00:00"),
        ("a1bis", True, "2024-07-01 02:00:00", None),
    ]


def test_counts_on_the_last_day_and_over_the_period(figure):
    assert figure("contracts_in_force_count")[2] == 4  # 31 March: k3, k7, k8, k9
    assert figure("stable_contract_share")[:3] == (1, 4, 0.25)
    assert figure("hires_count")[2] == 9  # all of the quarter but k2, a renewal
    assert figure("people_employed_count")[2] == 6  # Ann counts once in France …
    assert figure("people_employed_count", "departement", "76")[2] == 5  # … in Rouen, with Bob, Cleo and Fay; Eve
    assert figure("people_employed_count", "departement", "27")[2] == 2  # … and in Évreux, with Dan
    # k11, k12 and k13 are hires; only k12 opens no spell. Three spells end: dan, gus, gus.
    assert figure("immediate_move_share", period="2024-Q2")[:3] == (1, 4, 0.25)
    # Groups of the first quarter: k1+k2 41 days, k3 41, k4 42, k5 20, k6 1, k9 91, k10 31: the middle of
    # 1 20 31 41 41 42 91.
    assert figure("contract_group_days_median")[2] == 41


def test_monthly_returns_cover_a_quarter_and_a_silent_member_covers_none(figure, ask):
    assert figure("contracts_in_force_count", period="2024-Q2")[2] == 1  # k7
    assert figure("contracts_in_force_count", "commune", "76681", period="2024-Q2") == (None, None, None, "empty")
    assert figure("stable_contract_share", "commune", "27229", period="2024-Q2") == (0, 0, None, "empty")
    assert figure("contracts_in_force_count", "commune", "27229", period="2024-Q2") == (0, None, 0, "published")
    coverage = ask("""
        select territory_code, coverage_share from marts.fct_territory_metric
        where metric = 'hires_count' and period = '2024-Q2' and period_type = 'quarter' and basis = 'structure'
            and breakdown = 'all' and territory_level in ('commune', 'france') order by 1
    """)
    assert coverage == [("27229", 1), ("76540", 1), ("76681", 0), ("FR", pytest.approx(2 / 3))]


def test_without_centres_of_communes_no_distance_is_known_and_none_is_zero(ask):
    found = "select distinct value, status, people_count, structure_count from marts.fct_territory_metric"
    assert ask(f"{found} where metric = 'home_work_km_median'") == [(None, "empty", 0, 0)]
    assert ask("select count(*) from marts.fct_contract where home_work_km is not null") == [(0,)]


def test_an_empty_denominator_is_null_and_a_table_nobody_sends_is_empty(figure):
    assert figure("weekly_hours_mean", "commune", "76681") == (0, 0, None, "empty")
    assert figure("cooperation_actions_count") == (None, None, None, "empty")
    assert figure("epci_covered_share") == (None, None, None, "empty")


def test_an_unknown_commune_is_counted_at_every_level(figure, ask):
    for level in ("commune", "epci", "arrondissement", "departement", "region"):
        assert figure("hires_count", level, "unknown", basis="residence")[2] == 3  # k4, k5, k6
    assert figure("hires_count", basis="residence")[2] == 9
    assert ask("select count(*) from marts.dim_territory where territory_level = 'zone_emploi'") == [(0,)]


def test_exits_need_a_presence_and_leave_retrait_out(figure):
    # Fay: 160 h in the year at an AI. Dan: 105 days x 0.0328767 = 3.45 months at an ACI, 100 h. Bob: retrait.
    assert figure("exit_durable_share")[:3] == (1, 1, 1)
    assert figure("exit_durable_share", period="2024-Q2")[:3] == (1, 1, 1)
    assert figure("exit_undocumented_share")[:3] == (0, 1, 0)


def test_hours_and_pay_against_the_smic_of_the_month(figure):
    assert figure("hours_worked")[2] == 260
    assert figure("fte_realised")[2] == pytest.approx((160 / 1607 + 100 / 1820) / 0.25)
    assert figure("hourly_pay_smic_ratio")[2] == pytest.approx((1900 + 1165) / (260 * 11.65))
    assert figure("below_smic_month_share")[:3] == (1, 2, 0.5)  # 1 767 euros a month


def test_activities_are_where_they_are_and_survive_until_they_end(figure, ask):
    assert figure("activities_started_count")[2] == 2
    assert figure("activities_started_count", "commune", "76540")[2] == 1  # no commune of its own: its structure's
    assert figure("activities_started_count", "epci", "ZZZZZZZZZ")[2] == 1  # Ouessant has no EPCI
    assert figure("activities_stock", period="2024-Q2")[2] == 1
    assert figure("activities_per_10k_inhabitants")[2] == pytest.approx(2 / 0.43)
    # act1 ends after 120 days, act2 is seen for 121: nothing is known at 365.
    assert figure("activity_survival_12m")[2] is None
    assert figure("population")[2] == 4300
    assert ask("select sum(population) from marts.dim_territory where territory_level = 'epci'") == [(4300,)]


def test_family_marts_hold_the_same_figures(ask):
    assert ask("""
        select hires_count, stable_contract_share, weekly_hours_mean from marts.mart_employment_quality
        where (territory_level, territory_code, period, basis, breakdown)
            = ('commune', '76681', '2024-Q1', 'structure', 'all')
    """) == [(1, 0, None)]


NOTHING = (None, None, None, "empty")


def test_hours_are_no_zero_where_nobody_sends_them(figure_of_gaps):
    """BRAVO, alone in Évreux, sends contracts and exits, no hours."""
    evreux = {"level": "commune", "code": "27229"}
    assert figure_of_gaps("people_employed_count", **evreux)[2:] == (1, "published")
    assert figure_of_gaps("hours_worked", **evreux) == NOTHING
    assert figure_of_gaps("fte_realised", **evreux) == NOTHING
    assert figure_of_gaps("people_employed_count", **evreux, basis="residence")[2:] == (1, "published")
    assert figure_of_gaps("hours_worked", **evreux, basis="residence") == NOTHING
    assert figure_of_gaps("hours_worked", breakdown="kind", category="ACI") == NOTHING  # no ACI sends hours
    assert figure_of_gaps("hours_worked")[2:] == (260, "published")


def test_exits_count_only_where_hours_are_known_too(figure_of_gaps, ask_gaps):
    assert figure_of_gaps("exit_durable_share", "commune", "27229") == NOTHING
    assert ask_gaps("""
        select distinct coverage_share from marts.fct_territory_metric
        where (metric, territory_level, territory_code, basis) = ('exit_durable_share', 'commune', '27229', 'structure')
            and period_type = 'quarter'
    """) == [(0,)]


def test_for_one_last_day_the_latest_received_return_wins(ask_gaps):
    assert ask_gaps(
        "select contract_id, weekly_hours from marts.fct_contract where contract_id in ('k1', 'k3') order by 1"
    ) == [("k1", 30.0), ("k3", 30.0)]


def test_a_training_of_a_person_who_is_in_no_return_in_force_is_nobodys(ask_gaps):
    trained = "select distinct member_person_id from"
    assert ask_gaps(f"{trained} staging.stg_returns__trainings order by 1") == [("ann",), ("withdrawn",)]
    assert ask_gaps(f"{trained} marts.fct_training") == [("ann",)]


def test_dates_that_stand_for_no_end_are_null_everywhere(ask_gaps):
    for table in ("missions", "trainings"):
        ends = ask_gaps(f"select distinct end_date::varchar from staging.stg_returns__{table} order by 1 nulls last")
        assert ends == [("2024-01-31",), (None,)]


def test_realised_and_agreed_fte_are_over_the_same_structures(figure_of_gaps):
    assert figure_of_gaps("fte_realised")[2] == pytest.approx((160 + 100) / 1607 / 0.25)
    assert figure_of_gaps("fte_realisation_share")[:2] == (pytest.approx(160 / 1607 / 0.25), 4)
    assert figure_of_gaps("fte_realisation_share", "commune", "76681") == (0, 0, None, "empty")


def test_two_hundred_renewals_are_one_group(ask_gaps):
    assert ask_gaps("""
        select count(*), count(distinct group_key), max(group_start_date)::varchar, max(group_end_date)::varchar
        from marts.fct_contract where contract_id like 'chain-%'
    """) == [(201, 1, "2023-06-01", "2023-12-18")]


def test_ages_are_banded_by_dated_parameters(figure_of_gaps, ask_gaps):
    assert figure_of_gaps("contracts_in_force_count", breakdown="age_band", category="50_plus")[2] == 2  # born in 1974
    assert ask_gaps("select distinct age_band_at_start from marts.fct_contract where contract_id = 'k2'") == [
        ("26_49",)  # 49 in 2023
    ]


def test_categories_have_french_labels(ask):
    unlabelled = ask("""
        select distinct f.breakdown, f.category
        from marts.fct_territory_metric as f
        left join marts.dim_category as c on f.breakdown = c.breakdown and f.category = c.category
        where c.label_fr is null
    """)
    assert unlabelled == []
    assert ask("select breakdown_label, label_fr from marts.dim_category where category = 'under_26'") == [
        ("Tranche d'âge", "Moins de 26 ans")
    ]


def test_targets_are_shares_and_aggregates_stay_beside_the_figures_of_persons(ask_gaps):
    targets = (
        "select agreed_fte, target_dynamic_share, target_durable_share from staging.stg_returns__financial_annexes"
    )
    assert ask_gaps(targets) == [(4.0, 0.6, None)]
    reports = "select start_date, durable_exit_count from staging.stg_returns__aggregate_reports order by start_date"
    assert ask_gaps(reports) == [(day("2023-01-01"), 5), (day("2024-01-01"), 2)]
    assert ask_gaps("select count(*) from marts.fct_exit") == [(1,)]


def test_aggregates_that_differ_from_the_exits_of_persons_are_a_warning(home_with_gaps):
    result = run_dbt(home_with_gaps, "test", "--select", "aggregate_reports_match_exits")
    assert result.success
    assert [(str(r.status), r.failures) for r in result.result] == [("warn", 1)]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            "numerator = 'contrats_stables'",
            "nothing is counted or observed under one of: contrats_stables, contracts_in",
        ),
        ("label_fr = null", "a French text, the unit"),
        ("mission = null", "a French text, the unit, mission"),
        ("denominator = null", "formula unknown, or without what it needs"),
        ("subject = 'contrat'", "subject or coverage set unknown"),
    ],
)
def test_a_metric_that_is_not_whole_stops_the_build_and_is_named_with_what_it_lacks(home, tmp_path, change, said):
    told = told_of_seeds(
        home, tmp_path, "metrics_are_well_formed", f"update metrics set {change} where metric = 'stable_contract_share'"
    )
    assert any(line.startswith(f"  metric: stable_contract_share, problem: {said}") for line in told), told


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            "update parameters set valid_to = date '2023-12-31' where parameter = 'age_senior_from'",
            "seed: parameters, named: age_senior_from, valid_from: 1900-01-01, problem: the last one has an end",
        ),
        (
            "insert into parameters select * replace (date '2024-01-01' as valid_from, 30 as value) from parameters "
            "where parameter = 'fte_annual_hours' and kind = 'ACI'",
            "named: fte_annual_hours ACI, valid_from: 1900-01-01, problem: two values hold on one day",
        ),
        (
            "update smic_hourly set valid_from = date '2024-11-02' where valid_from = date '2024-11-01'",
            "seed: smic_hourly, named: smic_hourly_eur, valid_from: 2024-01-01, problem: no value holds between",
        ),
    ],
)
def test_a_dated_parameter_that_overlaps_or_leaves_a_gap_stops_the_build_and_is_named(home, tmp_path, change, said):
    told = told_of_seeds(home, tmp_path, "parameters_follow_one_another", change)
    assert any(said in line for line in told), told


def told_of_seeds(home, folder, test: str, change: str) -> list[str]:
    """What a test that fails tells once the loaded seeds are changed."""
    shutil.copyfile(home / "build.duckdb", folder / "build.duckdb")
    with duckdb.connect(str(folder / "build.duckdb")) as build:
        (seeds,) = build.execute("select schema_name from duckdb_tables() where table_name = 'metrics'").fetchone()
        build.execute(f"use {seeds}; {change}")
    result = run_dbt(folder, "test", "--select", test, lake=str(home / "lake"))
    assert not result.success
    told = failures_of(SimpleNamespace(build_db=folder / "build.duckdb"), result.result.results)
    assert told[0].startswith(f"{test}: ")
    return told[1:]


def test_repeated_lines_are_no_refusals(ask):
    shares = ask("select distinct accepted_share from marts.mart_return_quality where is_received")  # 7 of 9
    assert shares == [(pytest.approx(7 / 9),)]


def test_a_lake_that_is_not_named_is_an_error_that_says_so(home):
    assert run_dbt(home, "parse", lake="").success
    result = run_dbt(home, "run", "--select", "stg_returns__hours", lake="")
    assert not result.success
    assert "TERRITOIRES_LAKE" in str(result.exception or [r.message for r in result.result])


def test_rows_that_are_lost_are_noticed(home):
    write_table(home / "lake", "returns", "remontees", registry(received=11))
    try:
        result = run_dbt(home, "test", "--select", "returns_are_conserved")
        assert not result.success
        assert [str(r.status) for r in result.result] == ["fail"]
    finally:
        write_table(home / "lake", "returns", "remontees", registry())


def test_the_family_marts_are_described_from_the_list_of_metrics():
    described = (PROJECT / "models" / "marts" / "_families.yml").read_text(encoding="utf-8")
    assert described == family_marts_yaml(seed_rows("metrics/metrics"))
