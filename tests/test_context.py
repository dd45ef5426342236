"""What open data says of a territory, on a lake small enough to work out by hand.

Here: figures carried from communes of other years, added up, published at their own level, missing for a reason,
dated, and set against the federation's. Not here: files (`test_open_data.py`), the other marts (`test_warehouse.py`).

Communes (inhabitants): Rouen 76540 (1000) and Sotteville 76681 (500) in EPCI E76, Évreux 27229 (2000) in E27, Ouessant
29155 (800) in none. 76100 merged into Rouen in 2025; 76200 was split in 2025: Rouen (three quarters) and Sotteville.
"""

import re
import shutil
from pathlib import Path

import duckdb
import polars as pl
import pytest
from lakes import ALPHA, PLACE, Rows, built, day, question, registered, run_dbt, write_lake, write_table

from orchestration import trace, trace_text
from orchestration.warehouse import DBT_PROJECT

ROUEN, SOTTEVILLE, EVREUX, OUESSANT = "76540", "76681", "27229", "29155"
LONG = "12_a_23_mois"
RETURNS = [
    (ALPHA, "a1", "2024T1", "2024-01-01", "2024-03-31", 1),
    (ALPHA, "a2", "2024T2", "2024-04-01", "2024-06-30", 2),
    (ALPHA, "a3", "2024T3", "2024-07-01", "2024-09-30", 3),
    (ALPHA, "a4", "2024T4", "2024-10-01", "2024-12-31", 4),
]


