"""What members send instead of our tables, through the intake: whole exports of other software, aggregates alone.

Here: what is taken, what is refused and how it is told. Not here: what each view becomes (`test_adapters.py`).
"""

import polars as pl
import pytest
from exports import LAYOUTS, STRUCTURES, adapted, contract, files_of, flux_return, month
from intake import (
    MEMBERS_CSV,
    OTHER_SIREN,
    OTHER_SIRET,
    PEOPLE,
    SIREN,
    SIRET,
    Tables,
    a_return,
    counts,
    csv_bytes,
    lake,
    places_of,
    rules,
    take_in,
)

from contracts import CONTRACTS, FIELDS
from orchestration.cli import main
from orchestration.returns import adapters
from orchestration.returns.reading import Part


def test_what_is_not_known_or_not_found_is_put_aside_with_its_reason(home):
    views = flux_return(
        ContratMission=[contract("900", contrat_mesure_disp_code="XYZ_DC", contrat_id_pph="MATRICULE-0003"),
                        contract("901", contrat_id_structure="404", contrat_id_pph="MATRICULE-0004")],
    )  # fmt: skip
    (receipt,) = take_in(home, files_of(views))
    found = {(f["table"], f["line"], f["column"], f["rule"], f["value"]) for f in receipt["failures"]}
    assert found == {
        ("contrats", 22, "type_structure", "code_inconnu", "XYZ_DC"),
        ("contrats", 22, "type_contrat", "code_inconnu", "XYZ_DC"),
        ("contrats", 23, "siret", "valeur_absente", ""),
    }
    assert counts(receipt, "contrats") == (22, 20, 2, 0)
    assert receipt["verdict"] == "partial"


def test_an_export_alone_says_its_period_and_its_sender(home, capsys):
    files = files_of(flux_return())
    (receipt,) = take_in(home, files)
    assert (receipt["verdict"], receipt["period"]) == ("accepted", "2025-07"), receipt["failures"]
    assert any("Période 2025-07 déduite" in note for note in receipt["notes"])
    folder = home.home.parent / "to check"
    folder.mkdir()
    for name, content_of_file in files.items():
        (folder / name).write_bytes(content_of_file)
    assert main(["check", str(folder)]) == 0
    assert "acceptée" in capsys.readouterr().out


def test_an_export_over_more_than_a_quarter_asks_for_a_header(home):
    views = flux_return(EtatMensuelIndiv=[month("C1", emi_sme_mois="6")])
    (receipt,) = take_in(home, files_of(views))
    assert rules(receipt) == {"entete_absente"} and receipt["verdict"] == "refused"
    assert any("06/2025 à 07/2025" in note and "remontee" in note for note in receipt["notes"])
    stated = {"remontee.csv": csv_bytes([{"champ": "periode", "valeur": "2025T3"}])}
    (receipt,) = take_in(home, files_of(views) | stated)
    assert (receipt["verdict"], receipt["period"]) == ("accepted", "2025T3"), receipt["failures"]


def test_the_day_of_an_export_is_in_its_first_line():
    _, reading = adapted(stamp="31082025_074706", EtatMensuelIndiv=[month("1")])
    assert (reading.header["date_extraction"], reading.header["periode"]) == ("2025-08-31", "2025-07")
    assert any("2025-08-31 déduite" in note for note in reading.notes)
    stated = {"date_extraction": "2025-09-15"}
    _, reading = adapted(header=stated, stamp="31082025_074706", EtatMensuelIndiv=[month("1")])
    assert reading.header["date_extraction"] == "2025-09-15", "what is stated is not deduced"


def test_structures_of_two_sirens_leave_the_sender_to_the_deposit_folder():
    rows = [STRUCTURES[0], STRUCTURES[1] | {"structure_siret_actualise": OTHER_SIRET}]
    elsewhere = contract("2", contrat_id_structure="71", contrat_mesure_disp_code="AI_DC")
    _, reading = adapted(Structure=rows, ContratMission=[contract("1"), elsewhere])
    assert reading.siren_of_export == ""
    _, reading = adapted(Structure=STRUCTURES, ContratMission=[contract("1")])
    assert reading.siren_of_export == SIREN


