"""Defects seen in other systems: each test writes the defective way beside ours and shows, on the same rows, that it is
wrong and ours is right. A product that fell back to it would fail there.

| defect | test |
|---|---|
| `bool("false")` is true | test_a_word_for_no_is_false |
| lost leading zeros | test_codes_keep_their_leading_zeros |
| `max()` on text dates and on reason labels | test_the_last_exit_is_the_last_by_date_with_its_own_reason |
| age at run date | test_age_is_that_of_the_event_whatever_the_day_of_the_run |
| 0 shown where there is no data | test_where_there_is_no_data_there_is_no_zero |
| day 211 in no 30-day band, negatives nowhere | test_every_duration_counts_and_none_is_negative |
| joins that multiply rows | test_missions_and_trainings_multiply_no_hours |
| one commune vintage for all years | test_figures_of_another_year_are_carried_from_the_communes_of_that_year |
| planned end taken for real end | test_the_real_end_rules_and_the_planned_one_only_where_there_is_none |
| one malformed identifier emptying a whole source silently | test_one_malformed_identifier_sets_its_own_row_aside |
| tests run after publication | test_refresh.py: test_rows_that_went_missing_from_the_lake_stop_the_release |
| secret cells (`s`, `nd`, `s.s`, `*`) read as zero | test_a_secret_cell_is_no_zero |
| Paris, Lyon, Marseille counted as commune and as arrondissements | test_paris_is_one_commune_counted_once |

Here: one small lake written by hand, and cells and files where the defect is one of reading. Not here: the rules
themselves, case by case (the tests of each room).
"""

import io
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from intake import SIRET as INTAKE_SIRET
from intake import a_return, changed, lake, rules, take_in
from lakes import (
    ALPHA,
    BRAVO,
    COMMUNES,
    PLACE,
    RETURN_TABLES,
    Rows,
    built,
    day,
    question,
    registered,
    write_table,
)
from lakes import write_lake as write_lake_of
from mirrors import source
from test_adapters import STRUCTURES, adapted, cells, contract

from contracts import CONTRACTS, FIELDS
from contracts.parsing import parsed

RETURNS = [  # ALPHA sends every table of 2024, BRAVO every one but hours of its first quarter
    *((ALPHA, f"a{q}", f"2024T{q}", f"2024-{3 * q - 2:02}-01", f"2024-{3 * q:02}-{30 if q in (2, 3) else 31}", q)
      for q in (1, 2, 3, 4)),
    (BRAVO, "b1", "2024T1", "2024-01-01", "2024-03-31", 1),
]  # fmt: skip
PEOPLE = [  # return, id, birth year, residence: two districts of Paris
    ("a1", "ann", 1999, "75101"), ("a1", "bob", 1970, "75102"), ("a1", "cleo", 1980, "76540"),
    ("b1", "dan", 1974, "27229"),
]  # fmt: skip
WORK = [  # return, contract, person, start, planned end, real end
    ("a1", "k1", "ann", "2024-01-10", "2024-06-30", "2024-02-10"),  # left before the planned end
    ("a1", "k2", "bob", "2024-01-01", "2024-01-31", None),
    ("a1", "k3", "bob", "2024-08-30", "2024-12-31", None),  # 211 days without contract
    ("a1", "k4", "cleo", "2024-02-01", "2024-03-05", None),
    ("a1", "k5", "cleo", "2024-02-28", None, None),  # begins before the former one ends
    ("b1", "k6", "dan", "2024-01-01", "2024-02-15", "2024-12-31"),  # stayed after the planned end
]


