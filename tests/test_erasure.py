"""The right to erasure: afterwards a home is as if the person had never been sent.

Here: the erasure, its command, kills. Not here: what comes in afterwards (`test_erased.py`).
"""

import shutil

import duckdb
import pytest
from erasures import LATER, PASS, PERSON, erase, eventful, nowhere, pseudonyms, same_as, without
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from intake import (
    MEMBERS_CSV,
    NIR,
    OTHER_SIREN,
    PEOPLE,
    SIREN,
    Killed,
    a_return,
    another_home,
    as_workbook,
    as_zip,
    changed,
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
from test_vault import derived, replay

from orchestration import cli, releases
from orchestration.resources import Keyring, SettingError, Storage
from orchestration.returns import erasure, forgotten, vault

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