def test_an_export_of_another_member_is_refused(home):
    (receipt,) = take_in(home, files_of(flux_return()), siren=OTHER_SIREN)
    assert rules(receipt) == {"siret_d_un_autre"}


@pytest.mark.parametrize(
    ("view", "column"),
    [
        ("Structure", "structure_adresse_mail_corresp_technique"),
        ("Structure", "structure_adresse_gestion_telephone"),
        ("Salarie", "salarie_nom_usage"),
        ("Salarie", "salarie_prenom"),
        ("Salarie", "salarie_nir"),
        ("Salarie", "salarie_date_naissance"),
        ("Salarie", "salarie_adr_libelle_voie"),
    ],
)
def test_a_column_of_an_export_that_tells_a_person_is_named_and_nothing_is_kept(home, view, column):
    views = flux_return()
    views[view] = [row | {column: "Zyxwvut"} for row in views[view]]
    (receipt,) = take_in(home, files_of(views))
    assert [(f["rule"], column in f["message"]) for f in receipt["failures"]] == [("donnee_interdite", True)]
    assert not places_of(home, "Zyxwvut")


def test_the_names_of_columns_that_are_mapped_tell_nobody():
    for row in LAYOUTS.columns:
        columns = row["view_columns"].split()
        known_by = next(v["known_by"].split() for v in LAYOUTS.views if v["view"] == row["view"])
        frame = pl.DataFrame(schema=dict.fromkeys([*known_by, *columns], pl.String))
        assert adapters.personal_columns(Part("x", frame, "")) == []


def test_the_same_view_twice_is_refused(home):
    views = flux_return()
    (receipt,) = take_in(home, files_of(views) | {"encore.csv": csv_bytes(views["Salarie"][:3], "|")})
    assert rules(receipt) == {"table_en_double"}


def test_an_export_and_our_own_tables_make_one_return(home):
    own = {"activites.csv": csv_bytes(a_return()["activites"]), "remontee.csv": csv_bytes(a_return()["remontee"])}
    (receipt,) = take_in(home, files_of(flux_return()) | own)
    assert receipt["verdict"] == "accepted", receipt["failures"]
    assert counts(receipt, "activites") == (1, 1, 0, 0) and counts(receipt, "contrats")[1] == PEOPLE


# --- targets and aggregates --------------------------------------------------------------------------------------


def a_report(**changes: str) -> Tables:
    report = {
        "siret": SIRET, "type_structure": "ACI", "date_debut": "2025-01-01", "date_fin": "2025-06-30",
        "salaries_nombre": "40", "sorties_examinees": "12", "sorties_durables": "3", "sorties_transition": "2",
        "sorties_positives": "1",
    }  # fmt: skip
    return {"remontee": a_return()["remontee"], "bilans": [report | changes]}


def test_a_member_that_sends_aggregates_alone_is_accepted_and_registered(home):
    (receipt,) = take_in(home, a_report())
    assert receipt["verdict"] == "accepted", receipt["failures"]
    assert lake(home, "remontees").select("nom_table", "retenue", "lignes_acceptees").rows() == [("bilans", True, 1)]
    assert lake(home, "bilans")["sorties_durables"].to_list() == [3]


def test_the_aggregates_of_another_member_are_refused(home):
    (receipt,) = take_in(home, a_report(siret=OTHER_SIRET, type_structure="AI"))
    assert rules(receipt) == {"siret_d_un_autre"}
    assert OTHER_SIRET in MEMBERS_CSV


def test_personal_fields_are_in_no_table_of_aggregates():
    for table in ("bilans", "annexes_financieres"):
        assert not any(FIELDS[column].personal for column in CONTRACTS["returns", table].columns)