def write_lake(folder: Path) -> None:
    rows = Rows({row[1]: row[0] for row in RETURNS})
    for return_id, member in (("a1", ALPHA), ("b1", BRAVO)):
        rows.add("structures", return_id, commune_insee=PLACE[member], date_debut=day("2000-01-01"))
    for return_id, person, born, home in PEOPLE:
        rows.add("salaries", return_id, id_salarie=person, annee_naissance=born, sexe="F", commune_residence=home)
    for return_id, key, person, start, planned, real in WORK:
        rows.add("contrats", return_id, id_contrat=key, rang=0, id_salarie=person, type_contrat="CDDU",
                 date_debut=day(start), date_fin_prevue=day(planned), date_fin_reelle=day(real))  # fmt: skip
    rows.add("heures", "a1", id_contrat="k2", mois=day("2024-01-01"), heures_travaillees=150.0)
    for number in (1, 2):  # two missions of the contract, two trainings of its person
        rows.add("missions", "a1", id_mission=f"m{number}", id_contrat="k2", date_debut=date(2024, 1, number))
        rows.add("formations", "a1", id_salarie="bob", date_debut=date(2024, 1, number), heures=7.0)
    tables = {ALPHA: RETURN_TABLES, BRAVO: [table for table in RETURN_TABLES if table != "heures"]}
    write_lake_of(folder, rows, [entry for row in RETURNS for entry in registered(row, tables[row[0]])])
    communes = [*COMMUNES, ("75056", "E75", "751", "75", "11", 5000), ("01001", "E01", "011", "01", "84", 700)]
    names = ("commune", "epci", "arrondissement", "departement", "region")
    write_table(folder, "geography", "communes", [
        {f"{kind}_{name}": code for name, code in zip(names, codes, strict=False) for kind in ("code", "nom")}
        | {"population_municipale": codes[-1], "millesime": 2026}
        for codes in communes
    ])  # fmt: skip
    write_table(folder, "geography", "commune_vintages", [  # 01005 joined 01001 on 1 January 2016
        {"code_ancien": "01001", "premier_millesime": 2003, "dernier_millesime": 2100, "code_commune": "01001",
         "part": 1.0, "evenement": "inchangee"},
        {"code_ancien": "01005", "premier_millesime": 2003, "dernier_millesime": 2015, "code_commune": "01001",
         "part": 1.0, "evenement": "fusion"},
    ])  # fmt: skip
    write_table(folder, "dares_defm", "communes", [
        {"edition": "2015", "geographie": 2015, "com": code, "trimestre": quarter, "demandeurs_emploi": count,
         "demandeurs_emploi_absence": None if count else "secret"}
        for code, quarter, count in (
            ("01001", "2014-T4", 10), ("01005", "2014-T4", 6),
            ("01001", "2015-T4", 10), ("01005", "2015-T4", None),
            ("75056", "2015-T4", 100), ("75101", "2015-T4", 40), ("75102", "2015-T4", 60),
        )
    ])  # fmt: skip


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    return question(built(tmp_path_factory.mktemp("defects"), write_lake))


@pytest.fixture(scope="module")
def figure(ask):
    """(value, status) of one published figure."""

    def find(metric: str, level="france", code="FR", quarter="2024-Q1", basis="structure", category="all"):
        (found,) = ask(f"""
            select value, status from marts.fct_territory_metric
            where (metric, territory_level, territory_code, period, basis, category)
                = ('{metric}', '{level}', '{code}', '{quarter}', '{basis}', '{category}') and period_type = 'quarter'
        """)
        return found

    return find


@pytest.fixture(scope="module")
def job_seekers(ask):
    """(value, why there is none) of a commune or a région."""

    def find(code: str, quarter: str, level: str = "commune"):
        (found,) = ask(f"""
            select value, absence from marts.fct_territory_context
            where metric = 'job_seekers_count' and as_of = '{quarter}'
                and (territory_level, territory_code) = ('{level}', '{code}')
        """)
        return found

    return find


# --- reading ----------------------------------------------------------------------------------------------------------


def test_a_word_for_no_is_false():
    texts = ["false", "non", "0", "N", "true"]
    assert [bool(text) for text in texts] == [True] * 5
    assert parsed(pl.Series(texts), FIELDS["non_delocalisable"]).to_list() == [False] * 4 + [True]


