"""Exports of other software: what each view becomes, and what is deduced.

Here: views as frames. Not here: whole exports through the intake (`test_exports.py`), the text of a file
(`test_reading.py`).
"""

import csv
import random
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from exports import LAYOUTS, STRUCTURES, adapted, annex, cells, contract, files_of, full_return, month
from hypothesis import given, settings
from hypothesis import strategies as st
from intake import (
    MEMBERS_CSV,
    PEOPLE,
    SECOND_SIRET,
    SIRET,
    Tables,
    another_home,
    as_flux_iae,
    as_flux_iae_says,
    content,
    csv_bytes,
    deposit,
    flux_iae_views,
    take_in,
)
from polars.testing import assert_frame_equal

from contracts import CONTRACTS
from contracts.codes import code_labels
from orchestration.returns import adapters
from orchestration.returns.periods import Period
from sample.facts import quarters_until
from sample.federation import draw_federation
from sample.returns import draw_returns
from sample.vocabulary import TABLE_COLUMNS

# --- the data ----------------------------------------------------------------------------------------------------


def test_every_column_mapped_is_one_of_ours_and_every_mandatory_one_is_mapped():
    for row in LAYOUTS.columns:
        assert row["column"] in CONTRACTS["returns", row["table"]].columns, row
        assert row["conversion"] in {"", *LAYOUTS.values, *adapters.CONVERSIONS}, row
    for row in LAYOUTS.tables:
        mapped = {c["column"] for c in LAYOUTS.columns if (c["layout"], c["table"]) == (row["layout"], row["table"])}
        assert CONTRACTS["returns", row["table"]].mandatory <= mapped, row
        assert row["rows"] in {"", *adapters.ROWS}


def test_every_column_of_another_view_has_a_link_to_follow():
    carrier = {(row["layout"], row["table"]): row["view"] for row in LAYOUTS.tables}
    views = {(row["layout"], row["view"]) for row in LAYOUTS.views}
    links = {(row["layout"], row["view"], row["to_view"]) for row in LAYOUTS.links}
    for row in LAYOUTS.columns:
        base = carrier[row["layout"], row["table"]]
        assert (row["layout"], row["view"]) in views
        assert row["view"] == base or (row["layout"], base, row["view"]) in links, row
    assert {row["rows"] for row in LAYOUTS.views} <= {"", *adapters.PREPARED}


def test_values_lead_to_codes_that_the_contracts_know():
    lists = {"kind_of_measure": "structure_kind", "contract_type_of_measure": "contract_type", "sex_of_title": "sexe"}
    for conversion, code_list in lists.items():
        assert set(LAYOUTS.values[conversion].values()) <= set(code_labels(code_list))
    assert LAYOUTS.values["kind_of_measure"].keys() == LAYOUTS.values["contract_type_of_measure"].keys()


