"""What a refresh writes and when: interruptions, files still arriving, settings of a home."""

import base64
import json
import shutil
import time
from dataclasses import replace

import polars as pl
import pytest
from intake import (
    MEMBERS_CSV,
    NIR,
    OTHER_KEY,
    OTHER_SIREN,
    OTHER_SIRET,
    PEOPLE,
    SECOND_SIRET,
    SIREN,
    SIRET,
    Killed,
    Tables,
    a_return,
    another_home,
    as_zip,
    changed,
    csv_bytes,
    deposit,
    dies_at,
    lake,
    landed,
    rows_in_lake,
    rules,
    take_in,
    tree,
)

from contracts import CONTRACTS
from orchestration import releases
from orchestration.resources import Keyring, SettingError, Storage
from orchestration.returns import deposits, publishing
from sample import SAMPLE_KEY


def _two_tables(**header: str) -> Tables:
    return {table: a_return(**header)[table] for table in ("remontee", "salaries", "formations")}


def _begun(home: Storage) -> None:
    """A return in the lake; a correction with a wrong row, loose files and what must not be received are waiting."""
    deposit(home, _two_tables())
    publishing.take_in(home, Keyring.open(home))
    deposit(home, changed(_two_tables(), "salaries", "sexe", "?", [7]))
    for table, rows in _two_tables(period="2025T2").items():
        (home.landing / SIREN / f"{table}.csv").write_bytes(csv_bytes(rows))
    deposit(home, _two_tables(siren=OTHER_SIREN, contact=NIR), OTHER_SIREN)


def _state(home: Storage) -> dict[str, object]:
    """Every file but the seals, which draw at random: parquet as rows, originals as opened."""
    state: dict[str, object] = {}
    for name, data in tree(home).items():
        path = home.home / name
        if name.endswith(".parquet"):
            state[name] = pl.read_parquet(path).rows()
        elif name.endswith(".sealed"):
            label = json.loads(path.with_suffix(".json").read_text())["label"]
            state[name] = Keyring.open(home).decrypt(data, label)
        elif not name.startswith("vault/"):
            state[name] = data
    return state


def _keep_hours_of_arrival(home: Storage, monkeypatch) -> None:
    """A copy of a home would arrive at another time, which is part of a return's identity."""
    real = deposits._sort
    hours = {place: 1_760_000_000 + i for i, place in enumerate(sorted(p.name for p in home.landing.glob("*/*.depot")))}

    def sort(siren, place, files, complete, now, ready, arriving):
        found: list[deposits.Deposit] = []
        real(siren, place, files, True, now, found, arriving)
        ready += [replace(d, arrived_ns=hours.get(d.place[0].name, 1_770_000_000) * 10**9) for d in found]

    monkeypatch.setattr(deposits, "_sort", sort)


@pytest.mark.slow
def test_a_refresh_killed_at_any_step_and_run_again_ends_as_if_undisturbed(tmp_path, monkeypatch):
    begun, home = another_home(tmp_path / "begun"), Storage(tmp_path / "home")
    _begun(begun)
    _keep_hours_of_arrival(begun, monkeypatch)

    def run(step: int | None) -> tuple[dict[str, object], int]:
        shutil.rmtree(home.home, ignore_errors=True)
        shutil.copytree(begun.home, home.home)
        with monkeypatch.context() as patch:
            done = dies_at(step, patch)
            if step is None:
                publishing.take_in(home, Keyring.open(home))
            else:
                with pytest.raises(Killed):
                    publishing.take_in(home, Keyring.open(home))
        if step is not None:
            publishing.take_in(home, Keyring.open(home))
        assert not landed(home), step
        return _state(home), done[0]

    undisturbed, steps = run(None)
    made = [json.loads(data) for name, data in undisturbed.items() if name.startswith("receipts") and ".json" in name]
    assert sorted(receipt["verdict"] for receipt in made) == ["accepted", "accepted", "partial", "refused"]
    assert steps > 20
    for step in range(1, steps + 1):
        assert run(step)[0] == undisturbed, step


