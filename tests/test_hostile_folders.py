"""What may lie in a landing folder besides files: links, pipes, somebody else's return, names that are no text.

Here: the folder and the refresh of all. Not here: what is in a file (`test_hostile.py`).
"""

import json
import os
import socket
import time
from pathlib import Path

import pytest
from intake import (
    OTHER_SIREN,
    SIREN,
    a_return,
    as_zip,
    csv_bytes,
    deposit,
    landed,
    rows_in_lake,
    rules,
    take_in,
)

from orchestration.resources import Keyring
from orchestration.returns import deposits, limits, publishing, reading

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_DOC = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


# --- the landing folder --------------------------------------------------------------------------------------------


@pytest.fixture
def folder(home, monkeypatch) -> Path:
    """The landing folder of the member, where files count as whole at once."""
    monkeypatch.setattr(deposits, "QUIET_SECONDS", 0.0)
    made = home.landing / SIREN
    made.mkdir(parents=True)
    return made


def test_a_deposit_that_is_too_big_is_refused_unread_and_not_kept(home, folder):
    with (folder / "remontee.zip").open("wb") as file:
        file.truncate(500_000_000_000)  # reading it would take minutes
    (folder / "petit").mkdir()
    (folder / "petit" / "remontee.zip").write_bytes(as_zip(a_return()))
    by_verdict = {receipt["verdict"]: receipt for receipt in take_in(home)}
    assert rules(by_verdict["refused"]) == {"fichier_trop_gros"}
    assert "500000 Mo, 100 au plus" in by_verdict["refused"]["failures"][0]["message"]
    assert by_verdict["accepted"]["period"] == "2025T3"
    assert not landed(home) and len(list(home.vault.glob(f"{SIREN}/*.sealed"))) == 1


def test_a_folder_of_too_many_files_is_refused_unread(home, folder):
    (folder / "tout").mkdir()
    for number in range(limits.MAX_FILES + 1):
        (folder / "tout" / f"{number}.csv").write_bytes(b"")
    (receipt,) = take_in(home)
    assert rules(receipt) == {"trop_de_fichiers"} and not any(folder.iterdir())


def _links(folder: Path, target: Path) -> None:
    (folder / "remontee.zip").symlink_to(target / "remontee.zip")


def _folder_links(folder: Path, target: Path) -> None:
    (folder / "T3").symlink_to(target, target_is_directory=True)


def _link_in_folder(folder: Path, target: Path) -> None:
    (folder / "T3").mkdir()
    (folder / "T3" / "remontee.zip").symlink_to(target / "remontee.zip")


def _dangling(folder: Path, target: Path) -> None:
    (folder / "remontee.zip").symlink_to(target / "absent")


def _pipe(folder: Path, target: Path) -> None:
    os.mkfifo(folder / "remontee.zip")


def _socket(folder: Path, target: Path) -> None:
    here = Path.cwd()
    os.chdir(folder)  # the address of a socket is short
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind("s")
    finally:
        os.chdir(here)


@pytest.mark.parametrize("put", [_links, _folder_links, _link_in_folder, _dangling, _pipe, _socket])
def test_what_is_no_file_is_refused_with_a_receipt_and_neither_opened_nor_followed(home, folder, tmp_path, put):
    target = tmp_path / "elsewhere"
    target.mkdir()
    (target / "remontee.zip").write_bytes(as_zip(a_return()))
    put(folder, target)
    (receipt,) = take_in(home)  # opening the pipe would wait for ever
    assert rules(receipt) == {"pas_un_fichier_ordinaire"}, receipt
    assert rows_in_lake(home) == 0 and not list(home.vault.glob("*/*.sealed"))
    assert not any(folder.iterdir())
    assert (target / "remontee.zip").read_bytes() == as_zip(a_return())
    assert take_in(home) == []


def test_a_link_in_place_of_a_member_s_folder_is_left_and_not_followed(home, folder, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "remontee.zip").write_bytes(as_zip(a_return()))
    folder.rmdir()
    folder.symlink_to(elsewhere, target_is_directory=True)
    assert take_in(home) == []
    assert folder.is_symlink() and (elsewhere / "remontee.zip").exists()