def test_a_new_software_is_data_alone(tmp_path: Path):
    described = {
        "views": [{"layout": "paie_claire", "view": "Bulletins", "known_by": "no_bulletin no_contrat", "rows": ""},
                  {"layout": "paie_claire", "view": "Dossiers", "known_by": "no_contrat genre", "rows": ""}],
        "tables": [{"layout": "paie_claire", "table": "heures", "view": "Bulletins", "rows": ""},
                   {"layout": "paie_claire", "table": "salaries", "view": "Dossiers", "rows": ""}],
        "links": [{"layout": "paie_claire", "view": "Dossiers", "column": "no_contrat", "to_view": "Bulletins",
                   "to_column": "no_contrat", "latest_by": "date_paie"}],
        "columns": [
            {"layout": "paie_claire", "table": table, "column": column, "view": view, "view_columns": foreign,
             "conversion": conversion}
            for table, column, view, foreign, conversion in (
                ("heures", "id_contrat", "Bulletins", "no_contrat", ""),
                ("heures", "mois", "Bulletins", "date_paie", ""),
                ("heures", "heures_travaillees", "Bulletins", "nb_heures nb_minutes", "hours_and_minutes"),
                ("salaries", "id_salarie", "Dossiers", "matricule", ""),
                ("salaries", "sexe", "Dossiers", "genre", "genre_clair"),
                ("salaries", "annee_naissance", "Dossiers", "annee", ""),
                ("salaries", "commune_residence", "Bulletins", "commune", ""),
            )
        ],
        "values": [{"conversion": "genre_clair", "received": "Féminin", "ours": "F", "status": "", "source": ""}],
    }  # fmt: skip
    for name, rows in described.items():
        with (tmp_path / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    slip = {"no_bulletin": "1", "no_contrat": "C1", "date_paie": "31/07/2025", "nb_heures": "35", "nb_minutes": "30",
            "commune": "35238"}  # fmt: skip
    made, reading = adapted(
        adapters.layouts_of(tmp_path),
        Bulletins=[slip, slip | {"date_paie": "31/08/2025", "commune": "35047", "nb_minutes": ""}],
        Dossiers=[{"no_contrat": "C1", "matricule": "7", "genre": "Féminin", "annee": "1990"}],
    )
    assert cells(made["heures"], "ligne", "id_contrat", "mois", "heures_travaillees") == [
        (3, "C1", "31/07/2025", "35:30"),
        (4, "C1", "31/08/2025", "35"),
    ]
    assert cells(made["salaries"], "id_salarie", "sexe", "annee_naissance", "commune_residence") == [
        ("7", "F", "1990", "35047")
    ]
    assert reading.header["periode"] == "2025T3" and not reading.problems


# --- conversions -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("conversion", "received", "ours"),
    [
        ("year_and_month", ("2025", "7"), "2025-07"),
        ("year_and_month", ("2025", "12"), "2025-12"),
        ("year_and_month", ("2025", "7.0"), "2025-07"),
        ("year_and_month", ("2025", "13"), "2025-13"),  # no month: the contract says so
        ("year_and_month", ("2025", None), "2025-00"),
        ("year_and_month", (None, None), None),
        ("hours_and_minutes", ("35", "30"), "35:30"),
        ("hours_and_minutes", ("35", "5"), "35:05"),
        ("hours_and_minutes", ("35", "0"), "35"),
        ("hours_and_minutes", ("35.5", None), "35.5"),
        ("hours_and_minutes", (None, "45"), "0:45"),
        ("hours_and_minutes", ("35", "75"), "35:75"),  # no duration: the contract says so
        ("hours_and_minutes", (None, None), None),
        ("annex_number", ("ACI034150012", "1", "0"), "ACI034150012A1M0"),
        ("annex_number", ("ACI034150012", None, "0"), "ACI034150012"),
        ("annex_number", (None, "1", "0"), None),
        ("kind_of_measure", ("ACI_MP",), "ACI"),
        ("kind_of_measure", ("eiti_dc",), "EITI"),
        ("kind_of_measure", ("XYZ_DC",), "XYZ_DC"),
        ("kind_of_measure", (None,), None),
        ("contract_type_of_measure", ("ETTI_DC",), "CTT"),
        ("contract_type_of_measure", ("AI_DC",), "CDDU"),
        ("sex_of_title", ("MME",), "F"),
        ("sex_of_title", ("M.",), "H"),
        ("sex_of_title", ("DR",), "DR"),
        ("qpv", ("QP",), "oui"),
        ("qpv", ("NQP",), "non"),
        ("qpv", ("?",), "?"),
    ],
)
def test_a_conversion_makes_of_a_cell_what_it_means_or_leaves_it(conversion, received, ours):
    frame = pl.DataFrame([received], orient="row", schema=[(f"c{i}", pl.String) for i in range(len(received))])
    assert adapters._converted(frame, conversion, LAYOUTS).to_list() == [ours]


