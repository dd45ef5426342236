"""The right to erasure: afterwards a home is as if the person had never been sent, and stays so."""

import io
import json
import shutil

import duckdb
import openpyxl
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from intake import (
    MEMBERS_CSV,
    NIR,
    OTHER_SIREN,
    PEOPLE,
    SIREN,
    Killed,
    Tables,
    a_return,
    another_home,
    as_workbook,
    as_zip,
    changed,
    content,
    counts,
    csv_bytes,
    dies_at,
    hidden,
    lake,
    places_of,
    rules,
    take_in,
    tree,
    with_nir,
)
from test_corrections import _corrected as corrected
from test_vault import derived, replay

from contracts import RETURN_TABLES
from orchestration import cli, releases
from orchestration.resources import Keyring, SettingError, Storage
from orchestration.returns import erasure, forgotten, publishing, vault

PERSON, PASS = "MATRICULE-0008", "999990000008"
LATER = {"period": "2025T4", "date_extraction": "2026-01-05"}


def erase(
    home: Storage, siren: str = "", person: str = "", pass_number: str = "", shared: str | None = None
) -> erasure.Erased | None:
    with home.lock():
        return erasure.erase(home, Keyring.open(home), siren, person, pass_number, shared)


def without(tables: Tables, person: str = PERSON, *contracts: str) -> Tables:
    """The return that a member would have sent had the person never been there."""
    theirs = {row["id_contrat"] for row in tables.get("contrats", []) if row["id_salarie"] == person} | set(contracts)
    kept = {
        table: [row for row in rows if row.get("id_salarie") != person and row.get("id_contrat") not in theirs]
        for table, rows in tables.items()
    }
    return {table: rows for table, rows in kept.items() if rows}


def eventful() -> Tables:
    """One return in which the person is in every table that can hold it, and other rows are wrong."""
    tables = changed(a_return(), "missions", "id_contrat", "C8", [0])
    tables["missions"] += [tables["missions"][0] | {"id_mission": "M2", "id_contrat": "C3"}]
    tables["sorties"] += [tables["sorties"][0] | {"id_salarie": PERSON}]
    tables["formations"] += [tables["formations"][0] | {"id_salarie": PERSON}]
    tables["heures"] += [tables["heures"][7], tables["heures"][7] | {"mois": "2025-08"}, tables["heures"][3]]
    return changed(tables, "contrats", "duree_hebdo", "beaucoup", [11])


def books(home: Storage) -> list[tuple]:
    """The registry without what tells one deposit from another."""
    frame = lake(home, "remontees").sort("recue_le", "nom_table")
    return frame.drop("id_remontee", "recue_le", "empreinte").rows()


def same_as(home: Storage, other: Storage) -> None:
    for contract in RETURN_TABLES:
        assert content(home, contract.table).equals(content(other, contract.table)), contract.table
    assert books(home) == books(other)
    reasons = [lake(h, "anomalies").drop("id_remontee", "ligne").sort(pl.all()) for h in (home, other)]
    assert reasons[0].equals(reasons[1])
    rows = [
        [
            (path.parent.name, *row)
            for path in h.quarantine.rglob("*.parquet")
            for row in pl.read_parquet(path).drop("id_remontee", "ligne").rows()
        ]
        for h in (home, other)
    ]
    assert sorted(map(str, rows[0])) == sorted(map(str, rows[1]))


def pseudonyms(home: Storage, siren: str = SIREN, person: str = PERSON, number: str = PASS) -> tuple[str, str]:
    keyring = Keyring.open(home)
    return keyring.pseudonym("member", f"{siren} {person}"), keyring.pseudonym("network", number)


def nowhere(home: Storage, *clear: str) -> None:
    """Neither clear nor as a pseudonym, nor inside an original that is opened."""
    listed = {"vault/erased.json"}
    assert places_of(home, *clear, *pseudonyms(home)) <= listed
    for original in vault.originals(home, Keyring.open(home)):
        if "withheld" in original.facts:
            continue
        texts = [frame.write_csv() for frame in original.read().tables.values()]
        texts += [content.decode("latin-1") for _, content in original.contents]
        assert not any(needle in text for text in texts for needle in (PERSON, PASS, *clear)), original.return_id


# --- as if never sent --------------------------------------------------------------------------------------------