def lake_with_context(lake: Path) -> None:
    """ALPHA, in Rouen, covers 2024 and began one activity there and two in Ouessant."""
    rows = Rows({row[1]: row[0] for row in RETURNS})
    rows.add("structures", "a1", commune_insee=PLACE[ALPHA], date_debut=day("2000-01-01"))
    for key, start, commune, naf in (
        ("one", "2024-02-01", None, "8899B"),
        ("two", "2024-05-01", OUESSANT, "56.10A"),
        ("three", "2024-11-01", OUESSANT, None),
    ):
        rows.add("activites", "a4", id_activite=key, nature="creation", date_debut=day(start), commune=commune, naf=naf)
    write_lake(lake, rows, [entry for row in RETURNS for entry in registered(row, ("structures", "activites"))])

    def write(schema: str, table: str, names: str, *rows: tuple) -> None:
        write_table(lake, schema, table, [dict(zip(names.split(), row, strict=True)) for row in rows])

    same = [(code, 2003, 2026, code, 1.0, "inchangee") for code in (ROUEN, SOTTEVILLE, EVREUX, OUESSANT)]
    write(
        "geography",
        "commune_vintages",
        "code_ancien premier_millesime dernier_millesime code_commune part evenement",
        *same,
        ("76100", 2003, 2024, ROUEN, 1.0, "fusion"),
        ("76200", 2003, 2024, ROUEN, 0.75, "scission"),
        ("76200", 2003, 2024, SOTTEVILLE, 0.25, "scission"),
    )
    write(
        "insee_zones_emploi",
        "communes",
        "edition geographie codgeo ze2020 libze2020",
        ("2026", 2026, ROUEN, "2815", "Rouen"),
        ("2026", 2026, SOTTEVILLE, "2815", "Rouen"),
        ("2026", 2026, EVREUX, "2804", "Évreux"),
        ("2026", 2026, OUESSANT, "5301", "Brest"),
    )
    write(
        "insee_populations",
        "communes",
        "edition geographie com libelle pmun",
        ("2021", 2023, ROUEN, "Rouen", 900),
        ("2021", 2023, "76100", "Fondue", 60),
        ("2021", 2023, "76200", "Scindée", 40),
        ("2021", 2023, SOTTEVILLE, "Sotteville", 450),
        ("2021", 2023, EVREUX, "Évreux", 1900),
        ("2021", 2023, OUESSANT, "Ouessant", 790),
    )
    # 2022 is revised by the edition of 2023, which leaves Ouessant out: 3,500 inhabitants of 4,300 have a figure.
    write(
        "urssaf_commune_ape",
        "emplois",
        "edition geographie com code_ape annee etablissements effectifs_salaries",
        ("2022", 2022, ROUEN, "8899B", 2022, 9, 90),
        ("2022", 2022, OUESSANT, "8899B", 2022, 9, 90),
        ("2023", 2023, ROUEN, "8899B", 2022, 3, 30),
        ("2023", 2023, ROUEN, "4511Z", 2022, 1, None),
        ("2023", 2023, SOTTEVILLE, "4511Z", 2022, 2, 20),
        ("2023", 2023, EVREUX, "4511Z", 2022, 5, 50),
    )
    write(
        "dares_defm",
        "communes",
        "edition geographie com trimestre demandeurs_emploi demandeurs_emploi_absence",
        ("2024", 2024, ROUEN, "2023-T4", 100, None),
        ("2024", 2024, SOTTEVILLE, "2023-T4", None, "secret"),
        ("2024", 2024, EVREUX, "2023-T4", 200, None),
        ("2024", 2024, OUESSANT, "2023-T4", 40, None),
    )
    seekers = "edition ze2020 trimestre anciennete demandeurs_emploi demandeurs_emploi_absence"
    write(
        "dares_defm",
        "zones",
        seekers,
        ("2025T1", "2815", "2023-T4", "Total", 160, None),
        ("2025T1", "2815", "2023-T4", "Moins d'un an", 120, None),
        ("2025T1", "2815", "2023-T4", "Un an ou plus", 40, None),
        ("2025T1", "2804", "2023-T4", "Total", 200, None),
        ("2025T1", "2804", "2023-T4", "Un an ou plus", 50, None),
        ("2025T1", "2804", "2023-T4", "Moins d'un an", None, "secret"),
        ("2025T1", "5301", "2023-T4", "Total", 400, None),
        ("2025T1", "5301", "2023-T4", "Moins d'un an", 100, None),
        ("2025T1", "5301", "2023-T4", "Un an ou plus", 200, None),
        ("2025T1", "2815", "2025-T1", "Total", 190, None),
    )
    write(
        "francetravail_defm_epci",
        "anciennetes",
        "edition epci libepci anciennete demandeurs_emploi",
        ("2018", "E76", "Métropole", "total", 300),
        ("2018", "E76", "Métropole", LONG, 75),
        ("2018", "E76", "Métropole", "moins_3_mois", 225),
        ("2017", None, "Métropole", "total", 280),
        ("2017", None, "Métropole", "DE 12 À 23 MOIS", 70),
        ("2017", None, "Métropole", "MOINS DE 3 MOIS", 210),
        ("2017", None, "Inconnue", "total", 1),
        ("2023", "E27", "Évreux", "total", 333),
    )
    write(
        "insee_chomage_ze",
        "taux",
        "edition ze2020 libze2020 trimestre taux_chomage",
        ("2023T4", "2815", "Rouen", "2023T4", 8.1),
        ("2024T1", "2815", "Rouen", "2023T4", 8.0),
        ("2024T1", "2815", "Rouen", "2024T2", 7.5),
    )
    write(
        "insee_filosofi",
        "communes",
        "edition geographie codgeo tp60 tp60_absence",
        ("2021", 2023, SOTTEVILLE, None, "secret"),
        ("2021", 2023, ROUEN, 20.0, None),
    )
    write("insee_filosofi", "epci", "edition epci tp60 tp60_absence", ("2021", "E76", 17.5, None))
    write("insee_filosofi", "zones", "edition ze2020 tp60 tp60_absence", ("2021", "2815", 16.0, None))
    write(
        "insee_side_creations",
        "territoires",
        "edition geographie geo geo_object annee creations_etablissements",
        *(
            ("2023", 2023, code, kind, 2023, count)
            for code, kind, count in (
                (ROUEN, "COM", 40),
                ("76100", "COM", 10),
                (SOTTEVILLE, "COM", 30),
                (EVREUX, "COM", 15),
                (OUESSANT, "COM", 5),
                ("F", "FRANCE", 100),
                ("FM", "FRANCE", 90),
            )
        ),
    )
    write(
        "anct_zrr",
        "communes",
        "edition geographie codgeo libgeo zrr_simp",
        ("2021", 2021, ROUEN, "Rouen", "NC - Commune non classée"),
        ("2021", 2021, "76100", "Fondue", "C - Classée en ZRR"),
        ("2021", 2021, SOTTEVILLE, "Sotteville", "NC - Commune non classée"),
        ("2021", 2021, EVREUX, "Évreux", "C - Classée en ZRR"),
        ("2021", 2021, OUESSANT, "Ouessant", "C - Classée en ZRR"),
    )
    write(
        "anct_frr",
        "communes",
        "edition geographie codgeo libgeo classement_frr",
        ("2025T3", 2025, ROUEN, "Rouen", "Non classée"),
        ("2025T3", 2025, EVREUX, "Évreux", "FRR+"),
    )
    # Q is the section of the activity begun in Rouen, I of the first in Ouessant. Births, then those observable and
    # surviving at 12 and at 24 months; the codes are those of 2024.
    write(
        "sirene",
        "creations",
        "edition geographie date_stock code_commune section_naf annee trimestre etablissements_crees creations_nettes "
        "creations_employeuses creations_ess observables_12 survivants_12 observables_24 survivants_24 observables_36 "
        "survivants_36",
        *(
            ("2026-11", 2024, day("2026-11-01"), code, section, 2024, quarter, born + 1, born, 0, 0, *states, 0, 0)
            for code, section, quarter, born, *states in (
                (ROUEN, "Q", "2024T1", 10, 10, 8, 6, 3),
                ("76100", "Q", "2024T1", 2, 2, 1, 0, 0),
                ("76200", "Q", "2024T1", 4, 4, 4, 4, 2),
                (SOTTEVILLE, "Q", "2024T2", 5, 5, 2, 0, 0),
                (ROUEN, "G", "2024T1", 20, 20, 1, 20, 1),
                (ROUEN, "inconnue", "2024T2", 7, 7, 7, 7, 7),
                (OUESSANT, "I", "2024T2", 3, 2, 1, 0, 0),
                (OUESSANT, "Q", "2024T2", 1, 1, 0, 1, 0),
                (EVREUX, "I", "2024T4", 40, 0, 0, 0, 0),
                (None, "I", "2024T4", 99, 0, 0, 0, 0),
            )
        ),
    )  # fmt: skip
    write(
        "anct_qpv", "quartiers", "edition geographie code_qp lib_qp insee_com", ("2024", 2024, "QN1", "Grammont", ROUEN)
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return built(tmp_path_factory.mktemp("context"), lake_with_context)


@pytest.fixture(scope="module")
def ask(home):
    return question(home)


@pytest.fixture(scope="module")
def said(ask):
    """(value, absence) of a figure of the long table, None when it has no row."""

    def find(metric: str, as_of: str, level: str, code: str):
        rows = ask(f"""
            select value, absence from marts.fct_territory_context
            where (metric, as_of, territory_level, territory_code) = ('{metric}', '{as_of}', '{level}', '{code}')
        """)
        assert len(rows) < 2
        return rows[0] if rows else None

    return find


EXPECTED = {
    # 900 + 60 merged + three quarters of 40; 450 + a quarter of 40
    "of a merged and a split commune": ("population", "2021", "commune", ROUEN, 990, None),
    "of the other part of the split": ("population", "2021", "commune", SOTTEVILLE, 460, None),
    "added up": ("population", "2021", "zone_emploi", "2815", 1450, None),
    "of the country": ("population", "2021", "france", "FR", 4140, None),
    "of today": ("population", "2023", "france", "FR", 4300, None),
    "revised by a later edition": ("private_jobs", "2022", "commune", ROUEN, 30, None),
    "an empty part is no zero of its own": ("private_establishments", "2022", "commune", ROUEN, 4, None),
    "a sum of whole levels": ("private_jobs", "2022", "epci", "E76", 50, None),
    "a sum that lacks 800 people of 4,300, with a reservation": ("private_jobs", "2022", "france", "FR", 100, None),
    "a secret": ("job_seekers_count", "2023T4", "commune", SOTTEVILLE, None, "secret"),
    "a sum with a secret in it": ("job_seekers_count", "2023T4", "epci", "E76", None, "secret"),
    "the producer's own where the sum is secret": ("job_seekers_count", "2023T4", "zone_emploi", "2815", 160, None),
    "the sum of communes before the producer's own": ("job_seekers_count", "2023T4", "zone_emploi", "5301", 40, None),
    "40 of 160": ("long_term_job_seekers_share", "2023T4", "zone_emploi", "2815", 0.25, None),
    "a part is secret": ("long_term_job_seekers_share", "2023T4", "zone_emploi", "2804", None, "secret"),
    "parts that make no total": ("long_term_job_seekers_share", "2023T4", "zone_emploi", "5301", None, "incoherent"),
    "75 of 300": ("long_term_job_seekers_share", "2018", "epci", "E76", 0.25, None),
    "named without a code": ("job_seekers_count", "2017", "epci", "E76", 280, None),
    "the same, 70 of 280": ("long_term_job_seekers_share", "2017", "epci", "E76", 0.25, None),
    "a rate revised": ("unemployment_rate", "2023T4", "zone_emploi", "2815", 0.08, None),
    "a rate of the EPCI": ("poverty_rate", "2021", "epci", "E76", 0.175, None),
    "a rate of the zone": ("poverty_rate", "2021", "zone_emploi", "2815", 0.16, None),
    "a secret rate": ("poverty_rate", "2021", "commune", SOTTEVILLE, None, "secret"),
    "creations of a merged commune": ("establishment_creations", "2023", "commune", ROUEN, 50, None),
    "creations of the country": ("establishment_creations", "2023", "france", "FR", 100, None),
    "a district": ("qpv_commune_flag", "2024", "commune", ROUEN, 1, None),
    "none": ("qpv_commune_flag", "2024", "commune", SOTTEVILLE, 0, None),
    "one commune of two": ("qpv_commune_flag", "2024", "epci", "E76", 0.5, None),
    "classed in part": ("zrr_frr_class", "2021", "commune", ROUEN, 1, None),
    "not classed": ("zrr_frr_class", "2021", "commune", SOTTEVILLE, 0, None),
    "three communes of four": ("zrr_frr_class", "2021", "france", "FR", 0.75, None),
    "zones that have ended": ("zrr_frr_class", "2024T3", "commune", ROUEN, None, "zonage_clos"),
}  # fmt: skip


@pytest.mark.parametrize("case", EXPECTED)
def test_a_figure_is_the_one_worked_out_by_hand(said, case):
    *key, value, absence = EXPECTED[case]
    found = said(*key)
    assert found is not None and found[1] == absence
    assert found[0] == (None if value is None else pytest.approx(value))


NOWHERE = {
    "a rate is not averaged": ("unemployment_rate", "2023T4", "region", "28"),
    "nor that of poverty": ("poverty_rate", "2021", "departement", "76"),
    "a commune outside the départements of the file": ("qpv_commune_flag", "2024", "commune", EVREUX),
}


@pytest.mark.parametrize("case", NOWHERE)
def test_what_nobody_publishes_has_no_row(said, case):
    assert said(*NOWHERE[case]) is None


def test_communes_that_do_not_add_up_to_the_producers_country_are_a_warning_and_stop_nothing(home, tmp_path):
    copy = shutil.copytree(home, tmp_path / "copy")
    (rows,) = (copy / "lake" / "insee_side_creations" / "territoires").glob("rows.parquet")
    selected = ("stg_insee_side_creations__territory_creations", "creations_of_communes_are_those_of_france")
    for kept, status in ((pl.lit(True), "pass"), (pl.col("geo") != OUESSANT, "warn")):
        pl.read_parquet(rows).filter(kept).write_parquet(rows)
        result = run_dbt(copy, "build", "--select", *selected)
        assert result.success
        assert str(result.result.results[-1].status) == status


def test_classes_are_named_at_every_level(ask):
    rows = ask("""
        select territory_level, territory_code, class_label from marts.fct_territory_context
        where metric = 'zrr_frr_class' and as_of = '2021' and territory_level in ('commune', 'epci', 'france')
    """)
    assert {row[:2]: row[2] for row in rows} == {
        ("commune", ROUEN): "Classée en partie", ("commune", SOTTEVILLE): "Non classée", ("commune", EVREUX): "ZRR",
        ("commune", OUESSANT): "ZRR", ("epci", "E76"): "Classes diverses", ("epci", "E27"): "ZRR",
        ("france", "FR"): "Classes diverses",
    }  # fmt: skip


def test_a_break_in_the_series_is_carried_by_what_follows_it(ask):
    rows = ask("""
        select as_of, comparability from marts.fct_territory_context
        where metric = 'job_seekers_count' and territory_code = '2815'
    """)
    assert dict(rows) == {"2023T4": None, "2025T1": "rupture_2025"}


def test_a_mart_shows_the_newest_figure_that_is_not_after_the_period(ask):
    columns = "unemployment_rate, unemployment_rate_as_of, unemployment_rate_vintage, unemployment_rate_note"
    rows = ask(f"""
        select period, {columns} from marts.mart_territory_context
        where territory_level = 'zone_emploi' and territory_code = '2815' and period_type = 'quarter' order by period
    """)
    assert rows == [
        ("2024-Q1", pytest.approx(0.08), "2023T4", "2024T1", None),
        *((f"2024-Q{quarter}", pytest.approx(0.075), "2024T2", "2024T1", None) for quarter in (2, 3, 4)),
    ]
    (other,) = ask("""
        select unemployment_rate, unemployment_rate_note, population, population_as_of,
            zrr_frr_class, zrr_frr_class_share, private_jobs, private_jobs_note, job_seekers_count_note
        from marts.mart_territory_context
        where territory_level = 'france' and period_type = 'quarter' and period = '2024-Q2'
    """)
    assert other == (None, "sans_source", 4300, "2023", "Classes diverses", 0.75, 100, "partiel", "secret")


def test_of_two_figures_of_one_day_the_mart_shows_the_one_that_names_it_more_closely(ask):
    """The end of 2023, by an annual file and by the one of its last quarter."""
    rows = ask("""
        select distinct job_seekers_count, job_seekers_count_as_of from marts.mart_territory_context
        where territory_level = 'epci' and territory_code = 'E27'
    """)
    assert rows == [(200, "2023T4")]


def test_the_model_of_all_figures_compares_no_cell_with_every_row_of_another_table(home):
    """Such a join takes minutes on a real mirror; it is seen in the plan, whatever the size of the tables."""
    (sql,) = (home / "target" / "compiled").rglob("fct_territory_metric.sql")
    with duckdb.connect(str(home / "build.duckdb"), read_only=True) as warehouse:
        ((_, plan),) = warehouse.execute(f"explain (format json) {sql.read_text(encoding='utf-8')}").fetchall()
    assert "HASH_JOIN" in plan and "NL_JOIN" not in plan and "NESTED_LOOP" not in plan


def test_a_mart_has_one_row_a_territory_and_period_above_the_commune_and_where_the_federation_is(ask):
    counted = "territory_level, count(*), count(distinct territory_code)"
    rows = ask(f"select {counted} from marts.mart_territory_context group by all")
    periods = ask("select count(*) from marts.dim_period")[0][0]
    counts = {level: (rows, codes) for level, rows, codes in rows}
    assert counts["commune"][1] == 2
    assert (counts["zone_emploi"], counts["epci"]) == ((3 * periods, 3), (2 * periods, 2))
    assert all(rows == codes * periods for rows, codes in counts.values())


def test_activities_started_are_set_against_the_establishments_created_there(ask):
    """In the four quarters of 2024; the last year published by then is 2023, and only whole years are compared."""
    rows = ask("""
        select territory_level || territory_code, numerator, denominator, value, denominator_as_of, status
        from marts.fct_territory_metric
        where metric = 'creations_share_of_territory' and breakdown = 'all' and period_type = 'rolling_year'
            and territory_level in ('france', 'commune', 'zone_emploi') and territory_code <> 'unknown'
    """)
    assert {row[0]: row[1:] for row in rows} == {
        "franceFR": (3, 100, pytest.approx(0.03), "2023", "published"),
        "commune" + ROUEN: (1, 50, pytest.approx(0.02), "2023", "published"),
        "commune" + OUESSANT: (2, 5, pytest.approx(0.4), "2023", "published"),
        "zone_emploi2815": (1, 80, pytest.approx(1 / 80), "2023", "published"),
        "zone_emploi5301": (2, 5, pytest.approx(0.4), "2023", "published"),
    }
    by_quarter = "metric = 'creations_share_of_territory' and period_type = 'quarter' and value is not null"
    assert ask(f"select count(*) from marts.fct_territory_metric where {by_quarter}") == [(0,)]
    of_population = "metric = 'activities_per_10k_inhabitants' and value is not null"
    dates = ask(f"select distinct denominator_as_of from marts.fct_territory_metric where {of_population}")
    assert dates == [("2023",)]


#: (numerator, denominator) of each metric, by territory and period. Of Rouen in the first quarter: 10 births of Q, 2 of
#: 76100 and three quarters of the 4 of 76200; 20 of G, the section of no activity begun there.
BIRTHS = {
    ("commune", ROUEN, "quarter", "2024-Q1"): ((1, 35), (12, 15), (4.5, 9), (0, 0)),
    ("commune", ROUEN, "quarter", "2024-Q2"): ((0, 7), (0, 0), (0, 0), (0, 0)),  # no activity, so no section
    ("commune", ROUEN, "rolling_year", "2024-Q4"): ((1, 42), (12, 15), (4.5, 9), (0, 0)),
    ("commune", OUESSANT, "rolling_year", "2024-Q4"): ((2, 4), (1, 2), (0, 0), (0, 0)),
    ("commune", OUESSANT, "quarter", "2024-Q4"): ((1, 0), (0, 0), (0, 0), (0, 0)),  # no birth; no section stated
    ("zone_emploi", "2815", "rolling_year", "2024-Q4"): ((1, 48), (15, 21), (5, 10), (0, 0)),
    ("france", "FR", "quarter", "2024-Q2"): ((1, 16), (1, 2), (0, 0), (0, 0)),  # section I alone
    ("france", "FR", "rolling_year", "2024-Q4"): ((3, 92), (16, 24), (5, 11), (0, 0)),
}
OF_BIRTHS = ("net_creations_share_of_territory", *(f"creation_survival_{m}m_same_sections" for m in (12, 24, 36)))


def test_activities_started_are_set_against_the_births_there_and_their_survival(ask):
    found = {}
    for *key, metric, numerator, denominator, value, status, as_of in ask(f"""
        select territory_level, territory_code, period_type, period, metric, numerator, denominator, value, status,
            denominator_as_of
        from marts.fct_territory_metric
        where metric in {OF_BIRTHS} and breakdown = 'all' and territory_code <> 'unknown'
    """):
        assert as_of == "2026-11"
        assert value == (pytest.approx(numerator / denominator) if denominator else None)
        assert status == ("published" if denominator else "empty")
        found.setdefault(tuple(key), {})[metric] = (numerator, denominator)
    assert {key: tuple(found[key][metric] for metric in OF_BIRTHS) for key in BIRTHS} == BIRTHS


def test_only_the_share_of_births_is_broken_down(ask):
    """By place of the structure; a kind of structure is set against all births."""
    rows = ask(f"""
        select distinct metric, basis, breakdown from marts.fct_territory_metric
        where metric in {OF_BIRTHS} and territory_code = '{ROUEN}'
    """)
    survivals = {(metric, "structure", "all") for metric in OF_BIRTHS[1:]}
    shares = {(OF_BIRTHS[0], "structure", breakdown) for breakdown in ("all", "kind", "strategy", "need")}
    assert set(rows) == survivals | shares


def test_the_survival_of_births_has_the_interval_of_a_share(ask):
    """12 of 15: p = 0.8, z² = 3.8414588."""
    ((low, high),) = ask(f"""
        select ci_low, ci_high from marts.fct_territory_metric
        where metric = '{OF_BIRTHS[1]}' and territory_code = '{ROUEN}' and period = '2024-Q1'
    """)
    assert (low, high) == (pytest.approx(0.5481, abs=5e-5), pytest.approx(0.9295, abs=5e-5))


def test_the_trace_of_a_survival_of_births_shows_the_activities_whose_sections_count(home):
    """Births are no rows of returns: the figure is not given again, and the stock is named."""
    cell = trace.Cell(OF_BIRTHS[1], "france", "FR", "2024-Q4")
    with duckdb.connect(str(home / "build.duckdb"), read_only=True) as warehouse:
        shown = trace.figure(warehouse, cell)
        counted = trace.rows(warehouse, cell, shown)
        assert [trace.total(warehouse, shown, counted, role) for role in ("numerator", "denominator")] == [None, None]
    begun = [(ALPHA, "activites", "a4", line) for line in (2, 3, 4)]
    assert counted.select("member_siren", "table_name", "return_id", "line_number").rows() == begun
    assert set(counted["role"]) == {"counted"} and shown["structure_count"] == 1
    assert "  Données ouvertes du dénominateur : 2026-11" in trace_text._headline(shown, "essai")


def test_a_territory_says_where_it_lies(ask):
    rows = ask("""
        select territory_level, territory_code, departement_code, region_code, population, commune_count
        from marts.dim_territory where territory_code in ('E76', '2815', '28', 'FR')
    """)
    assert {row[1]: row[2:] for row in rows} == {
        "E76": ("76", "28", 1500, 2), "2815": ("76", "28", 1500, 2), "28": (None, "28", 3500, 3),
        "FR": (None, None, 4300, 4),
    }  # fmt: skip


def test_the_unit_tests_of_the_models_hold(home):
    """Every one that is written (`_…_unit_tests.yml`): rules of one model, on rows made for each."""
    files = DBT_PROJECT.rglob("*_unit_tests.yml")
    written = sum(path.read_text(encoding="utf-8").count("\n    model: ") for path in files)
    result = run_dbt(home, "test", "--select", "test_type:unit")
    assert result.success, result.exception or [r.message for r in result.result]
    assert len(result.result.results) == written > 0


def test_every_intermediate_model_has_a_unit_test():
    """Without exception: one that cannot have any would be named here, with the reason."""
    folder = DBT_PROJECT / "models" / "intermediate"
    tests = "\n".join(path.read_text(encoding="utf-8") for path in folder.glob("*_unit_tests.yml"))
    models = {path.stem for path in folder.glob("*.sql")}
    assert models and models == set(re.findall(r"^    model: (\w+)$", tests, flags=re.MULTILINE))