@pytest.mark.parametrize(
    ("months", "period"),
    [
        ([(2025, 7)], "2025-07"),
        ([(2025, 7), (2025, 9)], "2025T3"),
        ([(2025, 1), (2025, 2), (2025, 3)], "2025T1"),
        ([(2025, 6), (2025, 7)], None),
        ([(2024, 7), (2025, 7)], None),
        ([], None),
    ],
)
def test_the_smallest_period_that_holds_the_months_is_theirs(months, period):
    found = Period.holding(date(*month, 1) for month in months)
    assert (found and found.text) == period


# --- the views of fluxIAE ----------------------------------------------------------------------------------------


def test_a_whole_export_gives_the_rows_of_our_own_layout(tmp_path: Path):
    tables = as_flux_iae_says(full_return())
    ours, theirs = another_home(tmp_path / "a" / "home"), another_home(tmp_path / "b" / "home")
    (own,) = take_in(ours, tables)
    (foreign,) = take_in(theirs, files_of(flux_iae_views(tables)) | {"remontee.csv": csv_bytes(tables["remontee"])})
    assert (own["verdict"], foreign["verdict"]) == ("accepted", "accepted"), (own["failures"], foreign["failures"])
    for table in tables.keys() - {"remontee"}:
        assert content(ours, table).height == len(tables[table])
        assert_frame_equal(content(theirs, table), content(ours, table))
    assert foreign["period"] == own["period"] == "2025T3"
    said = " ".join(foreign["notes"])
    assert "date_debut = contrat_date_embauche; " in said
    assert "date_fin_reelle = contrat_date_sortie_definitive, à défaut EtatMensuelIndiv.emi_date_fin_reelle; " in said
    assert f"{PEOPLE - 1} contrats sans sortie" in said


def test_a_whole_federation_gives_the_same_rows_in_both_layouts(tmp_path: Path):
    window = quarters_until("2025T4", 2)
    ours, theirs = another_home(tmp_path / "a" / "home"), another_home(tmp_path / "b" / "home")
    iae = {"AI", "ACI", "EI", "ETTI"}
    senders = [m for m in draw_federation(2024, 0.3, window) if m.contracts and {s.kind for s in m.structures} <= iae]
    listed = [f"{m.siren},{m.name},{one.siret},{one.kind},28," for m in senders for one in m.structures]
    for home in (ours, theirs):
        home.members_csv.write_text("\n".join([MEMBERS_CSV.partition("\n")[0], *listed]), encoding="utf-8")
    for member in senders:
        sent = next(iter(draw_returns(random.Random(1), window, member)))
        header = [{"champ": champ, "valeur": f"{valeur}"} for champ, valeur in sent.summary()[:4]]
        own = {table: [dict(zip(TABLE_COLUMNS[table], map(_typed, row), strict=True)) for row in rows]
               for table, rows in sent.tables.items()}  # fmt: skip
        tables = as_flux_iae_says(own | {"remontee": header})
        deposit(ours, tables, member.siren)
        deposit(theirs, files_of(flux_iae_views(tables)) | {"remontee.csv": csv_bytes(header)}, member.siren)
    receipts = [take_in(home) for home in (ours, theirs)]
    found = [
        [(r["verdict"], sorted(tuple(t.values()) for t in r["tables"] if t["received"])) for r in of_home]
        for of_home in receipts
    ]
    assert len(senders) > 20 and found[1] == found[0]
    assert [verdict for verdict, _ in found[1]].count("accepted") > 10
    for table in ("structures", "salaries", "contrats", "missions", "heures", "sorties", "formations"):
        assert content(ours, table).height > 10
        assert_frame_equal(content(theirs, table), content(ours, table))


def _typed(value: object) -> str:
    return {True: "oui", False: "non", None: ""}[value] if value is None or isinstance(value, bool) else str(value)


def test_the_writer_of_exports_writes_them_as_asp_does():
    files = as_flux_iae(as_flux_iae_says(full_return()))
    text = files["fluxIAE_Structure_01102025_074706.csv"].decode()
    assert text.startswith("DEBStructure01102025_074706\nstructure_id_siae|structure_siret_actualise|")
    assert "|deux\nlignes|" in text and text.endswith("\nFIN1\n")
    assert len(files) == 7


