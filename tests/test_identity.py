"""Who is the same: structures by SIRET and kind, persons by PASS IAE, and what is contradicted about one person."""

import json

from intake import (
    MEMBERS_CSV,
    OTHER_SIREN,
    SIREN,
    SIRET,
    Tables,
    a_return,
    changed,
    lake,
    places_of,
    take_in,
)

from orchestration.resources import Storage


def doubts(receipt: dict) -> list[tuple]:
    return [(w["table"], w["line"], w["column"], w["rule"], w["value"]) for w in receipt["warnings"]]


def page(home: Storage, siren: str) -> tuple[list[tuple], str] | None:
    """(return, table, line, column) listed to a member, and the page's text; None when it has no page."""
    path = home.receipts / siren / "signalements.json"
    if not path.exists():
        return None
    report = json.loads(path.read_text(encoding="utf-8"))
    assert report["siren"] == siren
    rows = [(row["return_id"], row["table"], row["line"], row["column"]) for row in report["signalements"]]
    return rows, path.with_suffix(".html").read_text(encoding="utf-8")


def theirs(**header: str) -> Tables:
    """The other member's return: its own numbers for the same people."""
    tables = a_return(OTHER_SIREN, **header)
    for table in ("salaries", "contrats", "sorties", "formations"):
        tables[table] = [
            row | {"id_salarie": row["id_salarie"].replace("MATRICULE", "DOSSIER")} for row in tables[table]
        ]
    return tables


def test_one_siret_of_two_kinds_is_two_structures(home):
    home.members_csv.write_text(f"{MEMBERS_CSV}{SIREN},Le Fil,{SIRET},ETTI,53,\n", encoding="utf-8")
    tables = a_return()
    tables["structures"] = [tables["structures"][0], tables["structures"][0] | {"type_structure": "ETTI"}]
    tables = changed(tables, "contrats", "type_structure", "ETTI", range(5))
    tables = changed(tables, "contrats", "type_contrat", "CTT", range(5))
    tables["sorties"] = [tables["sorties"][0] | {"type_structure": kind} for kind in ("ACI", "ETTI")]
    (receipt,) = take_in(home, tables)
    # The person left both; its only contract is with the ETTI.
    assert receipt["verdict"] == "accepted"
    assert doubts(receipt) == [("sorties", 2, "date_sortie", "sortie_sans_contrat", None)]
    assert lake(home, "structures").select("siret", "type_structure").rows() == [(SIRET, "ACI"), (SIRET, "ETTI")]
    alone = {name: rows for name, rows in tables.items() if name in ("remontee", "structures")}
    (receipt,) = take_in(home, alone | {"structures": tables["structures"][:1]})
    told = [w["message"] for w in receipt["warnings"] if w["rule"] == "lignes_orphelines"]
    assert [text for text in told if "5 lignes de « contrats »" in text], "the ACI is no ETTI"


def test_the_same_pass_number_is_the_same_person_at_two_members_and_a_member_number_is_not(home):
    take_in(home, a_return())
    take_in(home, a_return(OTHER_SIREN), siren=OTHER_SIREN)
    people = lake(home, "salaries")
    assert people["pass_iae"].n_unique() == 20 and people["id_salarie"].n_unique() == 40


