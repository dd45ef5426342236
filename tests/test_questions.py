"""The script of five questions: answered from a release alone, in the release's own figures.

Here: what a reader is told and shown, and what the script says when it cannot answer. Not here: whether a figure is
right (`test_hand_computed.py`, `test_oracle.py`).
"""

import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import duckdb
import pytest

from orchestration.resources import PROJECT, Storage

SCRIPT = PROJECT / "docs" / "questions.py"
QUESTIONS = 5


def asked(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    """The script as an analyst runs it, from a folder where there is no project."""
    command = [sys.executable, SCRIPT, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def answered(hand: Storage, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    folder = tmp_path_factory.mktemp("questions")
    done = asked(folder, "--release", str(hand.current_release))
    assert done.returncode == 0, done.stderr
    page = (folder / "reponses" / "reponses.md").read_text(encoding="utf-8")
    assert done.stdout.strip() == page.strip()
    return page, folder / "reponses"


def test_each_question_is_answered_in_words_and_shown(answered):
    page, folder = answered
    assert re.findall(r"^## (\d)\.", page, re.MULTILINE) == [str(place) for place in range(1, QUESTIONS + 1)]
    images = re.findall(r"!\[[^]]+\]\(([^)]+)\)", page)
    assert len(images) + page.count("Rien à montrer") == QUESTIONS and len(images) >= 3
    for image in images:
        drawn = ET.parse(folder / image)
        assert "".join(drawn.getroot().itertext()).strip()
    assert sorted(path.name for path in folder.iterdir()) == sorted([*images, "reponses.md"])
    assert not re.search(r"\b(None|nan|inf)\b", page)


def test_what_is_told_is_what_the_release_holds(answered, hand: Storage):
    page, _ = answered
    period = re.search(r"Quatre trimestres jusqu'à (\S+),", page)[1]
    with duckdb.connect(str(hand.current_db), read_only=True) as db:
        whole = """
            select {} from marts.fct_territory_metric
            where metric = ? and territory_level = 'france' and period_type = 'rolling_year' and period = ?
                and basis = 'structure' and breakdown = 'all'
        """
        (members,) = db.execute(whole.format("value"), ["members_count", period]).fetchone()
        (stock,) = db.execute(whole.format("value"), ["activities_stock", period]).fetchone()
        dynamic, ended, share = db.execute(
            whole.format("numerator, denominator, value"), ["exit_dynamic_share_all", period]
        ).fetchone()
    assert f"Les remontées de {members:.0f} adhérent" in page
    assert re.search(rf"^- {stock:.0f} activités? en cours au dernier jour", page, re.MULTILINE)
    told = f"{100 * share:.1f}".replace(".", ",")
    assert re.search(rf"Sur {ended:.0f} parcours terminés?, motif connu ou non : {told}\u00a0%", page)
    assert dynamic <= ended


def test_the_period_may_be_chosen_and_must_be_one_of_the_release(hand: Storage, tmp_path: Path):
    with duckdb.connect(str(hand.current_db), read_only=True) as db:
        first, last = db.execute(
            "select min(period), max(period) from marts.fct_territory_metric where period_type = 'rolling_year'"
        ).fetchone()
    chosen = asked(tmp_path, "--release", str(hand.current_release), "--period", first)
    assert chosen.returncode == 0 and f"Quatre trimestres jusqu'à {first}," in chosen.stdout
    shutil.rmtree(tmp_path / "reponses")
    refused = asked(tmp_path, "--release", str(hand.current_release), "--period", "1999-Q1")
    assert refused.returncode == 2
    assert "1999-Q1" in refused.stderr and last in refused.stderr
    assert not (tmp_path / "reponses").exists()


def test_a_folder_that_is_no_release_is_named(tmp_path: Path):
    refused = asked(tmp_path, "--release", "nowhere")
    assert refused.returncode == 2 and refused.stderr.strip() == "nowhere is no release: it holds no internal.duckdb"
    assert list(tmp_path.iterdir()) == []


def test_a_release_without_figures_says_so(hand: Storage, tmp_path: Path):
    release = tmp_path / "release"
    release.mkdir()
    shutil.copyfile(hand.current_db, release / "internal.duckdb")
    with duckdb.connect(str(release / "internal.duckdb")) as db:
        db.execute("delete from marts.fct_territory_metric")
    done = asked(tmp_path, "--release", str(release))
    assert done.returncode == 0, done.stderr
    assert "Cette release n'a encore aucun chiffre" in done.stdout


def test_names_with_signs_of_formulas_are_drawn_as_they_are(hand: Storage, tmp_path: Path):
    release = tmp_path / "release"
    release.mkdir()
    shutil.copyfile(hand.current_db, release / "internal.duckdb")
    with duckdb.connect(str(release / "internal.duckdb")) as db:
        db.execute("update marts.fct_territory_metric set territory_name = '$x_1^{2 & <b>$' || territory_code")
        db.execute("update marts.dim_metric set label_fr = '$\\frac <' || metric || '$'")
    done = asked(tmp_path, "--release", str(release))
    assert done.returncode == 0, done.stderr
    shown = "".join(ET.parse(tmp_path / "reponses" / "1_retour_a_l_emploi.svg").getroot().itertext())
    assert "$x_1^{2 & <b>$" in shown


def test_where_the_answers_cannot_lie_and_a_damaged_release_are_named(hand: Storage, tmp_path: Path):
    (tmp_path / "taken").write_text("")
    refused = asked(tmp_path, "--release", str(hand.current_release), "--out", "taken")
    assert refused.returncode == 2
    assert refused.stderr.strip() == "taken cannot hold the answers: File exists; give another folder: --out"
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "internal.duckdb").write_text("no database")
    refused = asked(tmp_path, "--release", "damaged")
    assert refused.returncode == 2 and refused.stderr.startswith("damaged/internal.duckdb cannot be read: ")
