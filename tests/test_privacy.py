"""Nothing of a person stays in clear: forbidden data, pseudonyms, masks, encrypted originals."""

import base64
import io
import json
import logging
import tarfile
from collections.abc import Callable

import pytest
from cryptography.exceptions import InvalidTag
from intake import (
    NIR,
    OTHER_KEY,
    OTHER_SIREN,
    PEOPLE,
    SIREN,
    SIRET,
    Tables,
    a_return,
    another_home,
    as_workbook,
    changed,
    csv_bytes,
    deposit,
    hidden,
    lake,
    landed,
    places_of,
    rows_in_lake,
    rules,
    take_in,
    with_nir,
)

from orchestration.resources import Keyring
from orchestration.returns import publishing
from sample import SAMPLE_KEY

FORBIDDEN: dict[str, tuple[Callable[[], bytes | dict[str, bytes] | Tables], tuple[str, ...]]] = {
    "a NIR": (lambda: with_nir(NIR), (NIR,)),
    "a NIR with spaces": (lambda: with_nir("1 85 05 78 006 084 91"), (NIR, "1 85 05 78")),
    "a NIR with a slash": (lambda: with_nir("1850578006084/91"), (NIR[:13],)),
    "a NIR with dashes": (lambda: with_nir("1-85-05-78-006-084-91"), ("1-85-05-78",)),
    "a NIR without key": (lambda: with_nir(NIR[:13]), (NIR[:13],)),
    "a NIR in free text of another table": (
        lambda: changed(a_return(), "activites", "intitule", NIR, [0]), (NIR,)),
    "a NIR in the header": (lambda: a_return(contact=NIR), (NIR,)),
    "a NIR in a workbook": (lambda: as_workbook(with_nir(NIR)), (NIR,)),
    "a column nom": (
        lambda: a_return() | {"salaries": [r | {"Nom": "Zorglub"} for r in a_return()["salaries"]]}, ("zorglub",)),
    "a column e-mail": (
        lambda: a_return() | {"salaries": [r | {"E-mail": "zorglub@x.fr"} for r in a_return()["salaries"]]},
        ("zorglub",)),
    "a column nom de famille": (
        lambda: a_return() | {"contrats": [r | {"Nom de famille": "Zorglub"} for r in a_return()["contrats"]]},
        ("zorglub",)),
    "a column nom beside two columns of one name": (
        lambda: a_return() | {"salaries": [r | {"SEXE": "F", "Nom": "Zorglub"} for r in a_return()["salaries"]]},
        ("zorglub",)),
    "a sheet of names that is no table": (
        lambda: a_return() | {"annuaire": [{"Prénom": "Zorglub", "code": "1"}]}, ("zorglub",)),
    "a file without header": (
        lambda: {"salaries.csv": f"{NIR};Zorglub;Anne\n2{NIR[1:13]};Zorglub;Léa\n".encode(),
                 "remontee.csv": csv_bytes(a_return()["remontee"])}, ("zorglub", NIR, NIR[:13])),
    "a file without header nor key": (
        lambda: {"salaries.csv": f"{NIR[:13]};Zorglub;Anne\n".encode(),
                 "remontee.csv": csv_bytes(a_return()["remontee"])}, ("zorglub", NIR[:13])),
    "a file named after a person, beside": (
        lambda: {f"{table}.csv": csv_bytes(rows) for table, rows in with_nir(NIR).items()}
        | {"Zorglub Anne.csv": b"a;b\n1;2\n"}, ("zorglub", NIR)),
}  # fmt: skip


@pytest.mark.parametrize("case", FORBIDDEN)
def test_what_must_not_be_received_refuses_the_file_and_stays_nowhere(home, case):
    make, needles = FORBIDDEN[case]
    (receipt,) = take_in(home, make())
    assert receipt["verdict"] == "refused"
    assert "donnee_interdite" in rules(receipt), receipt["failures"]
    assert not places_of(home, *needles)
    assert not places_of(home, "MATRICULE-"), "nor the rest of the file"
    assert not list(home.vault.rglob("*.sealed")), "not even encrypted"
    assert rows_in_lake(home) == 0 and not landed(home) and not home.quarantine.exists()


