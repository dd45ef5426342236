"""After an erasure: who was erased stays so, at the door and through corrections.

Here: what comes in later. Not here: the erasure itself (`test_erasure.py`).
"""

import io
import json

import openpyxl
import pytest
from erasures import LATER, PASS, PERSON, erase, nowhere, same_as, without
from intake import (
    NIR,
    PEOPLE,
    SIREN,
    Killed,
    Tables,
    a_return,
    another_home,
    as_zip,
    changed,
    counts,
    hidden,
    lake,
    rules,
    take_in,
    tree,
    with_nir,
)
from test_corrections import _corrected as corrected
from test_vault import derived, replay

from orchestration import cli
from orchestration.resources import Storage
from orchestration.returns import publishing


def test_later_rows_of_the_person_are_refused_at_the_door_outside_the_budget(home):
    take_in(home, a_return())
    erase(home, SIREN, PERSON)
    few = {t: a_return(**LATER)[t] for t in ("remontee", "salaries", "contrats", "heures", "sorties")}
    few |= {"salaries": few["salaries"][5:9], "contrats": few["contrats"][5:9], "heures": few["heures"][5:9]}
    few["sorties"][0] |= {"id_salarie": PERSON}
    few["remontee"] += [{"champ": "heures_total", "valeur": "402"}, {"champ": "lignes_contrats", "valeur": "4"}]
    (receipt,) = take_in(home, few)
    assert receipt["verdict"] == "partial" and rules(receipt) == {"personne_effacee"}
    assert [counts(receipt, table) for table in ("salaries", "contrats", "heures")] == [(4, 3, 1, 0)] * 3
    assert counts(receipt, "sorties") == (1, 0, 1, 0)
    assert [(f["table"], f["line"]) for f in receipt["failures"]] == [
        ("salaries", 4), ("contrats", 4), ("heures", 4), ("sorties", 2)
    ]  # fmt: skip
    nowhere(home)
    before = derived(home)
    replay(home)
    assert derived(home) == before
    (again,) = take_in(home, few)
    assert again["repeats"] is None and again["verdict"] == "partial"


def test_hours_alone_of_the_person_are_refused_too(home):
    take_in(home, a_return())
    erase(home, SIREN, PERSON)
    (receipt,) = take_in(home, {t: a_return(**LATER)[t] for t in ("remontee", "heures")})
    assert counts(receipt, "heures") == (PEOPLE, PEOPLE - 1, 1, 0)
    assert rules(receipt) == {"personne_effacee"}
    nowhere(home)


def test_the_same_file_as_before_the_erasure_is_no_repeat(home):
    take_in(home, a_return())
    erase(home, SIREN, PERSON)
    (receipt,) = take_in(home, a_return())
    assert receipt["repeats"] is None
    assert counts(receipt, "contrats") == (PEOPLE, PEOPLE - 1, 1, 0)
    nowhere(home)


def test_a_pass_number_under_a_new_number_of_the_person_is_recognised_and_so_is_what_follows(home):
    take_in(home, a_return())
    erase(home, pass_number=PASS)
    new = changed(a_return(**LATER), "salaries", "id_salarie", "NEW-8", [7])
    new = changed(new, "contrats", "id_salarie", "NEW-8", [7])
    (receipt,) = take_in(home, new)
    assert counts(receipt, "contrats") == (PEOPLE, PEOPLE - 1, 1, 0)
    (receipt,) = take_in(home, {t: new[t] for t in ("remontee", "contrats")})
    assert counts(receipt, "contrats") == (PEOPLE, PEOPLE - 1, 1, 0)
    nowhere(home, "NEW-8")


def test_check_says_what_the_door_would(home, tmp_path, monkeypatch, capsys):
    take_in(home, a_return())
    erase(home, SIREN, PERSON)
    before = tree(home)
    file = tmp_path / "2025T4.zip"
    file.write_bytes(as_zip(a_return(**LATER)))
    assert cli.main(["check", str(file)]) == 1
    assert "effacées" in capsys.readouterr().out
    assert tree(home) == before


def test_a_refused_return_counts_the_rows_of_the_erased_as_set_aside(home):
    take_in(home, a_return())
    erase(home, SIREN, PERSON)
    (receipt,) = take_in(home, a_return(**LATER, lignes_contrats="3"))
    assert receipt["verdict"] == "refused"
    assert counts(receipt, "contrats") == (PEOPLE, 0, PEOPLE, 0)
    (receipt,) = take_in(home, with_nir(NIR))
    assert counts(receipt, "contrats") == (PEOPLE, 0, PEOPLE, 0)
    before = derived(home)
    replay(home)
    assert derived(home) == before