def test_after_an_erasure_a_home_is_as_if_the_person_had_never_been_sent(tmp_path):
    home, other = another_home(tmp_path / "a" / "home"), another_home(tmp_path / "b" / "home")
    theirs = changed(a_return(OTHER_SIREN), "salaries", "id_salarie", "X-8", [7])
    theirs = changed(theirs, "contrats", "id_salarie", "X-8", [7])
    sent = [
        (eventful(), SIREN, PERSON),
        (changed(eventful(), "salaries", "sexe", "?", [7]), SIREN, PERSON),  # everything of the person is wrong
        (theirs, OTHER_SIREN, "X-8"),
        ({table: a_return(**LATER)[table] for table in ("remontee", "heures")}, SIREN, PERSON),
        (changed(eventful(), "contrats", "type_contrat", "CDX", range(12)), SIREN, PERSON),  # refused
        (changed(eventful(), "contrats", "type_contrat", "CDX", [3, 7]), SIREN, PERSON),
    ]
    for tables, siren, person in sent:
        take_in(home, tables, siren=siren)
        take_in(other, without(tables, person, "C8"), siren=siren)
    assert places_of(home, *pseudonyms(home))
    found = erase(home, SIREN, PERSON)
    same_as(home, other)
    nowhere(home, "X-8")
    assert found == erasure.Erased(
        rows={"salaries": 5, "contrats": 5, "missions": 4, "heures": 14, "sorties": 4, "formations": 4},
        returns=6, members=2,
    )  # fmt: skip
    before = derived(home)
    replay(home)
    assert derived(home) == before


@pytest.mark.slow
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    person=st.integers(0, PEOPLE - 1),
    wrong=st.lists(
        st.tuples(
            st.sampled_from(["sexe", "annee_naissance", "id_contrat", "date_debut", "heures_travaillees", "mois"]),
            st.integers(0, PEOPLE - 1),
        ),
        max_size=5,
    ),
    parts=st.sampled_from(["all", "people first", "hours apart"]),
    layout=st.sampled_from([as_zip, as_workbook]),
)
def test_whatever_is_wrong_in_a_return_erasing_is_as_never_having_sent(tmp_path_factory, person, wrong, parts, layout):
    tables = a_return()
    for column, row in wrong:
        table = next(t for t in ("salaries", "contrats", "heures") if column in tables[t][0])
        bad = "2" if column in ("annee_naissance", "heures_travaillees") else ""
        tables = changed(tables, table, column, "-1" if column == "heures_travaillees" else bad, [row])
    who = f"MATRICULE-{person + 1:04}"
    split = {
        "all": [set(tables)],
        "people first": [{"structures", "salaries"}, {"contrats", "heures"}],
        "hours apart": [set(tables) - {"heures", "missions"}, {"heures", "missions"}],
    }[parts]
    folder = tmp_path_factory.mktemp("law")
    home, other = another_home(folder / "a" / "home"), another_home(folder / "b" / "home")
    own = {row["id_contrat"] for row in tables["contrats"] if row["id_salarie"] == who} - {""}
    for chosen in split:
        part = {t: rows for t, rows in tables.items() if t in chosen | {"remontee"}}
        kept = {
            t: [r for r in rows if r.get("id_salarie") != who and r.get("id_contrat") not in own]
            for t, rows in part.items()
        }
        header_only = {t: csv_bytes(rows[:1]).split(b"\r\n")[0] for t, rows in part.items() if not kept[t]}
        take_in(home, layout(part))
        if header_only:
            files = {f"{t}.csv": header_only.get(t) or csv_bytes(kept[t]) for t in part}
            take_in(other, files)
        else:
            take_in(other, layout(kept))
    erase(home, SIREN, who)
    same_as(home, other)


def test_a_pass_number_finds_the_person_at_every_member(home):
    take_in(home, a_return())
    theirs = changed(a_return(OTHER_SIREN), "salaries", "id_salarie", "ANOTHER", [7])
    take_in(home, changed(theirs, "contrats", "id_salarie", "ANOTHER", [7]), siren=OTHER_SIREN)
    assert erase(home, pass_number=" 9999900 00008").members == 2
    for siren in (SIREN, OTHER_SIREN):
        assert lake(home, "salaries").filter(siren_adherent=siren).height == PEOPLE - 1
    nowhere(home, "ANOTHER")


