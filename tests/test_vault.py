"""Originals: how they are sealed, everything made again from them, a change of key."""

import base64
import io
import json
import shutil
import stat
import tracemalloc
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from intake import (
    NIR,
    OTHER_KEY,
    OTHER_SIREN,
    OTHER_SIRET,
    SIREN,
    Killed,
    a_return,
    another_home,
    as_workbook,
    as_zip,
    changed,
    csv_bytes,
    deposit,
    dies_at,
    lake,
    rules,
    take_in,
    tree,
    with_nir,
)

from contracts import RETURN_TABLES
from orchestration import cli
from orchestration.resources import Keyring, SettingError, Storage
from orchestration.returns import deposits, publishing, reading, vault
from orchestration.returns.judging import Judgement
from sample import SAMPLE_KEY, write_sample

THIRD_KEY = base64.urlsafe_b64encode(bytes(range(32, 64))).decode()


def derived(home: Storage) -> dict[str, object]:
    """What is made from deposits: parquet as rows in their order, receipts as bytes."""
    found: dict[str, object] = {}
    for name, data in tree(home).items():
        if name.startswith(("lake/returns/", "quarantine/")) and name.endswith(".parquet"):
            found[name] = pl.read_parquet(home.home / name).rows(named=True)
        elif name.startswith("receipts/"):
            found[name] = data
    return found


def eventful(home: Storage) -> list[dict]:
    """Receipts of a little of everything: corrections, repeats, refusals of each kind, parts, out of order."""
    good, theirs = a_return(), a_return(OTHER_SIREN)
    parts = {table: a_return(period="2025-08")[table] for table in ("remontee", "heures")}
    found = take_in(home, good, as_zip(good))  # the second is the same file
    found += take_in(home, changed(good, "salaries", "sexe", "?", [4]), as_workbook(a_return(period="2025T2")))
    found += take_in(home, theirs, changed(theirs, "contrats", "type_contrat", "CDX", range(12)), siren=OTHER_SIREN)
    found += take_in(home, with_nir(NIR), a_return(lignes_contrats="3", contact=NIR), b"PK\x03\x04 cut short")
    found += take_in(home, a_return(heures_total="7"), changed(good, "contrats", "siret", OTHER_SIRET, [2]))
    found += take_in(home, {f"{table}.csv": csv_bytes(rows) for table, rows in parts.items()})
    found += take_in(home, a_return(period="2025T1"), with_nir(NIR), siren="300000007")
    assert {receipt["verdict"] for receipt in found} == {"accepted", "partial", "refused"}
    assert [receipt["repeats"] for receipt in found if receipt["repeats"]]
    return found


def replay(home: Storage) -> None:
    with home.lock():
        target = home.beside()
        publishing.replay(home, Keyring.open(home), target)
        publishing.put_in_place(home, target)


# --- the vault alone gives everything back -----------------------------------------------------------------------


@pytest.mark.parametrize("batch", [1, 3, 250])
def test_a_replay_gives_the_same_rows_quarantine_and_receipts_however_they_were_batched(home, monkeypatch, batch):
    receipts = eventful(home)
    assert len(receipts) == 14
    before = derived(home)
    for gone in (home.lake, home.quarantine, home.receipts):
        shutil.rmtree(gone)
    monkeypatch.setattr(publishing, "BATCH", batch)
    monkeypatch.setattr(publishing, "BATCH_BYTES", 10_000 * batch)
    replay(home)
    assert derived(home) == before
    assert not list(home.home.glob(".[!l]*")), "nothing is left beside"


def test_a_replay_of_the_sample_gives_the_same_lake(tmp_path, monkeypatch):
    write_sample(tmp_path / "home", scale=0.05, quarters=3)
    home = Storage(tmp_path / "home")
    monkeypatch.setenv("TERRITOIRES_HOME", str(home.home))
    monkeypatch.setattr(deposits, "QUIET_SECONDS", 0.0)
    assert len(take_in(home)) > 100
    before = derived(home)
    assert cli.main(["replay", "--into", str(tmp_path / "again")]) == 0
    assert derived(home) == before and not home.rebuilt.exists(), "the first home is left alone"
    again = Storage(tmp_path / "again")
    assert derived(again) == before
    assert not list(again.vault.glob("*/*")), "originals stay in one place"
    assert cli.main(["replay", "--into", str(again.home)]) == 2, "not into a home that holds something"
    assert cli.main(["replay"]) == 0
    assert derived(home) == before and home.rebuilt.exists()