def test_the_erased_stay_erased_after_a_change_of_key(home, monkeypatch):
    take_in(home, a_return())
    erase(home, SIREN, PERSON)
    new = "A" * 42 + "E="
    monkeypatch.setenv("TERRITOIRES_NEW_KEY", new)
    assert cli.main(["rotate-key"]) == 0
    monkeypatch.setenv("TERRITOIRES_KEY", new)
    (receipt,) = take_in(home, {t: a_return(**LATER)[t] for t in ("remontee", "heures")})
    assert counts(receipt, "heures") == (PEOPLE, PEOPLE - 1, 1, 0)
    nowhere(home)


def test_a_refresh_killed_while_it_refuses_the_erased_refuses_them_again(home, monkeypatch):
    """Hours of the person and a contract that goes to somebody else in the same pass."""
    take_in(home, a_return())
    erase(home, SIREN, PERSON)
    hours = {t: a_return(**LATER)[t] for t in ("remontee", "heures")}
    given = {t: a_return(**LATER)[t] for t in ("remontee", "contrats")}
    with monkeypatch.context() as patch:
        patch.setattr(publishing, "_registry_rows", lambda judgement: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            take_in(home, hours, changed(given, "contrats", "id_salarie", "MATRICULE-0009", [7]))
    first, second = take_in(home)
    assert counts(first, "heures") == (PEOPLE, PEOPLE - 1, 1, 0)
    assert counts(second, "contrats") == (PEOPLE, PEOPLE, 0, 0)
    (third,) = take_in(home, hours)
    assert counts(third, "heures") == (PEOPLE, PEOPLE, 0, 0), "the contract is another person's now"


# --- corrections -------------------------------------------------------------------------------------------------


def spoiled() -> Tables:
    """A month of hours of the person, one of somebody else, and the last line of all."""
    return changed(a_return(), "heures", "mois", "juillet", [3, 7, 19])


def mended(home: Storage, receipt: dict, *lines: int) -> bytes:
    return corrected(home, receipt, {("heures", line, "mois"): "2025-07" for line in lines})


def test_corrections_received_before_an_erasure_lose_the_person_too(tmp_path):
    home, other = another_home(tmp_path / "a" / "home"), another_home(tmp_path / "b" / "home")
    (first,) = take_in(home, spoiled())
    (second,) = take_in(home, mended(home, first, 5, 9))
    (third,) = take_in(home, mended(home, second, 21))
    assert [receipt["verdict"] for receipt in (first, second, third)] == ["refused", "partial", "accepted"]
    (first,) = take_in(other, without(spoiled()))
    (second,) = take_in(other, mended(other, first, 5))
    take_in(other, mended(other, second, 20))  # the lines of this home are one less from the ninth on
    erase(home, SIREN, PERSON)
    same_as(home, other)
    nowhere(home)
    newest = max(home.receipts.glob("*/*.json"))
    assert json.loads(newest.read_text())["corrects"]
    before = derived(home)
    replay(home)
    assert derived(home) == before


def test_a_correction_made_before_an_erasure_and_sent_after_it_mends_the_others(home):
    (first,) = take_in(home, spoiled())
    book = openpyxl.load_workbook(io.BytesIO(mended(home, first, 5, 9, 21)))
    book["heures"].append([None, "C3", "2025-08", "7"])  # a new line: after the last
    sent = io.BytesIO()
    book.save(sent)
    erase(home, SIREN, PERSON)
    (second,) = take_in(home, sent.getvalue())
    assert rules(second) == {"personne_effacee"} and counts(second, "heures") == (PEOPLE + 1, PEOPLE, 1, 0)
    nowhere(home)
    assert not set(hidden("C8")) & set(lake(home, "heures")["id_contrat"])
    before = derived(home)
    replay(home)
    assert derived(home) == before


def test_a_correction_that_names_the_erased_is_refused_for_their_rows(home):
    few = changed(a_return(), "salaries", "sexe", "?", [4, 5])
    (first,) = take_in(home, few)
    erase(home, SIREN, PERSON)
    cells = {("salaries", 6, "sexe"): "F", ("salaries", 7, "sexe"): "H", ("salaries", 7, "pass_iae"): PASS}
    (second,) = take_in(home, corrected(home, first, cells))
    assert "personne_effacee" in rules(second)
    nowhere(home)
    before = derived(home)
    replay(home)
    assert derived(home) == before