def test_a_number_written_in_another_way_is_the_same_person(home):
    tables = changed(a_return(), "salaries", "id_salarie", "  matricule\u00a0 8 ", [7])
    tables = changed(
        changed(tables, "contrats", "id_salarie", "matricule 8", [7]), "salaries", "pass_iae", "ab1230000008", [7]
    )
    take_in(home, tables)
    take_in(home, changed(a_return(OTHER_SIREN), "salaries", "pass_iae", "AB123 00 00008", [2]), siren=OTHER_SIREN)
    assert erase(home, SIREN, "matricule  8 ") == erasure.Erased(
        {"salaries": 2, "contrats": 2, "heures": 2}, returns=2, members=2
    )
    assert not places_of(home, *pseudonyms(home, person="matricule 8", number="AB1230000008")) - {"vault/erased.json"}


def test_people_who_share_a_mistyped_number_are_not_taken_along(home):
    """Erasing one member's person goes to its PASS, not on to other PASS numbers of whoever has it too."""
    take_in(home, changed(a_return(), "salaries", "pass_iae", PASS, [3]))
    take_in(home, a_return(**LATER))
    take_in(home, a_return(OTHER_SIREN), siren=OTHER_SIREN)
    erase(home, SIREN, PERSON, shared="all")
    left = set(lake(home, "salaries").filter(siren_adherent=OTHER_SIREN)["pass_iae"])
    assert len(left) == PEOPLE - 1, "the true owner of the other number stays"


@pytest.fixture
def with_a_shared_number(home) -> Storage:
    """Two numbers of a member, the fourth and the eighth, have the PASS IAE number of the eighth; another knows it."""
    take_in(home, changed(a_return(), "salaries", "pass_iae", PASS, [3]))
    take_in(home, a_return(OTHER_SIREN), siren=OTHER_SIREN)
    with home.lock():  # leaves its file
        return home


@pytest.mark.parametrize(
    "asked", [{"siren": SIREN, "person": PERSON}, {"pass_number": PASS}, {"siren": OTHER_SIREN, "person": PERSON}]
)
def test_a_number_shared_within_a_member_stops_the_erasure_before_anything_changes(with_a_shared_number, asked):
    before = tree(with_a_shared_number)
    with pytest.raises(SettingError, match=f"2 numbers of member {SIREN} share .*--shared all.*--shared none") as error:
        erase(with_a_shared_number, **asked)
    assert PERSON not in str(error.value) and PASS not in str(error.value)
    assert tree(with_a_shared_number) == before


def test_of_two_persons_who_share_a_number_one_is_erased_where_it_is_named(with_a_shared_number):
    home = with_a_shared_number
    found = erase(home, SIREN, PERSON, shared="none")
    assert found == erasure.Erased({"salaries": 1, "contrats": 1, "heures": 1}, returns=1, members=1)
    mine, theirs = (lake(home, "salaries").filter(siren_adherent=siren) for siren in (SIREN, OTHER_SIREN))
    assert (mine.height, theirs.height) == (PEOPLE - 1, PEOPLE)
    assert pseudonyms(home, person="MATRICULE-0004")[0] in mine["id_salarie"]
    assert pseudonyms(home)[0] not in mine["id_salarie"]
    (receipt,) = take_in(home, changed(a_return(**LATER), "salaries", "pass_iae", PASS, [3]))
    assert [(f["table"], f["line"]) for f in receipt["failures"]] == [("salaries", 9), ("contrats", 9), ("heures", 9)]
    assert rules(receipt) == {"personne_effacee"}


def test_one_person_with_two_numbers_is_erased_under_both(with_a_shared_number):
    home = with_a_shared_number
    assert erase(home, SIREN, PERSON, shared="all").members == 2
    heights = [lake(home, "salaries").filter(siren_adherent=siren).height for siren in (SIREN, OTHER_SIREN)]
    assert heights == [PEOPLE - 2, PEOPLE - 1]
    nowhere(home, pseudonyms(home, person="MATRICULE-0004")[0])