def test_of_a_return_with_forbidden_data_the_vault_keeps_reasons_and_counts_and_no_value(home):
    (receipt,) = take_in(home, a_return(lignes_contrats="987654", contact=NIR))
    assert rules(receipt) == {"donnee_interdite", "total_de_controle"}
    assert not any(failure["value"] for failure in receipt["failures"])
    (facts,) = home.vault.glob(f"{SIREN}/*")
    text = facts.read_text()
    assert "987654" not in text and NIR not in text and "MATRICULE" not in text
    withheld = json.loads(text)["withheld"]
    assert withheld["rows"]["contrats"] == 20 and withheld["period"] == "2025T3"


def test_originals_are_listed_in_order_of_arrival_with_their_facts(home):
    receipts = eventful(home)
    found = vault.originals(home, Keyring.open(home))
    assert [o.return_id for o in found] == [r["return_id"] for r in receipts]
    assert [f"{o.received_at.isoformat()}Z" for o in found] == [r["received_at"] for r in receipts]
    assert len({o.facts["key"] for o in found}) == 1
    (parts,) = [o for o in found if o.facts["files"] == 2]
    assert parts.facts["size"] == sum(len(content) for _, content in parts.contents)


@pytest.mark.parametrize("harm", ["missing", "cut", "moved"])
def test_an_original_that_is_missing_damaged_or_moved_stops_the_replay_and_changes_nothing(home, harm):
    take_in(home, a_return(), a_return(period="2025T2"))
    first, second = sorted(home.vault.glob(f"{SIREN}/*.sealed"))
    if harm == "missing":
        first.unlink()
    else:
        first.write_bytes(first.read_bytes()[:-1] if harm == "cut" else second.read_bytes())
    before = derived(home)
    with pytest.raises(SettingError, match=first.name):
        replay(home)
    assert derived(home) == before and not home.rebuilt.exists()


def test_members_csv_of_today_decides_at_a_replay(home):
    take_in(home, a_return(), a_return(OTHER_SIREN))
    take_in(home, a_return(OTHER_SIREN), siren=OTHER_SIREN)
    text = home.members_csv.read_text(encoding="utf-8")
    home.members_csv.write_text("\n".join(row for row in text.splitlines() if OTHER_SIREN not in row), encoding="utf-8")
    replay(home)
    assert set(lake(home, "salaries")["siren_adherent"]) == {SIREN}


@pytest.mark.slow
def test_a_replay_killed_at_any_step_leaves_the_lake_as_it_was_or_as_it_becomes(tmp_path, monkeypatch):
    begun, home = another_home(tmp_path / "begun"), Storage(tmp_path / "home")
    take_in(begun, {t: a_return()[t] for t in ("remontee", "salaries")}, with_nir(NIR))
    take_in(begun, a_return(OTHER_SIREN), siren=OTHER_SIREN)
    before = derived(begun)
    rows = "\n".join(r for r in begun.members_csv.read_text("utf-8").splitlines() if OTHER_SIREN not in r)
    begun.members_csv.write_text(rows, encoding="utf-8")  # so that the replayed lake is another one

    def run(step: int | None) -> int:
        shutil.rmtree(home.home, ignore_errors=True)
        shutil.copytree(begun.home, home.home)
        with monkeypatch.context() as patch:
            done = dies_at(step, patch)
            if step is None:
                replay(home)
            else:
                with pytest.raises(Killed):
                    replay(home)
        return done[0]

    steps = run(None)
    after = derived(home)
    assert steps > 20 and after != before
    seen = []
    for step in range(1, steps + 1):
        run(step)
        with home.lock():  # whoever comes next
            now = derived(home)
        assert now in (before, after), step
        seen.append(now == after)
        assert not (home.home / ".ready").exists() and not (home.home / ".old").exists()
    assert seen == sorted(seen) and 3 < sum(seen) < steps
    replay(home)
    assert derived(home) == after


# --- a change of key ---------------------------------------------------------------------------------------------


@pytest.fixture
def rotate(monkeypatch):
    def change(old: str | None, new: str) -> int:
        monkeypatch.setenv("TERRITOIRES_KEY", old) if old else monkeypatch.delenv("TERRITOIRES_KEY", raising=False)
        monkeypatch.setenv("TERRITOIRES_NEW_KEY", new)
        try:
            return cli.main(["rotate-key"])
        finally:
            monkeypatch.delenv("TERRITOIRES_NEW_KEY")

    return change