def test_codes_keep_their_leading_zeros(home):
    file = f"siret;commune_insee\n{INTAKE_SIRET};01004\n".encode()
    assert pl.read_csv(io.BytesIO(file), separator=";").row(0) == (10001600005, 1004)
    sent = changed(a_return(), "salaries", "commune_residence", "01004", [0])
    sent = changed(sent, "salaries", "commune_residence", "1004", [1])  # as a spreadsheet leaves it
    (receipt,) = take_in(home, sent)
    assert receipt["verdict"] == "accepted"
    assert lake(home, "structures")["siret"].to_list() == [INTAKE_SIRET]
    assert lake(home, "salaries")["commune_residence"].value_counts().sort("count").rows() == [
        ("01004", 2), ("35238", 18),
    ]  # fmt: skip


def test_the_last_exit_is_the_last_by_date_with_its_own_reason():
    exits = [("31/03/2024", "8"), ("15/06/2025", "3")]  # no news, then an open-ended job
    assert (max(left for left, _ in exits), max(reason for _, reason in exits)) == ("31/03/2024", "8")
    views = [
        contract(str(number), contrat_date_sortie_definitive=left, contrat_motif_sortie_code=reason)
        for number, (left, reason) in enumerate(exits, start=1)
    ]
    made, _ = adapted(Structure=STRUCTURES, ContratMission=views)
    assert cells(made["sorties"], "date_sortie", "motif") == [("15/06/2025", "3")]


def test_one_malformed_identifier_sets_its_own_row_aside(home):
    sirets = pl.Series([INTAKE_SIRET, "8.07469E+13"])

    def read_in_one_go(texts: pl.Series) -> pl.Series:
        try:
            return texts.cast(pl.Int64)
        except pl.exceptions.InvalidOperationError:
            return texts.clear()

    assert read_in_one_go(sirets).is_empty()
    assert parsed(sirets, FIELDS["siret"]).to_list() == [INTAKE_SIRET, None]
    (receipt,) = take_in(home, changed(a_return(), "contrats", "siret", "8.07469E+13", [0]))
    assert "siret_invalide" in rules(receipt) and receipt["verdict"] == "partial"
    assert lake(home, "contrats").height == 19


@pytest.mark.parametrize("mark", ["s", "nd", "s.s", "*"])
def test_a_secret_cell_is_no_zero(tmp_path, mark):
    file = f"CODGEO;NBMENFISC21;NBPERSMENFISC21;MED21;TP6021\n01001;346;895;25820;{mark}\n01002;90;200;24000;12,5\n"
    read_as_numbers = pl.read_csv(io.BytesIO(file.encode()), separator=";")["TP6021"].str.replace(",", ".")
    assert read_as_numbers.cast(pl.Float64, strict=False).fill_null(0).to_list() == [0, 12.5]
    path = tmp_path / "cc_filosofi_2021_COM.csv"
    path.write_text(file, encoding="utf-8")
    layout = source("insee_filosofi", "communes").layout_of(path.name)
    frame = layout.read(path, CONTRACTS["insee_filosofi", "communes"])
    assert parsed(frame["tp60"], FIELDS["tp60"]).to_list() == [None, 12.5]
    assert frame["tp60_absence"].to_list() == ["non_disponible" if mark == "nd" else "secret", None]


# --- the warehouse ----------------------------------------------------------------------------------------------------


def test_a_secret_cell_is_no_part_of_a_sum(ask, job_seekers):
    known = "from staging.stg_dares_defm__commune_job_seekers where commune_code in ('01001', '01005')"
    assert ask(f"select sum(coalesce(job_seeker_count, 0)) {known} and quarter = '2015T4'") == [(10,)]
    assert job_seekers("01001", "2015T4") == (None, "secret")


def test_figures_of_another_year_are_carried_from_the_communes_of_that_year(ask, job_seekers):
    assert ask("""
        select sum(f.job_seeker_count)
        from staging.stg_dares_defm__commune_job_seekers as f
        inner join staging.stg_geography__communes as c on f.commune_code = c.commune_code
        where f.quarter = '2014T4'
    """) == [(10,)]  # the six of the commune that has joined it are lost
    assert job_seekers("01001", "2014T4") == (16, None)