def test_a_contract_that_a_correction_gives_to_somebody_else_keeps_its_hours(home):
    mine = {t: a_return()[t] for t in ("remontee", "structures", "salaries", "contrats", "heures")}
    hours = {t: a_return(**LATER)[t] for t in ("remontee", "heures")}
    take_in(home, mine, changed(mine, "contrats", "id_salarie", "MATRICULE-0009", [7]), hours)
    erase(home, SIREN, PERSON)
    first, second, third = (
        lake(home, "heures").filter(id_remontee=name)["id_contrat"].to_list()
        for name in lake(home, "heures")["id_remontee"].unique().sort()
    )
    (theirs,) = hidden("C8")
    assert theirs not in first and theirs in second and theirs in third


def test_hours_that_came_before_their_contract_go_too(home):
    hours = {t: a_return(**LATER)[t] for t in ("remontee", "heures")}
    (early,) = take_in(home, hours)
    assert early["verdict"] == "refused"
    take_in(home, a_return())
    erase(home, SIREN, PERSON)
    for original in vault.originals(home, Keyring.open(home)):
        assert "C8" not in original.read().tables["heures"]["id_contrat"]


@pytest.mark.parametrize(
    ("totals", "verdict"),
    [
        ({"lignes_contrats": "20", "heures_total": "2 010,0", "lignes_heures": "20"}, "accepted"),
        ({"heures_total": "2009"}, "refused"),
        ({"lignes_contrats": "19"}, "refused"),
        ({"lignes_contrats": "vingt"}, "refused"),
    ],
)
def test_announced_totals_follow_and_a_wrong_one_stays_wrong(home, totals, verdict):
    (receipt,) = take_in(home, a_return(**totals))
    assert receipt["verdict"] == verdict
    erase(home, SIREN, PERSON)
    assert set(lake(home, "remontees")["verdict"]) == {verdict}
    nowhere(home)


def test_originals_that_could_not_be_read_keep_nothing_of_the_members_rows(home):
    """What cannot be read cannot be searched: of such a file of the member its reasons and counts stay."""
    take_in(home, a_return())
    broken = a_return()
    for row in broken["salaries"]:
        del row["sexe"]
    take_in(home, broken, {"salaries.csv": csv_bytes(a_return()["salaries"]), "b.xlsx": b"PK\x03\x04 cut"})
    take_in(home, a_return() | {"annuaire": [{"personne": PERSON}]}, with_nir(NIR))
    before = lake(home, "remontees").filter(verdict="refused")["lignes_recues"].sum()
    erase(home, SIREN, PERSON)
    nowhere(home)
    after = lake(home, "remontees").filter(verdict="refused")["lignes_recues"].sum()
    # Of the return without the column sexe: a person, a contract, a month; the one with a NIR kept nothing anyway.
    assert after == before - 3


# --- and stays so ------------------------------------------------------------------------------------------------


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


# --- the command -------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_an_erasure_killed_at_any_step_and_run_again_ends_as_if_undisturbed(tmp_path, monkeypatch):
    begun, home = another_home(tmp_path / "begun"), Storage(tmp_path / "home")
    few = {t: a_return()[t] for t in ("remontee", "salaries", "formations")}
    few["formations"][0] |= {"id_salarie": PERSON}
    take_in(begun, few, changed(few, "salaries", "sexe", "?", [7]))
    untouched = derived(begun)

    def run(step: int | None) -> int:
        shutil.rmtree(home.home, ignore_errors=True)
        shutil.copytree(begun.home, home.home)
        with monkeypatch.context() as patch:
            done = dies_at(step, patch)
            if step is None:
                erase(home, SIREN, PERSON)
            else:
                with pytest.raises(Killed):
                    erase(home, SIREN, PERSON)
        return done[0]

    steps = run(None)
    erased, listed = derived(home), forgotten.load(home)
    assert steps > 20 and erased != untouched
    last = steps - 16  # every step of putting in place, and some of the many before
    for step in (*range(1, last, 5), *range(last, steps + 1)):
        run(step)
        with home.lock():
            assert derived(home) in (untouched, erased), step
        erase(home, SIREN, PERSON)
        assert derived(home) == erased, step
        again = forgotten.load(home)
        assert (again.member, again.network) == (listed.member, listed.network)
        assert not [path for path in home.home.iterdir() if path.name in (".ready", ".old", ".beside")]
        nowhere(home)