def test_after_a_change_of_key_originals_open_under_the_new_one_and_pseudonyms_are_the_same(
    home, monkeypatch, rotate, capsys
):
    eventful(home)
    before = derived(home)
    clear = {o.return_id: o.contents for o in vault.originals(home, Keyring.open(home)) if "withheld" not in o.facts}
    old = {path: path.read_bytes() for path in home.vault.rglob("*.sealed")}
    assert len(clear) == len(old) == 11
    first = Keyring.open(home)
    for present, new in ((SAMPLE_KEY, OTHER_KEY), (OTHER_KEY, THIRD_KEY)):
        assert rotate(present, new) == 0
        monkeypatch.setenv("TERRITOIRES_KEY", new)
        keyring = Keyring.open(home)
        assert all(keyring.pseudonym(scope, "x") == first.pseudonym(scope, "x") for scope in ("network", "member"))
        found = [o for o in vault.originals(home, keyring) if "withheld" not in o.facts]
        assert {o.return_id: o.contents for o in found} == clear
        assert {o.facts["key"] for o in found} == {keyring.fingerprint}
        monkeypatch.setenv("TERRITOIRES_KEY", present)
        with pytest.raises(SettingError, match=f"rotated on {datetime.now(UTC):%Y-%m-%d}"):
            Keyring.open(home)
    assert all(path.read_bytes() != content for path, content in old.items())
    monkeypatch.setenv("TERRITOIRES_KEY", SAMPLE_KEY)
    with pytest.raises(SettingError, match="rotated on"):
        Keyring.open(home)
    monkeypatch.setenv("TERRITOIRES_KEY", THIRD_KEY)
    assert take_in(home) == [] and derived(home) == before
    people = set(lake(home, "salaries")["pass_iae"])
    take_in(home, a_return(period="2025T4", date_extraction="2026-01-05"))
    assert set(lake(home, "salaries")["pass_iae"]) == people
    before = derived(home)
    replay(home)
    assert derived(home) == before
    assert rotate(OTHER_KEY, THIRD_KEY) == 0, "said once more, it is done"
    assert "already has the new key" in capsys.readouterr().out


def test_a_change_of_key_killed_at_any_step_ends_when_run_again(tmp_path, monkeypatch, rotate):
    begun, home = another_home(tmp_path / "begun"), Storage(tmp_path / "home")
    take_in(begun, {t: a_return()[t] for t in ("remontee", "salaries")}, with_nir(NIR), a_return(period="2025T2"))
    clear = {o.return_id: o.contents for o in vault.originals(begun, Keyring.open(begun)) if "withheld" not in o.facts}
    monkeypatch.setenv("TERRITOIRES_HOME", str(home.home))

    def run(step: int | None) -> int:
        shutil.rmtree(home.home, ignore_errors=True)
        shutil.copytree(begun.home, home.home)
        with monkeypatch.context() as patch:
            done = dies_at(step, patch)
            if step is None:
                rotate(SAMPLE_KEY, OTHER_KEY)
            else:
                with pytest.raises(Killed):
                    rotate(SAMPLE_KEY, OTHER_KEY)
        return done[0]

    steps = run(None)
    assert steps > 10
    for step in range(1, steps + 1):
        run(step)
        assert rotate(SAMPLE_KEY, OTHER_KEY) == 0
        monkeypatch.setenv("TERRITOIRES_KEY", OTHER_KEY)
        found = [o for o in vault.originals(home, Keyring.open(home)) if "withheld" not in o.facts]
        assert {o.return_id: o.contents for o in found} == clear, step
        assert not [path for path in home.home.rglob("*") if path.name.startswith((".ready", ".old", ".beside"))]
        monkeypatch.setenv("TERRITOIRES_KEY", SAMPLE_KEY)
        with pytest.raises(SettingError, match="rotated on"):
            Keyring.open(home)


def test_the_sample_can_leave_its_public_key(tmp_path, monkeypatch, rotate):
    write_sample(tmp_path / "home", scale=0.01, quarters=1)
    home = Storage(tmp_path / "home")
    monkeypatch.setenv("TERRITOIRES_HOME", str(home.home))
    monkeypatch.delenv("TERRITOIRES_KEY")
    monkeypatch.setattr(deposits, "QUIET_SECONDS", 0.0)
    assert take_in(home)
    before = derived(home)
    assert rotate(None, OTHER_KEY) == 0
    with pytest.raises(SettingError, match="rotated on"):
        Keyring.open(home)
    monkeypatch.setenv("TERRITOIRES_KEY", OTHER_KEY)
    replay(home)
    assert derived(home) == before


@pytest.mark.parametrize("new", ["", "abc", base64.urlsafe_b64encode(bytes(31)).decode()])
def test_a_missing_or_malformed_new_key_is_named(home, rotate, capsys, new):
    take_in(home, a_return())
    before = tree(home)
    assert rotate(SAMPLE_KEY, new) == 2
    assert "TERRITOIRES_NEW_KEY" in capsys.readouterr().err
    assert tree(home) == before