def test_a_file_changed_for_a_link_after_it_was_listed_is_not_followed(home, folder, tmp_path, monkeypatch):
    for name in ("remontee.zip", "T3/remontee.zip"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(as_zip(a_return()))
    secret = tmp_path / "elsewhere"
    secret.mkdir()
    (secret / "remontee.zip").write_bytes(as_zip(a_return(period="2025T2")))
    real = deposits.pending

    def swapped(storage, now=None):
        found = real(storage, now)
        (folder / "remontee.zip").unlink()
        (folder / "remontee.zip").symlink_to(secret / "remontee.zip")
        (folder / "T3").rename(tmp_path / "T3")
        (folder / "T3").symlink_to(secret, target_is_directory=True)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(deposits, "pending", swapped)
        assert take_in(home) == []
    assert rows_in_lake(home) == 0 and (secret / "remontee.zip").exists()
    assert {rule for receipt in take_in(home) for rule in rules(receipt)} == {"pas_un_fichier_ordinaire"}
    assert (secret / "remontee.zip").exists()


def test_a_folder_swapped_for_a_link_before_it_is_removed_costs_the_target_nothing(home, folder, tmp_path):
    (folder / "T3").mkdir()
    (folder / "T3" / "remontee.zip").write_bytes(as_zip(a_return()))
    ((listed,), _) = deposits.pending(home)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "remontee.zip").write_bytes(b"precious")
    (folder / "T3").rename(tmp_path / "T3")
    (folder / "T3").symlink_to(elsewhere, target_is_directory=True)
    deposits.remove(listed)
    assert (elsewhere / "remontee.zip").read_bytes() == b"precious"


def test_a_file_that_goes_away_or_changes_after_it_was_listed_waits_for_the_next_time(home, folder, monkeypatch):
    for name, period in (("gone.zip", "2025T1"), ("changed.zip", "2025T2"), ("same.zip", "2025T3")):
        (folder / name).write_bytes(as_zip(a_return(period=period)))
        time.sleep(0.01)
    real = deposits.pending

    def later(storage, now=None):
        found = real(storage, now)
        (folder / "gone.zip").unlink()
        (folder / "changed.zip").write_bytes(as_zip(a_return(period="2025T4", date_extraction="2026-01-02")))
        return found

    with monkeypatch.context() as patch:
        patch.setattr(deposits, "pending", later)
        first = [receipt["period"] for receipt in take_in(home)]
    found = first + [receipt["period"] for receipt in take_in(home)]
    assert sorted(found) == ["2025T3", "2025T4"] and take_in(home) == []
    assert not landed(home)