def test_erasing_twice_is_erasing_once_and_nobody_is_an_error(home):
    take_in(home, a_return())
    assert erase(home, SIREN, PERSON) is not None
    before = tree(home)
    assert erase(home, SIREN, PERSON) is None and erase(home, pass_number=PASS) is None
    for wrong in ({"siren": SIREN, "person": "NOBODY"}, {"siren": OTHER_SIREN, "person": PERSON}):
        with pytest.raises(SettingError, match="no return in the vault holds this person"):
            erase(home, **wrong)
    with pytest.raises(SettingError, match="PASS"):
        erase(home, pass_number="123")
    assert tree(home) == before


def test_nothing_but_the_person_may_change(home):
    take_in(home, a_return())
    take_in(home, a_return(OTHER_SIREN), siren=OTHER_SIREN)
    rows = [row for row in MEMBERS_CSV.splitlines() if OTHER_SIREN not in row]
    home.members_csv.write_text("\n".join(rows), encoding="utf-8")
    before = derived(home)
    with pytest.raises(SettingError, match="territoires replay"):
        erase(home, SIREN, "MATRICULE-0003")
    assert derived(home) == before and not home.erased_json.exists()


@pytest.mark.parametrize(
    "arguments",
    [[], ["--member", SIREN], ["--person", PERSON], ["--pass", PASS, "--member", SIREN],
     ["--pass", PASS, "--person", PERSON, "--member", SIREN]],
)  # fmt: skip
def test_whom_to_erase_is_said_in_one_of_two_ways(home, capsys, arguments):
    assert cli.main(["erase", *arguments]) == 2
    assert "--member SIREN with --person ID_SALARIE, or --pass NUMBER" in capsys.readouterr().err


def test_only_a_number_of_a_member_can_be_meant_alone(home, capsys):
    assert cli.main(["erase", "--pass", PASS, "--shared", "none"]) == 2
    assert "goes with --member and --person" in capsys.readouterr().err


@pytest.mark.slow
def test_the_command_erases_refreshes_and_removes_every_release_made_before(home, refresh, capsys):
    take_in(home, a_return(), a_return(period="2025T2", date_extraction="2025-07-05"))
    take_in(home, a_return(OTHER_SIREN), siren=OTHER_SIREN)
    refresh(home.home)
    assert cli.main(["refresh", "--force"]) == 0
    older = [release.id for release in releases.listed(home)]
    assert len(older) == 2
    hidden = pseudonyms(home)
    with duckdb.connect(str(home.current_db), read_only=True) as db:
        people = "select count(distinct person_id) from marts.fct_contract"
        assert db.execute(people).fetchone()[0] == PEOPLE
    assert {name.split("/")[0] for name in places_of(home, *hidden)} >= {"lake", "releases", "build"}
    capsys.readouterr()

    assert cli.main(["erase", "--member", SIREN, "--person", PERSON]) == 0
    told = capsys.readouterr()
    assert "Erased from 3 return(s)" in told.out and "contrats 3" in told.out
    assert "Other members who knew this person by the PASS IAE number, erased there too: 1." in told.out
    assert not any(text in told.out + told.err for text in (PERSON, PASS, *hidden))
    (made,) = releases.listed(home)
    assert made.id not in older and made.is_current
    with duckdb.connect(str(home.current_db), read_only=True) as db:
        assert db.execute(people).fetchone()[0] == PEOPLE - 1
    nowhere(home)
    assert cli.main(["rollback", older[0]]) == 2
    assert cli.main(["erase", "--member", SIREN, "--person", PERSON]) == 0
    assert "had been erased before" in capsys.readouterr().out


@pytest.mark.slow
def test_until_a_new_release_is_there_the_command_says_that_older_ones_remain(home, refresh, monkeypatch, capsys):
    take_in(home, a_return())
    refresh(home.home)
    (older,) = releases.listed(home)
    with monkeypatch.context() as patch:
        patch.setattr(releases, "publish", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
        assert cli.main(["erase", "--pass", PASS]) == 1
    assert "1 release(s) still count the person" in capsys.readouterr().err
    assert cli.main(["rollback", older.id]) == 2, "nor can they be made current again"
    assert cli.main(["refresh"]) == 0
    assert older.id not in [release.id for release in releases.listed(home)]
    nowhere(home)


def test_what_a_header_says_of_the_person_goes_too(home):
    take_in(home, a_return())
    later = without(a_return(**LATER))
    take_in(home, later | {"remontee": [*later["remontee"], {"champ": "note", "valeur": f"{PERSON} est partie"}]})
    erase(home, SIREN, PERSON)
    nowhere(home)