@pytest.mark.parametrize("number", ["1850578006084", "2025070112345"])
def test_a_long_number_of_a_contract_is_no_NIR(home, number):
    tables = changed(a_return(), "missions", "id_mission", number, [0])
    assert take_in(home, tables)[0]["verdict"] == "accepted"


def test_no_identifier_of_a_person_is_left_in_clear(home):
    tables = changed(a_return(), "salaries", "sexe", "?", [19])  # quarantined, and what refers to it
    tables["heures"] += tables["heures"][:1]
    tables["sorties"][0] |= {"motif": "77"}
    (partial,) = take_in(home, tables)
    (refused,) = take_in(home, changed(a_return(), "contrats", "type_contrat", "CDX", range(12)))
    assert (partial["verdict"], refused["verdict"]) == ("partial", "refused")
    assert places_of(home, SIRET), "the search finds what is there"
    assert not places_of(home, "MATRICULE-", "999990000")
    people = lake(home, "salaries")
    for column in ("id_salarie", "pass_iae"):
        assert people[column].str.contains("^[0-9a-f]{32}$").all() and people[column].is_unique().all()


@pytest.mark.parametrize("prefix", ["MATRICULE-", "99999000"])
def test_contracts_and_missions_numbered_after_the_person_stand_in_no_table_in_clear(home, prefix):
    """And every reference between them holds: from one table to the other, to a parent, from one return to the next."""
    tables = a_return()
    number = {n: f"{prefix}{n:04}" for n in range(1, PEOPLE + 1)}
    contracts = {f"C{n}": number[n] for n in number}
    for table in ("contrats", "missions", "heures"):
        tables[table] = [row | {"id_contrat": contracts[row["id_contrat"]]} for row in tables[table]]
    tables["contrats"] = [row | {"id_contrat_parent": ""} for row in tables["contrats"]]
    renewal = tables["contrats"][0] | {"id_contrat": number[1] + "-2", "id_contrat_parent": number[1], "rang": "1"}
    tables["contrats"] += [renewal]
    tables["missions"] = [row | {"id_mission": row["id_contrat"]} for row in tables["missions"]]
    tables = changed(tables, "salaries", "sexe", "?", [19])  # quarantined, and what refers to it
    later = {"remontee": a_return(period="2025T4", date_extraction="2026-01-05")["remontee"],
             "heures": [row | {"mois": "2025-08"} for row in tables["heures"][:19]]}  # fmt: skip
    first, second = take_in(home, tables, later)
    assert (first["verdict"], second["verdict"]) == ("partial", "accepted")
    assert rules(first) == {"code_inconnu", "reference_ecartee"}
    assert not places_of(home, "MATRICULE-", "999990000")
    known = lake(home, "contrats")
    assert set(lake(home, "heures")["id_contrat"]) | set(lake(home, "missions")["id_contrat"]) <= set(
        known["id_contrat"]
    )
    assert set(known["id_contrat_parent"].drop_nulls()) == set(hidden(number[1])) <= set(known["id_contrat"])
    assert not set(known["id_contrat"]) & set(known["id_salarie"])


def test_a_pass_number_links_members_and_a_members_own_number_does_not(home):
    take_in(home, a_return())
    take_in(home, a_return(OTHER_SIREN), siren=OTHER_SIREN)
    mine, theirs = (lake(home, "salaries").filter(siren_adherent=siren) for siren in (SIREN, OTHER_SIREN))
    assert set(mine["pass_iae"]) == set(theirs["pass_iae"]) and mine["pass_iae"].n_unique() == PEOPLE
    assert not set(mine["id_salarie"]) & set(theirs["id_salarie"])
    assert not set(mine["id_salarie"]) & set(mine["pass_iae"])
    assert set(lake(home, "contrats").filter(siren_adherent=SIREN)["id_salarie"]) == set(mine["id_salarie"])