def test_a_cell_over_two_lines_moves_no_other():
    spread = [row | {"structure_observations": "une\ndeux | trois"} for row in STRUCTURES]
    of_the_ai = contract("2", contrat_id_structure="71", contrat_mesure_disp_code="AI_DC")
    made, _ = adapted(Structure=spread, ContratMission=[contract("1"), of_the_ai])
    assert cells(made["structures"], "ligne", "siret", "type_structure", "date_debut") == [
        (3, SIRET, "ACI", "2025-02-01"),
        (4, SECOND_SIRET, "AI", "2025-02-01"),
    ]


def test_a_structure_of_two_kinds_is_two_rows_and_one_of_no_known_kind_is_said_to_make_none():
    measures = ("ACI_DC", "ACI_MP", "ETTI_DC", "XYZ_DC")
    both = [contract(f"{rank}", contrat_mesure_disp_code=measure) for rank, measure in enumerate(measures)]
    both[1]["contrat_date_embauche"] = "01/03/2024"
    made, reading = adapted(Structure=STRUCTURES, ContratMission=both)
    assert cells(made["structures"], "ligne", "siret", "type_structure", "date_debut") == [
        (3, SIRET, "ACI", "2024-03-01"),
        (5, SIRET, "ETTI", "2025-02-01"),  # a number after the last line of the view
    ]
    assert any("1 ligne de plus" in note for note in reading.notes)
    assert any("1 structure sans contrat ni annexe" in note for note in reading.notes)


def test_agreed_posts_are_those_of_the_annexes_in_force_on_the_last_day():
    annexes = [
        annex("ACI035240001", af_date_debut_effet="01/01/2024", af_date_fin_effet="31/12/2024"),
        annex("ACI035250001"), annex("ACI035250002", af_etp_postes_insertion="2.5"),
        annex("ACI035250003", af_etat_annexe_financiere_code="ANNULE"),
        annex("AI035250004", af_mesure_dispositif_code="AI_DC", af_id_structure="71", af_etp_postes_insertion="4"),
    ]  # fmt: skip
    made, reading = adapted(header={"periode": "2025T3"}, Structure=STRUCTURES, AnnexeFinanciere=annexes)
    assert cells(made["structures"], "type_structure", "date_debut", "etp_conventionnes") == [
        ("ACI", "2024-01-01", "12.5"),
        ("AI", "2025-01-01", "4.0"),
    ]
    assert made["annexes_financieres"].height == 4
    assert any("1 annexe annulée" in note for note in reading.notes)


def test_of_one_renewal_of_an_annex_the_latest_change_counts():
    rows = [annex("ACI035250001"), annex("ACI035250001", af_numero_avenant_modification="1"),
            annex("ACI035250001", af_numero_avenant_renouvellement="1"),
            annex("FDI035250001", af_mesure_dispositif_code="FDI_DC")]  # fmt: skip
    made, _ = adapted(Structure=STRUCTURES, AnnexeFinanciere=rows)
    assert cells(made["annexes_financieres"], "ligne", "numero_annexe", "siret") == [
        (4, "ACI035250001A0M1", SIRET),
        (5, "ACI035250001A1M0", SIRET),
    ]


def test_a_person_has_the_rights_stated_by_their_latest_contract():
    person = {"salarie_id": "9", "salarie_rci_libelle": "MME", "salarie_annee_naissance": "1990"}
    made, reading = adapted(
        Salarie=[person | {"salarie_codeinseecom": "35238"}],
        ContratMission=[contract("2", contrat_date_embauche="01/02/2025", contrat_salarie_rsa="OUI-M"),
                        contract("1", contrat_date_embauche="15/12/2024", contrat_salarie_rsa="NON")],
        Structure=STRUCTURES,
    )  # fmt: skip
    assert cells(made["salaries"], "id_salarie", "sexe", "brsa") == [("9", "F", "OUI-M")]
    assert not reading.problems