def test_a_file_replaced_while_it_was_judged_is_not_removed(home, folder, monkeypatch):
    path = folder / "remontee.zip"
    path.write_bytes(as_zip(a_return()))
    real = publishing.judge

    def slow(*arguments):
        path.unlink(missing_ok=True)
        path.write_bytes(as_zip(a_return(period="2025T2")))
        return real(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(publishing, "judge", slow)
        assert [r["period"] for r in take_in(home)] == ["2025T3"]
    assert [r["period"] for r in take_in(home)] == ["2025T2"]


def test_a_file_that_grows_is_left_until_it_is_quiet(home):
    folder = home.landing / SIREN
    folder.mkdir(parents=True)
    whole = as_zip(a_return())
    with (folder / "remontee.zip").open("wb") as file:
        for start in range(0, len(whole), len(whole) // 3):
            file.write(whole[start : start + len(whole) // 3])
            file.flush()
            assert deposits.pending(home)[0] == [] and take_in(home) == []
    assert [d.paths for d in deposits.pending(home, time.time() + 60)[0]] == [(folder / "remontee.zip",)]


def test_files_deep_in_folders_belong_to_the_return_of_their_folder(home, folder):
    for number, (table, rows) in enumerate(a_return().items()):
        place = folder / "T3" / "export" / f"{number}" / "données"
        place.mkdir(parents=True)
        (place / f"{table}.csv").write_bytes(csv_bytes(rows))
    (receipt,) = take_in(home)
    assert receipt["verdict"] == "accepted", receipt["failures"]
    assert not any(folder.iterdir())


def test_hard_links_are_files(home, folder, tmp_path):
    (tmp_path / "mine.zip").write_bytes(as_zip(a_return()))
    (folder / "remontee.zip").hardlink_to(tmp_path / "mine.zip")
    assert [r["verdict"] for r in take_in(home)] == ["accepted"]
    assert (tmp_path / "mine.zip").exists() and not landed(home)


def test_big_deposits_are_read_a_few_at_a_time(home, folder, monkeypatch):
    for number, period in enumerate(("2025T1", "2025T2", "2025T3")):
        (folder / f"{number}.zip").write_bytes(as_zip(a_return(period=period)))
    size = (folder / "0.zip").stat().st_size
    monkeypatch.setattr(publishing, "BATCH_BYTES", 2 * size + size // 2)
    ready, _ = deposits.pending(home)
    first, later = publishing._next_batch(ready)
    assert (len(first), len(later)) == (2, 1)
    monkeypatch.setattr(publishing, "BATCH_BYTES", 1)
    assert len(publishing._next_batch(ready)[0]) == 1, "one at least, else nothing would ever be read"
    assert [r["verdict"] for r in take_in(home)] == ["accepted"] * 3


# --- one member's folder and the refresh of all ---------------------------------------------------------------------


def _in_folder(home, name: bytes, content: bytes = b"", siren: bytes = SIREN.encode()) -> None:
    folder = os.path.join(os.fsencode(home.landing), siren)
    os.makedirs(folder, exist_ok=True)
    Path(os.fsdecode(os.path.join(folder, name))).write_bytes(content)
    os.utime(os.path.join(folder, name))


def _made_to_stop(home, how: str) -> None:
    folder = home.landing / SIREN
    folder.mkdir(parents=True, exist_ok=True)
    if how == "a name in an encoding of its own":
        _in_folder(home, b"contrats \xe9.csv", b"id_contrat;x\n1;2;3;4\n")
        _in_folder(home, b"a.zip", as_zip(a_return()), siren=b"dossier \xe9")
    elif how == "a note of what is to be removed":
        _in_folder(home, b".a.judged", b"{no json")
    elif how == "a folder in place of such a note":
        (folder / ".a.judged").mkdir()
        (folder / ".a.judged.x.part").mkdir()
    else:
        deepest = folder / "d"
        deepest.mkdir()
        here = os.open(deepest, os.O_RDONLY)
        for _ in range(1_200):
            os.mkdir("a", dir_fd=here)
            below = os.open("a", os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = below
        with open(os.open("remontee.zip", os.O_WRONLY | os.O_CREAT, dir_fd=here), "wb") as file:
            file.write(as_zip(a_return()))
        os.close(here)


@pytest.mark.parametrize("how", ["a name in an encoding of its own", "a note of what is to be removed",
                                 "a folder in place of such a note", "folders without end"])  # fmt: skip
def test_nothing_in_a_member_s_folder_stops_the_refresh_of_others(home, monkeypatch, how):
    monkeypatch.setattr(deposits, "QUIET_SECONDS", 0)
    _made_to_stop(home, how)
    deposit(home, a_return(OTHER_SIREN), OTHER_SIREN)
    judged = {j.deposit.siren: j.verdict for j in publishing.take_in(home, Keyring.open(home))}
    assert judged[OTHER_SIREN] == "accepted"
    publishing.take_in(home, Keyring.open(home))
    assert not [name for name in landed(home) if not Path(name).name.startswith(".")]


def test_no_member_says_what_is_removed_of_another(home):
    placed = deposit(home, a_return(OTHER_SIREN), OTHER_SIREN)
    (file,) = placed.iterdir()
    note = {"files": [[f"../{OTHER_SIREN}/{placed.name}/{file.name}", file.stat().st_ctime_ns]], "folders": []}
    _in_folder(home, b".a.judged", json.dumps(note).encode())
    (receipt,) = take_in(home)
    assert receipt["siren"] == OTHER_SIREN


def test_what_cannot_be_taken_away_waits_and_stops_nobody(home, monkeypatch):
    for siren in (SIREN, OTHER_SIREN):
        deposit(home, a_return(siren), siren)
    real = os.access

    def access(path, mode):
        return real(path, mode) and not (mode & os.W_OK and f"/{SIREN}/" in f"{path}/")

    with monkeypatch.context() as patch:
        patch.setattr(os, "access", access)
        (receipt,) = take_in(home)
    assert receipt["siren"] == OTHER_SIREN and len(landed(home)) == 1

    removed = Path.unlink

    def unlink(path, **options):
        if home.landing in path.parents:
            raise PermissionError
        removed(path, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", unlink)
        assert [r["verdict"] for r in take_in(home)] == ["accepted"]
        assert take_in(home) == [], "judged before"
    assert take_in(home) == [] and not landed(home)


def test_an_unforeseen_failure_at_placing_a_table_costs_one_return(home, monkeypatch):
    def fails(*_):
        raise KeyError("MATRICULE-0001")

    with monkeypatch.context() as patch:
        patch.setattr(reading, "_without_example", fails)
        (receipt,) = take_in(home, a_return())
    assert receipt["verdict"] == "refused" and rules(receipt) == {"fichier_illisible"}
    assert "MATRICULE" not in json.dumps(receipt)