def test_a_change_of_key_needs_the_present_key(home, rotate, capsys):
    take_in(home, a_return())
    before = tree(home)
    assert rotate(THIRD_KEY, OTHER_KEY) == 2
    assert "TERRITOIRES_KEY is not the key of this home" in capsys.readouterr().err
    assert tree(home) == before | {".lock": b""}


def test_what_a_killed_refresh_left_half_sealed_does_not_survive_a_change_of_key(home, rotate):
    take_in(home, a_return())
    folder = home.vault / SIREN
    (folder / "20250101T000000000000-0123456789ab.sealed").write_bytes(b"x")
    (folder / ".20250101T000000000000-0123456789ab.sealed.0a0a.part").write_bytes(b"x")
    assert rotate(SAMPLE_KEY, OTHER_KEY) == 0
    assert len(list(folder.iterdir())) == 2


# --- sealing -----------------------------------------------------------------------------------------------------


def test_nobody_but_the_owner_reads_the_vault(home, rotate):
    take_in(home, a_return(), with_nir(NIR))
    for _ in range(2):
        for path in (home.vault, *home.vault.rglob("*")):
            assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
        rotate(SAMPLE_KEY, OTHER_KEY)


def test_the_same_content_is_never_sealed_twice_the_same_way(home):
    keyring = Keyring.open(home)
    assert len({keyring.encrypt(b"x", "label")[:12] for _ in range(100)}) == 100


def test_sealing_a_large_deposit_makes_no_second_copy_in_memory(home):
    size = 64_000_000
    file = home.home / "large.csv"
    file.write_bytes(bytes(size))
    judgement = Judgement(deposits.of_files(SIREN, [file], 10**18), reading.Reading())
    assert len(judgement.deposit.contents[0][1]) == size and judgement.deposit.sha256
    keyring = Keyring.open(home)
    tracemalloc.start()
    vault.seal(judgement, home, keyring)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.2 * size
    (original,) = vault.originals(home, keyring)
    assert original.contents == judgement.deposit.contents


def test_a_reading_comes_back_from_the_vault_as_it_was_kept():
    """A field that a reading has gained must be kept too, or named here as one that is not."""
    read = reading.read([("2025T3.zip", as_zip(a_return(heures_total="nan") | {"annuaire": [{"a": "b"}]}))])
    read.refuse("siret_d_un_autre", table="contrats", line=4, column="siret", value="1")
    read.siren_of_export = SIREN
    read.erased, read.gone, read.is_whole = {"salaries": [3, 5]}, {"heures": [2]}, True
    read.tables["salaries"] = read.tables["salaries"].with_columns(zrr=pl.lit(None, pl.String), qpv=pl.lit(""))
    files = dict(vault.reduced(read))
    facts = json.loads(files.pop("lecture.json"))
    again = vault._reading(facts, {Path(name).stem: pl.read_parquet(io.BytesIO(f)) for name, f in files.items()})
    for name in (field.name for field in fields(reading.Reading) if field.name not in ("tables", "instead")):
        assert getattr(again, name) == getattr(read, name) and getattr(read, name), name
    assert all(again.tables[table].equals(frame, null_equal=True) for table, frame in read.tables.items())


def test_a_damaged_key_json_and_a_vault_on_another_file_system_are_named(home, monkeypatch, rotate):
    take_in(home, a_return())
    assert rotate(SAMPLE_KEY, OTHER_KEY) == 0
    monkeypatch.setenv("TERRITOIRES_KEY", OTHER_KEY)
    mark = json.loads(home.key_json.read_text())
    mark["pseudonyms"] = base64.b64encode(bytes(200)).decode()
    home.key_json.write_text(json.dumps(mark))
    with pytest.raises(SettingError, match=r"key\.json is damaged"):
        Keyring.open(home)
    elsewhere = Path("/dev/shm")
    if elsewhere.exists() and elsewhere.stat().st_dev != home.home.stat().st_dev:
        shutil.rmtree(home.receipts)
        home.receipts.symlink_to(elsewhere)
        with pytest.raises(SettingError, match="file system"):
            home.beside()


def test_a_deposit_is_sealed_again_when_its_refresh_was_killed_before_the_registry(home, monkeypatch):
    deposit(home, a_return())
    with monkeypatch.context() as patch:
        patch.setattr(publishing, "_registry_rows", lambda judgement: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            publishing.take_in(home, Keyring.open(home))
    replay(home)
    assert lake(home, "remontees").height == len(RETURN_TABLES), "the vault knows it already"
    before = derived(home)
    assert take_in(home) == [] and derived(home) == before