def test_the_real_end_of_a_contract_is_not_its_planned_one():
    contracts = [contract("1"), contract("2", contrat_date_sortie_definitive="15/06/2025"), contract("3")]
    ended = month("3", emi_date_fin_reelle="20/07/2025")
    made, _ = adapted(Structure=STRUCTURES, ContratMission=contracts, EtatMensuelIndiv=[month("1"), ended])
    assert cells(made["contrats"], "id_contrat", "date_fin_prevue", "date_fin_reelle") == [
        ("1", "31/01/2026", None),
        ("2", "31/01/2026", "15/06/2025"),
        ("3", "31/01/2026", "20/07/2025"),
    ]


def test_states_of_a_month_that_another_replaces_make_no_row():
    rows = [
        month("1", emi_nb_heures_travail="90"), month("1", emi_sme_version="2"),
        month("1", emi_sme_version="3", emi_esm_etat_code="SAISI", emi_nb_heures_travail="999"),
        month("2", emi_esm_etat_code="SAISI", emi_nb_heures_travail="10"),
        month("2", emi_esm_etat_code="SAISI", emi_sme_version="2", emi_nb_heures_travail="20"),
        month("1", emi_sme_mois="8", emi_nb_heures_travail="50"),
    ]  # fmt: skip
    made, reading = adapted(EtatMensuelIndiv=rows)
    assert cells(made["heures"], "ligne", "id_contrat", "mois", "heures_travaillees") == [
        (4, "1", "2025-07", "100"),
        (7, "2", "2025-07", "20"),
        (8, "1", "2025-08", "50"),
    ]
    assert any("3 états remplacés" in note for note in reading.notes)


def test_a_month_shared_between_annexes_is_the_sum_of_its_parts():
    rows = [month("1", emi_nb_heures_travail="60,5"), month("2"), month("1", emi_afi_id="2", emi_part_etp="")]
    made, reading = adapted(EtatMensuelIndiv=rows)
    assert cells(made["heures"], "ligne", "id_contrat", "heures_travaillees", "salaire_brut", "part_etp") == [
        (3, "1", "160.5", "2400.0", "0.66"),
        (4, "2", "100", "1200", "0.66"),
    ]
    assert any("2 lignes partagent" in note for note in reading.notes)


def test_a_part_that_cannot_be_read_puts_its_whole_month_aside():
    made, _ = adapted(EtatMensuelIndiv=[month("1", emi_nb_heures_travail="x"), month("1", emi_afi_id="2")])
    assert cells(made["heures"], "heures_travaillees") == [("x + 100",)]


def test_two_rows_of_one_month_and_annex_are_no_parts_and_both_stay():
    made, _ = adapted(EtatMensuelIndiv=[month("1"), month("1", emi_nb_heures_travail="3"), month("1", emi_afi_id="2")])
    assert made["heures"]["heures_travaillees"].to_list() == ["100", "3", "100"]


def test_an_exit_is_the_last_of_a_person_in_a_structure():
    left, why = "contrat_date_sortie_definitive", "contrat_motif_sortie_code"
    contracts = [
        contract("1", **{left: "31/03/2024", why: "8"}), contract("2", **{left: "15/06/2025", why: "3"}),
        contract("3", contrat_id_pph="10"), contract("4", contrat_id_pph="11"),
        contract("5", contrat_id_pph="12", **{left: "01/07/2025"}),
        contract("6", contrat_id_pph="13", **{why: "7"}),
        contract("7", contrat_id_pph="9", contrat_id_structure="71", contrat_mesure_disp_code="AI_DC", **{why: "7",
                 left: "01/01/2024"}),
    ]  # fmt: skip
    months = [
        month("3", emi_date_fin_reelle="20/07/2025", emi_motif_sortie_code="9"),
        month("4", emi_date_fin_reelle="20/07/2025"),  # the end of a contract, not of the pathway
        month("5", emi_motif_sortie_code="10"),
    ]
    made, reading = adapted(Structure=STRUCTURES, ContratMission=contracts, EtatMensuelIndiv=months)
    assert cells(made["sorties"], "ligne", "id_salarie", "siret", "date_sortie", "motif") == [
        (4, "9", SIRET, "15/06/2025", "3"),
        (5, "10", SIRET, "20/07/2025", "9"),
        (7, "12", SIRET, "01/07/2025", "10"),
        (8, "13", SIRET, None, "7"),
        (9, "9", SECOND_SIRET, "01/01/2024", "7"),
    ]
    said = " ".join(reading.notes)
    assert "1 contrat sans sortie" in said and "1 sortie suivie d'une plus récente" in said


