"""`territoires check` and `territoires deposit`: the same verdicts, nothing stored."""

import os
import signal
import subprocess
import sys

import pytest
from intake import NIR, OTHER_SIREN, SIREN, a_return, as_zip, changed, take_in, tree, with_nir

from orchestration import cli
from orchestration.resources import PROJECT, SettingError
from orchestration.returns import deposits


@pytest.mark.parametrize(
    ("make", "code", "says"),
    [
        (lambda: as_zip(a_return()), 0, "acceptée"),
        (lambda: as_zip(a_return(siren_adherent="000 100 016")), 0, "acceptée"),
        (lambda: as_zip(changed(a_return(), "heures", "mois", "x", [4])), 1, "ligne 6 mois « x »"),
        (lambda: as_zip(changed(a_return(), "contrats", "type_contrat", "CDX", range(12))), 1, "refusée"),
        (lambda: as_zip(with_nir(NIR)), 1, "sécurité sociale"),
        (lambda: b"\x00\x01", 1, "refusée"),
    ],
)
def test_check_says_what_a_refresh_would_and_stores_nothing(home, tmp_path, capsys, make, code, says):
    take_in(home, a_return(period="2025T2"))
    file = tmp_path / "remontee.zip"
    file.write_bytes(make())
    before = tree(home)
    assert cli.main(["check", str(file)]) == code
    shown = capsys.readouterr().out
    assert says in shown
    assert not {needle for needle in (NIR, "MATRICULE-", "999990000") if needle in shown}
    assert tree(home) == before
    assert file.exists()


def test_check_on_a_home_where_nothing_was_ever_taken_in_creates_nothing(home, tmp_path):
    file = tmp_path / "remontee.zip"
    file.write_bytes(as_zip(a_return()))
    assert cli.main(["check", str(file), "--member", SIREN]) == 0
    assert cli.main(["check", str(file), "--member", OTHER_SIREN]) == 1
    assert list(tree(home)) == ["members.csv"] and sorted(p.name for p in home.home.iterdir()) == ["members.csv"]


def test_check_needs_no_key_where_nothing_was_ever_taken_in(home, tmp_path, monkeypatch):
    monkeypatch.delenv("TERRITOIRES_KEY")
    file = tmp_path / "remontee.zip"
    file.write_bytes(as_zip(a_return()))
    assert cli.main(["check", str(file)]) == 0
    assert list(tree(home)) == ["members.csv"]


def test_check_says_what_setting_or_file_is_missing(home, tmp_path, monkeypatch, capsys):
    assert cli.main(["check", str(tmp_path / "absent.zip")]) == 2
    assert "absent.zip" in capsys.readouterr().err
    take_in(home, a_return(period="2025T2"))
    monkeypatch.delenv("TERRITOIRES_KEY")
    file = tmp_path / "remontee.zip"
    file.write_bytes(as_zip(a_return()))
    assert cli.main(["check", str(file)]) == 2
    assert "TERRITOIRES_KEY" in capsys.readouterr().err


def test_deposit_needs_a_siren_and_files_that_are_there(home, tmp_path):
    file = tmp_path / "a.csv"
    file.write_bytes(b"x")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "a.csv").write_bytes(b"y")
    for siren, files in (("../x", [file]), (SIREN, [tmp_path / "no"]), (SIREN, [file, tmp_path / "b" / "a.csv"])):
        with pytest.raises(SettingError):
            deposits.put(home, siren, files)
    assert not home.landing.exists()


def test_a_reader_that_has_enough_ends_a_command_quietly():
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as pipe:
        ended = subprocess.run(
            [sys.executable, "-m", "orchestration.cli", "new-key"],
            check=False,
            stdout=pipe,
            stderr=subprocess.PIPE,
            cwd=PROJECT,
        )
    assert (ended.returncode, ended.stderr) == (128 + signal.SIGPIPE, b"")
