"""Exports of other software, as rows of their views: contracts, months and annexes of fluxIAE, whole returns.

Here: what tests of exports share. Not here: tests; how a view is written as text (`intake.py`).
"""

import polars as pl
from intake import SECOND_SIRET, SIRET, Tables, a_return, as_flux_iae_says, csv_bytes, flux_iae_views

from orchestration.returns import adapters
from orchestration.returns.reading import Part, Reading

LAYOUTS = adapters.layouts_of()
#: Structure 70 is an ACI in the federation's list, 71 an AI.
STRUCTURES = [
    {"structure_id_siae": "70", "structure_siret_actualise": SIRET, "structure_denomination": "Le Fil"},
    {"structure_id_siae": "71", "structure_siret_actualise": SECOND_SIRET, "structure_denomination": "Le Fil"},
]


def contract(number: str, **changes: str) -> dict[str, str]:
    return {
        "contrat_id_ctr": number, "contrat_id_structure": "70", "contrat_id_pph": "9", "contrat_type_contrat": "0",
        "contrat_mesure_disp_code": "ACI_DC", "contrat_date_embauche": "01/02/2025",
        "contrat_date_fin_contrat": "31/01/2026", "contrat_date_sortie_definitive": "",
        "contrat_motif_sortie_code": "", "contrat_duree_hebdo_travail": "26:00",
    } | changes  # fmt: skip


def month(number: str, **changes: str) -> dict[str, str]:
    return {
        "emi_ctr_id": number, "emi_sme_annee": "2025", "emi_sme_mois": "7", "emi_afi_id": "1", "emi_sme_version": "1",
        "emi_esm_etat_code": "VALIDE", "emi_nb_heures_travail": "100", "emi_mt_salaire_brut": "1200",
        "emi_part_etp": "0.66", "emi_date_fin_reelle": "", "emi_motif_sortie_code": "",
    } | changes  # fmt: skip


def annex(number: str, **changes: str) -> dict[str, str]:
    return {
        "af_numero_annexe_financiere": number, "af_id_structure": "70", "af_mesure_dispositif_code": "ACI_DC",
        "af_etat_annexe_financiere_code": "VALIDE", "af_numero_avenant_renouvellement": "0",
        "af_numero_avenant_modification": "0", "af_date_debut_effet": "01/01/2025", "af_date_fin_effet": "31/12/2025",
        "af_etp_postes_insertion": "10",
    } | changes  # fmt: skip


def part_of(view: str, rows: list[dict[str, str]], first_line: str = "") -> Part:
    frame = pl.DataFrame(rows, schema=dict.fromkeys(rows[0], pl.String)).with_row_index("ligne", offset=3)
    return Part(view, frame, first_line)


def adapted(layouts=LAYOUTS, header: dict[str, str] | None = None, stamp: str = "", **views) -> tuple[dict, Reading]:
    """(our tables, what was read) of these views of one export."""
    reading = Reading(header=dict(header or {}))
    parts = [part_of(view, rows, stamp and f"DEB{view}{stamp}\n") for view, rows in views.items()]
    made = adapters.adapt(parts, reading, layouts)
    return {part.name: part.frame for part in made}, reading


def cells(frame: pl.DataFrame, *columns: str) -> list[tuple]:
    return frame.select(columns).rows()


def files_of(views: Tables) -> dict[str, bytes]:
    """The views as plain CSV, under any name: what a member makes of them with office software."""
    return {f"vue {rank}.csv": csv_bytes(rows, "|") for rank, rows in enumerate(views.values(), start=1)}


def full_return() -> Tables:
    """A return with something of all that an export of ASP can say."""
    tables = a_return()
    place = {"siret": SIRET, "type_structure": "ACI"}
    tables["salaries"] = [
        row | {"brsa": "OUI-M", "qpv": "oui", "zrr": "non", "rqth": "non"} for row in tables["salaries"]
    ]
    tables["contrats"] = [
        row | {"remuneration_brute_mensuelle": "1350,2", "code_rome": "K2204", "duree_hebdo": "26:30"}
        for row in tables["contrats"]
    ]
    tables["annexes_financieres"] = [
        place | {"numero_annexe": "ACI035250012", "date_debut": "2025-01-01", "date_fin": "2025-12-31",
                 "etp_conventionnes": "12.5", "taux_prev_sorties_dynamiques": "60", "taux_prev_sorties_durables": "25"}
    ]  # fmt: skip
    return tables


def flux_return(**more: list[dict[str, str]]) -> Tables:
    """The views of a good return of 20 people, with more rows in some."""
    views = flux_iae_views(as_flux_iae_says(full_return()))
    return {
        view: rows + [dict.fromkeys(rows[0], "") | row for row in more.get(view, [])] for view, rows in views.items()
    }