def test_a_training_is_that_of_the_person_of_its_contract():
    training = {"formation_date_debut": "01/07/2025", "formation_duree_heures": "14", "formation_duree_minutes": "30"}
    rows = [training | {"formation_id_ctr": "1"}, training | {"formation_id_ctr": "404"}]
    made, _ = adapted(ContratMission=[contract("1")], Structure=STRUCTURES, Formations=rows)
    assert cells(made["formations"], "ligne", "id_salarie", "heures") == [(3, "9", "14:30"), (4, None, "14:30")]


def test_a_view_that_needs_another_says_which():
    _, reading = adapted(ContratMission=[contract("1")])
    assert {(p.rule, p.about) for p in reading.problems} == {("vue_absente", "ContratMission demande Structure")}
    _, reading = adapted(Missions=[{"mission_id_mis": "1", "mission_id_ctr": "1"}])
    assert [(p.rule, p.about) for p in reading.problems] == [("colonne_absente", "mission_date_debut (vue Missions)")]


_CELL = st.one_of(
    st.none(), st.sampled_from(["1", "70", "9", "2025", "7", "01/02/2025", "31/06/2025", "x", "ACI_DC", "VALIDE", "1,5",
                                "99999999999999999999", SIRET, "-", "\x00", "2099-01-01", "deux\nlignes"]),
    st.text(max_size=6),
)  # fmt: skip


def is_blank(cell: str | None) -> bool:
    """Nothing but white space as Unicode has it; Python counts four control characters in, the intake does not."""
    return all(c.isspace() and c not in "\x1c\x1d\x1e\x1f" for c in cell or "")


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_whatever_an_export_holds_no_row_is_made_of_nothing_and_none_is_lost(data):
    views: Tables = {}
    layout = data.draw(st.sampled_from(sorted({row["layout"] for row in LAYOUTS.views})))
    views_of, tables_of, columns_of = (
        [row for row in rows if row["layout"] == layout] for rows in (LAYOUTS.views, LAYOUTS.tables, LAYOUTS.columns)
    )
    for view in data.draw(st.sets(st.sampled_from([row["view"] for row in views_of]), min_size=1)):
        known = next(row["known_by"].split() for row in views_of if row["view"] == view)
        mapped = {c for row in columns_of if row["view"] == view for c in row["view_columns"].split()}
        columns = [*known, *data.draw(st.sets(st.sampled_from(sorted(mapped - set(known)))))]
        rows = data.draw(st.lists(st.fixed_dictionaries(dict.fromkeys(columns, _CELL)), min_size=1, max_size=5))
        views[view] = rows
    made, _ = adapted(**views)
    carried = {row["table"]: row["view"] for row in tables_of}
    for table, frame in made.items():
        filled = [
            n for n, row in enumerate(views[carried[table]], start=3) if not all(is_blank(v) for v in row.values())
        ]
        assert frame["ligne"].is_unique().all()
        assert table == "structures" or set(frame["ligne"]) <= set(filled)
        if not next(row["rows"] for row in tables_of if row["table"] == table) and table != "annexes_financieres":
            assert frame["ligne"].to_list() == filled
        assert all(dtype == pl.String for name, dtype in frame.schema.items() if name != "ligne")