def test_a_pseudonym_depends_on_the_key_and_on_nothing_else(tmp_path, monkeypatch):
    found = []
    for name, key in (("a", SAMPLE_KEY), ("b", SAMPLE_KEY), ("c", OTHER_KEY)):
        monkeypatch.setenv("TERRITOIRES_KEY", key)
        home = another_home(tmp_path / name / "home")
        take_in(home, a_return())
        found.append(set(lake(home, "salaries")["pass_iae"]))
    assert found[0] == found[1] and not found[0] & found[2]


def test_an_original_opens_to_the_very_bytes_received_and_only_with_its_name_and_key(home):
    files = {f"{table}.csv": csv_bytes(rows) for table, rows in a_return().items()}
    (receipt,) = take_in(home, files)
    (sealed,) = home.vault.glob(f"{SIREN}/*.sealed")
    assert sealed.stem == receipt["return_id"]
    facts = json.loads(sealed.with_suffix(".json").read_text())
    keyring, label = Keyring.open(home), f"{SIREN}/{receipt['return_id']}"
    assert facts["label"] == label
    with tarfile.open(fileobj=io.BytesIO(keyring.decrypt(sealed.read_bytes(), label))) as archive:
        assert {m.name: archive.extractfile(m).read() for m in archive} == files
    content = sealed.read_bytes()
    for attempt in (
        lambda: keyring.decrypt(content, label.replace(SIREN, OTHER_SIREN)),
        lambda: keyring.decrypt(content, label + "x"),
        lambda: keyring.decrypt(content[:-1] + bytes([content[-1] ^ 1]), label),
        lambda: Keyring(base64.urlsafe_b64decode(OTHER_KEY)).decrypt(content, label),
    ):
        with pytest.raises(InvalidTag):
            attempt()


@pytest.mark.parametrize(
    "text", ["voir jean.dupont@exemple.fr", "appeler le 06 12 34 56 78", "NIR 2 85 05 76 540 123 69"]
)
def test_what_identifies_a_person_is_refused_wherever_it_is_typed(home, text):
    if text.startswith("NIR"):
        number = int("2850576540123")
        text = f"NIR 2 85 05 76 540 123 {97 - number % 97:02}"
    (receipt,) = take_in(home, changed(a_return(), "activites", "intitule", text, [0]))
    assert rules(receipt) == {"donnee_interdite"}
    assert not [path for path in home.home.rglob("*") if path.is_file() and b"dupont" in path.read_bytes()]


def test_a_person_number_typed_into_another_column_is_masked(home):
    (receipt,) = take_in(home, changed(a_return(), "contrats", "type_contrat", "99999 23 00421", [3]))
    (failure,) = [f for f in receipt["failures"] if f["column"] == "type_contrat"]
    assert failure["value"] == "•••"


@pytest.mark.parametrize("column", ["type_contrat", "date_debut", "commune_travail"])
def test_a_person_number_glued_to_the_cell_before_it_is_masked(home, column):
    tables = changed(a_return(), "contrats", column, "CDDIMATRICULE-0004", [3])
    (receipt,) = take_in(home, tables)
    assert [f["value"] for f in receipt["failures"] if f["column"] == column] == ["•••"]
    assert not places_of(home, "MATRICULE-")


def test_the_log_of_an_unforeseen_failure_quotes_no_cell(home, monkeypatch, caplog):
    cell = "MATRICULE-0008"

    def fails(*_, **__):
        raise ValueError(cell)

    monkeypatch.setattr(publishing, "judge", fails)
    deposit(home, a_return())
    monkeypatch.setattr(logging.getLogger("territoires"), "propagate", True)
    with pytest.raises(ValueError, match="MATRICULE"):
        publishing.take_in(home, Keyring.open(home))
    text = logging.Formatter().format(caplog.records[-1])
    assert "ValueError" in text and "MATRICULE" not in text