def test_two_members_that_contradict_each_other_are_both_told_and_neither_sees_who_or_what(home):
    (first,) = take_in(home, a_return())
    other = changed(theirs(), "salaries", "annee_naissance", "1999", [6])
    (second,) = take_in(home, changed(other, "salaries", "sexe", "", []), siren=OTHER_SIREN)
    assert first["warnings"] == []
    assert (second["verdict"], doubts(second)) == (
        "accepted", [("salaries", 8, "annee_naissance", "fait_contredit_ailleurs", None)],
    )  # fmt: skip
    mine, text = page(home, SIREN)
    assert mine == [(first["return_id"], "salaries", 8, "annee_naissance")]
    assert "un autre adhérent déclare une information différente" in text
    assert page(home, OTHER_SIREN)[0] == [(second["return_id"], "salaries", 8, "annee_naissance")]
    for siren, other_name in ((SIREN, OTHER_SIREN), (OTHER_SIREN, SIREN)):
        told = {p: p.read_text(encoding="utf-8") for p in (home.receipts / siren).iterdir() if p.suffix != ".xlsx"}
        for path, content in told.items():
            for secret in (other_name, "La Navette", "Le Fil", "1977", "1999", "DOSSIER", "MATRICULE", "999990000007"):
                assert secret not in content, (path, secret)
    people = lake(home, "salaries").filter(ligne=8)
    assert sorted(people["annee_naissance"]) == [1977, 1999], "nothing is merged away"
    told = lake(home, "anomalies").select("siren_adherent", "nom_table", "ligne", "colonne", "regle", "gravite").rows()
    assert told == [(OTHER_SIREN, "salaries", 8, "annee_naissance", "fait_contredit_ailleurs", "avertissement")]
    assert not places_of(home, "DOSSIER-0007")


def test_a_page_says_when_nothing_is_contradicted_any_more(home):
    take_in(home, a_return())
    assert page(home, SIREN) is None
    take_in(home, changed(theirs(), "salaries", "sexe", "H", [1]), siren=OTHER_SIREN)  # line 3: a woman at the first
    assert [row[2:] for row in page(home, SIREN)[0]] == [(3, "sexe")]
    (receipt,) = take_in(home, theirs(), siren=OTHER_SIREN)
    assert receipt["warnings"] == []
    rows, text = page(home, SIREN)
    assert rows == [] and "Rien à signaler" in text


def test_only_what_is_current_contradicts(home):
    """The other member's later period puts right what its earlier one said, which stays in force."""
    take_in(home, changed(theirs(period="2025T2"), "salaries", "annee_naissance", "1999", [6]), siren=OTHER_SIREN)
    take_in(home, theirs(), siren=OTHER_SIREN)
    (receipt,) = take_in(home, a_return())
    assert receipt["warnings"] == [] and page(home, SIREN) is None


def test_a_member_that_contradicts_its_own_earlier_period_is_told_once(home):
    take_in(home, a_return(period="2025T2"))
    (receipt,) = take_in(home, changed(a_return(), "salaries", "annee_naissance", "1999", [0, 3]))
    assert receipt["verdict"] == "accepted"
    assert doubts(receipt) == [
        ("salaries", line, "annee_naissance", "fait_contredit_avant", None) for line in (2, 5)
    ]  # fmt: skip
    later = a_return(period="2025T4", date_extraction="2026-01-05")
    (receipt,) = take_in(home, changed(later, "salaries", "annee_naissance", "1999", [0, 3]))
    assert receipt["warnings"] == []


def test_a_correction_of_the_same_period_contradicts_nothing(home):
    take_in(home, a_return())
    (receipt,) = take_in(home, changed(a_return(), "salaries", "annee_naissance", "1999", [0]))
    assert (receipt["verdict"], receipt["warnings"]) == ("accepted", [])


def test_one_pass_number_for_two_people_is_told_within_a_return_and_between_two(home):
    tables = a_return()
    tables["salaries"] = [*tables["salaries"], tables["salaries"][0] | {"id_salarie": "DOUBLE"}]
    (receipt,) = take_in(home, tables)
    shared = [("salaries", line, "pass_iae", "pass_iae_partage", None) for line in (2, 22)]
    assert (receipt["verdict"], doubts(receipt)) == ("accepted", shared)
    later = a_return(period="2025T4", date_extraction="2026-01-05")
    people = [*later["salaries"][1:], later["salaries"][5] | {"id_salarie": "NOUVEAU"}]
    alone = {
        "remontee": later["remontee"],
        "salaries": [row for row in people if row["id_salarie"] != "MATRICULE-0006"],
    }
    (receipt,) = take_in(home, alone)
    assert doubts(receipt) == [("salaries", 20, "pass_iae", "pass_iae_partage", None)]