def test_paris_is_one_commune_counted_once(ask, figure, job_seekers):
    assert ask("""
        select sum(job_seeker_count) from staging.stg_dares_defm__commune_job_seekers
        where commune_code like '75%' and quarter = '2015T4'
    """) == [(200,)]
    assert job_seekers("75056", "2015T4") == (100, None)
    assert job_seekers("11", "2015T4", "region")[0] == 100
    homes = "select count(distinct residence_commune_code) from staging.stg_returns__people"
    assert ask(f"{homes} where residence_commune_code like '75%'") == [(2,)]
    assert ask("select territory_code from marts.dim_territory where territory_code like '751__'") == []
    assert figure("people_employed_count", "commune", "75056", basis="residence") == (2, "published")


def test_age_is_that_of_the_event_whatever_the_day_of_the_run(ask, figure):
    bands = "select count(*) from marts.fct_contract where contract_id = 'k1' and {} - birth_year < 26"
    assert ask(bands.format("year(date '2026-06-30')")) == [(0,)]  # 27 on the day of a run
    assert ask(bands.format("year(start_date)")) == [(1,)]
    assert figure("hires_count", category="under_26") == (1, "published")


def test_where_there_is_no_data_there_is_no_zero(ask, figure):
    """BRAVO, alone in Évreux, sends no hours, and nobody states weekly ones."""
    assert ask("""
        select coalesce(sum(m.hours_worked), 0)
        from marts.fct_contract as c
        left join marts.fct_contract_month as m on c.contract_key = m.contract_key
        where c.contract_id = 'k6'
    """) == [(0,)]
    assert figure("hours_worked", "commune", "27229") == (None, "empty")
    assert figure("weekly_hours_mean") == (None, "empty")
    assert figure("hours_worked", "commune", "76540", "2024-Q2") == (0, "published")  # ALPHA sent hours: of nobody


def test_every_duration_counts_and_none_is_negative(ask, figure):
    bands = ask("""
        with gaps as (
            select lead(start_date) over (partition by person_id order by start_date) - effective_end_date - 1 as days
            from marts.fct_contract
        )
        select
            days,
            case when days between 0 and 30 then 1 when days between 31 and 180 then 2
                when days between 181 and 210 then 3 when days > 211 then 4 end as band
        from gaps where days is not null order by days
    """)
    assert bands == [(-7, None), (211, None)]  # neither is in a band
    assert ask("select duration_days from marts.fct_transition where is_event") == [(211,)]
    # Ann (325 days, censored) and Bob; Cleo's contracts are one spell. S = 1/2 from day 211.
    assert figure("transitions_count") == (2, "published")
    assert figure("transition_days_p50") == (211, "published")


def test_missions_and_trainings_multiply_no_hours(ask, figure):
    assert ask("""
        select sum(h.hours_worked)
        from staging.stg_returns__hours as h
        inner join staging.stg_returns__contracts as c on h.contract_id = c.contract_id
        inner join staging.stg_returns__missions as m on c.contract_id = m.contract_id
        inner join staging.stg_returns__trainings as t on c.member_person_id = t.member_person_id
    """) == [(600,)]
    assert figure("hours_worked") == (150, "published")


def test_the_real_end_rules_and_the_planned_one_only_where_there_is_none(ask, figure):
    ends = {"planned": "coalesce(planned_end_date, real_end_date)", "real": "coalesce(real_end_date, planned_end_date)"}
    in_force = "select list(contract_id order by 1) from marts.fct_contract where start_date <= '2024-03-31'"
    found = {
        which: ask(f"{in_force} and coalesce({end}, date '2999-12-31') >= '2024-03-31'")[0][0]
        for which, end in ends.items()
    }
    assert found == {"planned": ["k1", "k5"], "real": ["k5", "k6"]}
    assert figure("contracts_in_force_count", "commune", "76540") == (1, "published")
    assert figure("contracts_in_force_count", "commune", "27229") == (1, "published")


# --- the table above --------------------------------------------------------------------------------------------------


def test_every_test_of_the_table_is_there():
    here = Path(__file__)
    for line in __doc__.splitlines():
        if line.startswith("|") and "test_" in line:
            file, _, name = line.split("|")[2].strip().rpartition(": ")
            assert f"def {name}(" in (here.parent / (file or here.name)).read_text(encoding="utf-8"), line