def test_a_file_that_may_still_be_arriving_is_left_alone(home):
    folder = home.landing / SIREN
    folder.mkdir(parents=True)
    for name in ("remontee.zip", ".remontee.zip", "remontee.zip.part", "remontee.zip.filepart", "remontee.tmp"):
        (folder / name).write_bytes(as_zip(a_return()))
    hidden = folder / ".2025.depot"
    hidden.mkdir()
    (hidden / "remontee.zip").write_bytes(as_zip(a_return()))
    before = landed(home)
    assert take_in(home) == [] and landed(home) == before
    ready, arriving = deposits.pending(home, time.time() + 60)
    assert [d.paths for d in ready] == [((folder / "remontee.zip"),)] and arriving == []
    assert deposits.pending(home, time.time())[1] == [folder / "remontee.zip"]
    time.sleep(deposits.QUIET_SECONDS + 0.1)
    (receipt,) = take_in(home)
    assert receipt["verdict"] == "accepted"
    assert sorted(landed(home)) == sorted(set(before) - {f"{SIREN}/remontee.zip"})


def test_a_folder_with_more_in_it_than_was_read_does_not_stop_the_refresh(home, monkeypatch):
    folder = home.landing / SIREN / "troisième trimestre"
    folder.mkdir(parents=True)
    (folder / "remontee.zip").write_bytes(as_zip(a_return()))
    (folder / ".DS_Store").write_bytes(b"x")
    monkeypatch.setattr(deposits, "QUIET_SECONDS", 0.0)
    assert [r["verdict"] for r in take_in(home)] == ["accepted"]
    assert take_in(home) == []


@pytest.mark.parametrize("key", [None, "", "abc", "é" * 43, base64.urlsafe_b64encode(bytes(31)).decode(), "A" * 45])
def test_a_missing_or_malformed_key_is_named(home, monkeypatch, key):
    monkeypatch.delenv("TERRITOIRES_KEY")
    if key is not None:
        monkeypatch.setenv("TERRITOIRES_KEY", key)
    with pytest.raises(SettingError, match="TERRITOIRES_KEY"):
        Keyring.open(home)
    assert not home.vault.exists()


def test_a_home_keeps_to_its_first_key(home, monkeypatch):
    take_in(home, a_return())
    monkeypatch.setenv("TERRITOIRES_KEY", OTHER_KEY)
    with pytest.raises(SettingError, match="TERRITOIRES_KEY"):
        Keyring.open(home)
    monkeypatch.setenv("TERRITOIRES_KEY", SAMPLE_KEY)
    Keyring.open(home)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (None, ["members.csv"]),
        (MEMBERS_CSV.replace(OTHER_SIRET, "00020002200001"), ["line 4", "column siret", "siret_invalide"]),
        (MEMBERS_CSV.replace(f"{SECOND_SIRET},AI", f"{SECOND_SIRET},IA"), ["line 3", "type_structure", "code_inconnu"]),
        (MEMBERS_CSV.replace("000200022,La", ",La"), ["line 4", "siren_adherent", "valeur_absente"]),
        (MEMBERS_CSV.replace("siret", "SIRET"), ["line 2", "column siret", "valeur_absente"]),
        (MEMBERS_CSV + f"{OTHER_SIREN},Autre,{SIRET},ACI,53,\n", ["column siret", "cle_en_double"]),
        (MEMBERS_CSV + f"{OTHER_SIREN},A,B,{SIRET},ACI,53,,\n", ["line 5"]),
    ],
)
def test_a_missing_or_wrong_list_of_members_is_named_with_its_line_and_column(home, text, named):
    home.members_csv.unlink()
    if text is not None:
        home.members_csv.write_text(text, encoding="utf-8")
    deposit(home, a_return())
    with pytest.raises(SettingError) as raised:
        publishing.take_in(home, Keyring.open(home))
    assert all(part in str(raised.value) for part in named), raised.value
    assert landed(home) and rows_in_lake(home) == 0


def test_a_list_of_members_in_another_encoding_is_named(home):
    home.members_csv.write_bytes(MEMBERS_CSV.replace("Navette", "Navetée").encode("cp1252"))
    with pytest.raises(SettingError, match="UTF-8"):
        publishing.members(home)


def test_a_lake_written_under_an_older_contract_takes_today_s_shape(home):
    """A column that the contract has gained since is null in the older rows; nothing else changes."""
    take_in(home, a_return())
    path = home.member_file("contrats", SIREN)
    older = pl.read_parquet(path).drop("code_rome")
    older.write_parquet(path)
    schema = home.lake_table("returns", "contrats") / "000_schema.parquet"
    pl.read_parquet(schema).drop("code_rome").write_parquet(schema)
    take_in(home, a_return(period="2025T4", date_extraction="2026-01-05"))
    assert pl.read_parquet_schema(path) == CONTRACTS["returns", "contrats"].polars_schema
    rows = lake(home, "contrats")
    assert rows.height == 2 * PEOPLE
    assert rows["code_rome"].null_count() >= PEOPLE


def test_members_csv_may_have_semicolons(home):
    text = home.members_csv.read_text(encoding="utf-8")
    home.members_csv.write_text(text.replace(",", ";"), encoding="utf-8")
    (receipt,) = take_in(home, a_return())
    assert receipt["verdict"] == "accepted"


def test_an_empty_list_of_members_is_an_error_and_takes_nothing(home):
    deposit(home, a_return())
    home.members_csv.write_text("", encoding="utf-8")
    with pytest.raises(SettingError, match=r"members\.csv lists no member"):
        publishing.take_in(home, Keyring.open(home))
    assert landed(home)


def test_an_unforeseen_failure_costs_one_return_at_most(home, monkeypatch):
    deposit(home, a_return())
    deposit(home, a_return(OTHER_SIREN), OTHER_SIREN)
    real = publishing.judge

    def failing(pairs, known, keyring):
        if any(d.siren == SIREN and not r.problems for d, r in pairs):
            raise ZeroDivisionError
        return real(pairs, known, keyring)

    monkeypatch.setattr(publishing, "judge", failing)
    receipts_of = {receipt["siren"]: receipt for receipt in take_in(home)}
    assert rules(receipts_of[SIREN]) == {"fichier_illisible"}
    assert receipts_of[OTHER_SIREN]["verdict"] == "accepted"
    assert not landed(home)


def test_what_is_judged_again_after_a_failure_says_nothing_twice(home, monkeypatch):
    deposit(home, a_return(date_extraction="15/08/2025"))
    deposit(home, a_return(OTHER_SIREN), "000900090")
    real = publishing.judge

    def failing(pairs, known, keyring):
        made = real(pairs, known, keyring)
        if len(pairs) > 1:
            raise ZeroDivisionError
        return made

    monkeypatch.setattr(publishing, "judge", failing)
    receipts_of = {receipt["siren"]: receipt for receipt in take_in(home)}
    assert sum("antérieure à la fin" in note for note in receipts_of[SIREN]["notes"]) == 1
    told = [failure["rule"] for failure in receipts_of["000900090"]["failures"]]
    assert told.count("adherent_inconnu") == 1


def test_what_a_killed_process_had_begun_to_write_is_gone_after_the_next_refresh(home):
    """SIGKILL runs no cleaning up: rows, receipts and originals half written must not lie about for ever."""
    take_in(home, a_return())
    begun = [path.with_name(f".{path.name}.0a1b2c3d.part") for folder in (home.lake, home.receipts, home.vault)
             for path in sorted(folder.rglob("*")) if path.is_file()]  # fmt: skip
    note = home.landing / f"..{SIREN}-20250101T000000000000-abc.judged.0a1b2c3d.part"
    upload = home.landing / SIREN / ".remontee.zip.part"
    for path in (*begun, note, upload):
        path.write_bytes(b"half")
    half_made, link = home.releases / ".20250101.part", home.releases / ".current.0a1b2c3d"
    half_made.mkdir(parents=True)
    link.symlink_to("20240101")
    take_in(home)
    releases._forget_old(home)
    assert len(begun) > 20 and not any(path.exists() for path in (*begun, note, half_made))
    assert not link.is_symlink()
    assert upload.exists(), "a member's file that is still arriving"
