"""Files of open data got by hand: laid down with a form, taken in, told of; and how each source stands.

Here: drops on disk, through the command and the sensor. Not here: the mirror and the layouts (`test_open_data.py`),
producers (`test_live.py`).
"""

import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from doubles import File, world
from mirrors import SIAE, SIRETS, drop, in_lake, listing, statuses

from orchestration import archive, automation, cli, drops, holdings, open_data
from orchestration.definitions import build_defs
from orchestration.open_data import has_news, take_in
from orchestration.resources import Storage

FORM = {"from": "https://lemarche.example/fichier.csv", "obtained": "2026-11-01", "by": "Chargée d'études, COORACE"}
#: What the source says when the form says nothing.
FILLED = FORM | {"licence": "Licence Ouverte 2.0"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "siae_marche_x.csv"
    path.write_bytes(listing(SIRETS[:100]))
    return path


def provide(file: Path, *more: str, source: str = "siae/structures", edition: str = "2024", **changed: str) -> int:
    form = FORM | changed
    arguments = [word for key, value in form.items() for word in (f"--{key}", value)]
    return cli.main(["provide", source, str(file), "--edition", edition, *arguments, *more])


def lying(storage: Storage) -> set[str]:
    return {str(path.relative_to(storage.home)) for path in storage.open_data_drop.rglob("*") if path.is_file()}


def by_hand(storage: Storage, edition: str, form: object = None, name: str = "siae_marche_x.csv") -> Path:
    """A file as a person copies it, with a form or none."""
    path = drop(storage.open_data_drop / "siae", edition, listing(SIRETS[:100]), name, schema="structures")
    if form is not None:
        path.with_name("provenance.json").write_text(form if isinstance(form, str) else json.dumps(form))
    return path


def book(storage: Storage) -> list[archive.Received]:
    return archive.Book(storage, "siae", "structures").versions()


# --- what is provided -----------------------------------------------------------------------------------------


def test_a_file_provided_is_taken_in_once_and_the_book_says_where_it_comes_from(storage, file, capsys):
    assert provide(file) == 0
    folder = "open_data_drop/siae/structures/2024"
    assert folder in capsys.readouterr().out
    assert lying(storage) == {f"{folder}/siae_marche_x.csv", f"{folder}/provenance.json"}
    assert not take_in(SIAE, storage, None).problems
    assert in_lake(storage) == {"2024": 100}
    (received,) = book(storage)
    assert received.provenance == FILLED and received.licence == "Licence Ouverte 2.0"
    assert received.origin == "drop:siae/structures/2024/siae_marche_x.csv"
    assert take_in(SIAE, storage, None).published == []


def test_a_file_provided_again_takes_the_place_of_the_former_also_under_another_name(storage, file, capsys):
    provide(file)
    take_in(SIAE, storage, None)
    other = file.with_name("siae_marche_y.csv")
    other.write_bytes(listing(SIRETS[:104]))
    assert provide(other, "--licence", "ODbL") == 0
    assert "in the place of siae_marche_x.csv" in capsys.readouterr().out
    folder = "open_data_drop/siae/structures/2024"
    assert lying(storage) == {f"{folder}/siae_marche_y.csv", f"{folder}/provenance.json"}
    assert not take_in(SIAE, storage, None).problems
    assert statuses(storage) == [("2024", "superseded"), ("2024", "in_use")]
    assert in_lake(storage) == {"2024": 104} and book(storage)[-1].licence == "ODbL"


REFUSED = {
    "an unknown source": ({"source": "siae/structure"}, ["no source is named siae/structure", "siae/structures"]),
    "no known layout": ({"name": "liste.csv"}, ["liste.csv", "siae_marche_*.csv"]),
    "no file": ({"name": None}, ["is not a file"]),
    "no edition": ({"edition": "derniere"}, ["'derniere' is no edition", "2024T3"]),
    "a thirteenth month": ({"edition": "2024-13"}, ["'2024-13' is no edition"]),
    "an edition and more": ({"edition": "2024_v2"}, ["'2024_v2' is no edition"]),
    "a way out": ({"edition": "../2024"}, ["is no edition"]),
    "no such day": ({"obtained": "2026-02-30"}, ["2026-02-30", "a day that has been"]),
    "a day to come": ({"obtained": "2999-01-01"}, ["2999-01-01", "a day that has been"]),
    "a French date": ({"obtained": "01/11/2026"}, ["01/11/2026", "as 2026-11-01"]),
    "no address": ({"from": "clé USB"}, ["clé USB", "https://"]),
    "an address of this machine": ({"from": "file:///etc/passwd"}, ["file:///etc/passwd", "https://"]),
    "a password": ({"from": "https://anne:secret@exemple.fr/x"}, ["user name or a password"]),
    "a person": ({"by": "prenom.nom@exemple.fr"}, ["e-mail", "role or an organisation"]),
    "nobody": ({"by": " "}, ["'by' is missing", "role or organisation"]),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_could_not_be_taken_in_is_refused_with_the_way_out_and_nothing_is_laid_down(storage, file, capsys, case):
    changed, said = REFUSED[case]
    name = changed.get("name", file.name)
    path = file.rename(file.with_name(name)) if name else file.with_name("siae_marche_nowhere.csv")
    assert provide(path, **{key: value for key, value in changed.items() if key != "name"}) == 2
    told = capsys.readouterr().err
    assert all(text in told for text in said), told
    assert "secret" not in told
    assert not storage.open_data_drop.exists()


def test_a_copy_that_fails_leaves_what_lay_there(storage, file, monkeypatch):
    provide(file)
    before = lying(storage)

    def full(*_):
        raise OSError("no space left")

    monkeypatch.setattr(drops.shutil, "copyfile", full)
    with pytest.raises(OSError, match="no space"):
        provide(file)
    assert lying(storage) == before and [one.problem for one in drops.look(SIAE, storage)] == [None]


def test_a_rename_that_fails_leaves_what_lay_there(storage, file, monkeypatch):
    provide(file)
    before, rename = lying(storage), Path.rename

    def refuses(path: Path, target: Path) -> Path:
        if path.name.endswith(".part"):
            raise OSError("interrupted")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refuses)
    with pytest.raises(OSError, match="interrupted"):
        provide(file)
    assert lying(storage) == before


def test_a_hidden_file_which_no_look_sees_is_refused(storage, tmp_path, capsys):
    path = tmp_path / ".liste.csv"
    path.write_text("siren\n")
    assert provide(path, source="ess/entreprises") == 2
    assert "'.liste.csv'" in capsys.readouterr().err


def test_an_edition_that_a_source_does_not_have_is_refused(storage, tmp_path, capsys):
    path = tmp_path / "naf_rev2_x.json"
    path.write_text("[]")
    assert provide(path, source="insee_naf/codes", edition="2025") == 2
    assert "one edition, 2008" in capsys.readouterr().err


# --- what lies there without the command ----------------------------------------------------------------------

WRONG_FORMS = {
    "none": (None, "no provenance.json beside it"),
    "cut short": ('{"from": "https', "provenance.json is not JSON"),
    "a list": ([FORM], "provenance.json is no object"),
    "an unknown key": (FORM | {"nom": "X"}, "unknown keys: 'nom'"),
    "an unknown half of a character": (FORM | {"\ud800": "X"}, "unknown keys: '\\ud800'"),
    "no source": ({"obtained": "2026-11-01", "by": "COORACE"}, "'from' is missing"),
    "a number for a date": (FORM | {"obtained": 20261101}, "'obtained' is missing or no text"),
    "nested without end": ("[" * 200_000, "provenance.json is not JSON"),
    "half a character": (FORM | {"by": "\ud800"}, "'by' is not one line of text"),
    "two lines": (FORM | {"licence": "LO\n2.0"}, "'licence' is not one line of text"),
    "an e-mail": (FORM | {"by": "a@b.fr"}, "looks like an e-mail"),
}


@pytest.mark.parametrize("case", WRONG_FORMS)
def test_a_file_without_a_good_form_is_told_of_left_in_place_and_taken_in_once_there_is_one(storage, tmp_path, case):
    form, reason = WRONG_FORMS[case]
    path = by_hand(storage, "2024", form)
    drop(tmp_path / "mirror", "2020", listing(SIRETS[:100]))
    outcome = take_in(SIAE, storage, str(tmp_path / "mirror"))
    (problem,) = outcome.problems
    assert problem.startswith("drop:siae/structures/2024/siae_marche_x.csv: ") and reason in problem
    assert in_lake(storage) == {"2020": 100}, "the mirror of the same source is taken in all the same"
    found = open_data._evaluation(SIAE.key, archive.Book(storage, *SIAE.key), outcome.problems)
    assert not found.passed and reason in found.description
    assert path.exists()
    path.with_name("provenance.json").write_text(json.dumps(FORM))
    assert not take_in(SIAE, storage, str(tmp_path / "mirror")).problems
    assert in_lake(storage) == {"2020": 100, "2024": 100}
    assert book(storage)[-1].provenance == FILLED


def test_what_no_layout_or_no_folder_of_an_edition_holds_is_told_of(storage):
    by_hand(storage, "2022", FORM, name="liste.csv")
    by_hand(storage, "2021", FORM, name=os.fsdecode(b"liste_\xe9.csv"))
    by_hand(storage, "lot", FORM)
    by_hand(storage, "2023", FORM)
    by_hand(storage, "2023", FORM, name="siae_marche_y.csv")
    by_hand(storage, ".", FORM)
    problems = " ".join(take_in(SIAE, storage, None).problems)
    for reason in ("siae_marche_*.csv", "'lot' is no edition", "2 files beside one form", "no folder of an edition"):
        assert reason in problems
    assert book(storage) == []


def test_a_drop_in_no_known_encoding_or_taken_away_meanwhile_harms_nothing_else(storage, tmp_path, monkeypatch):
    by_hand(storage, "2022", FORM, name=os.fsdecode(b"siae_marche_\xe9.csv"))
    by_hand(storage, "2023")
    gone = by_hand(storage, "2024", FORM)
    found = drops.look(SIAE, storage)
    assert [one.problem is None for one in found] == [True, False, True]
    gone.unlink()
    monkeypatch.setattr(drops, "look", lambda *_: found)
    problems = take_in(SIAE, storage, None).problems
    assert [text.split(": ")[0] for text in problems] == [one.origin for one in found[1:]]
    assert in_lake(storage) == {"2022": 100} and "\\udce9" in book(storage)[0].origin


def test_a_form_put_right_is_a_new_version_of_the_same_bytes(storage):
    path = by_hand(storage, "2024", FORM)
    take_in(SIAE, storage, None)
    path.with_name("provenance.json").write_text(json.dumps(FORM | {"by": "Plateforme de l'inclusion"}))
    take_in(SIAE, storage, None)
    former, now = book(storage)
    assert (former.status, now.status, former.sha256) == ("superseded", "in_use", now.sha256)
    assert now.provenance["by"] == "Plateforme de l'inclusion"


def test_a_refused_drop_stays_a_problem_until_another_takes_its_place(storage, file):
    file.write_bytes(b"<html>Erreur 500</html>")
    provide(file)
    for _ in range(2):
        assert "a web page instead of data" in take_in(SIAE, storage, None).problems[0]
    file.write_bytes(listing(SIRETS[:100]))
    provide(file)
    assert not take_in(SIAE, storage, None).problems and in_lake(storage) == {"2024": 100}


def test_a_book_written_before_there_were_forms_is_read(storage):
    old = {"edition": "2020", "sha256": "ab" * 32, "size": 1, "origin": "mirror:2020/x.csv", "cursor": "1 1",
           "received_at": "2026-01-01T00:00:00+00:00", "licence": "LO", "status": "in_use", "rows": 3,
           "quarantined": 0, "reason": None}  # fmt: skip
    path = storage.open_data / "siae" / "structures" / "versions.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps([old]))
    assert [one.provenance for one in book(storage)] == [None]


# --- what sets off a refresh, and what it leaves in Dagster ---------------------------------------------------


@pytest.mark.parametrize("has_mirror", [True, False])
def test_the_sensor_sees_a_drop_once_with_and_without_a_mirror(storage, file, tmp_path, monkeypatch, has_mirror):
    monkeypatch.setattr(open_data, "SOURCES", (SIAE,))
    monkeypatch.setattr("orchestration.live.SOURCES", ())
    if has_mirror:
        (tmp_path / "mirror").mkdir()
        monkeypatch.setenv("OPEN_DATA_MIRROR", str(tmp_path / "mirror"))
    sensor = build_defs(storage).resolve_sensor_def("open_data_sensor")
    with dg.DagsterInstance.ephemeral() as instance:

        def requests() -> list:
            context = dg.build_sensor_context(instance=instance, resources={"storage": storage})
            return sensor.evaluate_tick(context).run_requests or []

        assert requests() == []
        provide(file)
        (request,) = requests()
        assert request.run_config == automation.asking(False)
        take_in(SIAE, storage, None)
        assert requests() == []
        by_hand(storage, "2025")
        assert len(requests()) == 1, "its check is to turn red"
        take_in(SIAE, storage, None)
        assert requests() == []


def test_the_asset_says_where_its_file_comes_from_also_while_the_mirror_is_away(storage, file, tmp_path, monkeypatch):
    monkeypatch.setattr(open_data, "SOURCES", (SIAE,))
    monkeypatch.setenv("OPEN_DATA_MIRROR", str(tmp_path / "unmounted"))
    provide(file)
    assets, _ = open_data.build_open_data_assets()
    intake = next(one for one in assets if getattr(one, "key", None) == open_data.INTAKE)
    with dg.DagsterInstance.ephemeral() as instance:
        dg.materialize([intake], resources={"storage": storage, "home_lock": None}, instance=instance)
        event = instance.get_latest_materialization_event(dg.AssetKey(list(SIAE.key)))
        told = instance.get_latest_materialization_event(open_data.INTAKE).asset_materialization.metadata
    assert told["problems"].value.startswith("- OPEN_DATA_MIRROR is neither a folder nor an address")
    metadata = event.asset_materialization.metadata
    assert metadata["provenance"].value == FILLED and metadata["licence"].value == "Licence Ouverte 2.0"


# --- how each source stands -----------------------------------------------------------------------------------


def line_of(text: str, name: str) -> list[str]:
    (line,) = (one for one in text.splitlines() if one.startswith(f"{name} "))
    return line.split(maxsplit=6)


def test_sources_are_listed_with_what_is_in_use_from_where_and_what_is_wrong(storage, file, tmp_path, capsys):
    assert holdings.summary(storage) is None
    drop(tmp_path / "mirror", "2020", listing(SIRETS[:100]))
    take_in(SIAE, storage, str(tmp_path / "mirror"))
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    capsys.readouterr()
    assert cli.main(["sources"]) == 0
    text = capsys.readouterr().out
    assert line_of(text, "siae/structures") == ["siae/structures", "2020", "100", today, "mirror", "no", "-"]
    assert line_of(text, "anct_qpv/quartiers")[1:] == ["-"] * 6
    assert len(text.splitlines()) == 1 + len(open_data.SOURCES)
    provide(file)
    by_hand(storage, "2025")
    drop(storage.open_data_drop, "2024", b"x", schema="siae/structure")
    (storage.open_data_drop / "siae_marche_y.csv").write_bytes(b"x")
    take_in(SIAE, storage, str(tmp_path / "mirror"))
    text = holdings.table(storage)
    found = line_of(text, "siae/structures")
    assert found[1:6] == ["2024", "100", today, "drop", "no"] and "no provenance.json" in found[6]
    for stray in ("siae/structure", "siae_marche_y.csv"):
        assert "no source's" in line_of(text, stray)[6]
    assert holdings.summary(storage) == (
        f"Open data: 1 of {len(open_data.SOURCES)} sources in use, last received {today}; "
        "problems: siae/structures (territoires sources); "
        "read by no source: siae/structure, siae_marche_y.csv (territoires sources)."
    )


@pytest.mark.parametrize("is_served", [False, True])
def test_a_folder_of_the_mirror_that_no_source_reads_is_told_of(storage, tmp_path, monkeypatch, capsys, is_served):
    """One of a misspelt name, one of no edition; what sources share, and what is hidden, is nothing to tell."""
    mirror = tmp_path / "mirror"
    for place in ("siae/2020", "siae/derniere", "siea/2020", "nomenclatures", ".git"):
        (mirror / place).mkdir(parents=True)
    (mirror / "README.md").write_text("what lies here")
    (mirror / "siae" / "2020" / "siae_marche_x.csv").touch()
    with world() as web:
        links = "".join(f'<a href="{name}">x</a>' for name in ("../", "README.md", "nomenclatures/", "siae/", "siea/"))
        web.serve("/", File(links.encode()))
        web.serve("/siae/", File(b'<a href="2020/">2020</a><a href="derniere/">d</a>'))
        web.serve("/siae/2020/", File(b'<a href="siae_marche_x.csv">x</a>'))
        monkeypatch.setenv("OPEN_DATA_MIRROR", web.base if is_served else str(mirror))
        assert holdings.summary(storage) == (
            f"Open data: 0 of {len(open_data.SOURCES)} sources in use; "
            "read by no source: mirror:siae/derniere, mirror:siea (territoires sources)."
        )
        assert cli.main(["sources"]) == 0
    text = capsys.readouterr().out
    assert "no edition begins this name" in line_of(text, "mirror:siae/derniere")[6]
    assert "no source has this name" in line_of(text, "mirror:siea")[6]


def test_a_mirror_at_a_wrong_address_is_told_of(storage, monkeypatch):
    """Its every folder is missing, which by itself is nothing wrong: a mirror need not hold all."""
    with world() as web:
        monkeypatch.setenv("OPEN_DATA_MIRROR", f"{web.base}/misspelt")
        assert not take_in(SIAE, storage, open_data.mirror()).problems
        assert f"{web.base}/misspelt/: HTTP 404" in line_of(holdings.table(storage), "mirror:")[6]


def test_mirror_and_producer_are_told_apart_also_when_the_mirror_is_a_server(storage):
    with world() as web:
        web.serve("/siae/", File(b'<a href="2020/">2020/</a>'))
        web.serve("/siae/2020/", File(b'<a href="siae_marche_x.csv">siae_marche_x.csv</a>'))
        web.serve(r"/siae/2020/siae_marche_x\.csv", File(listing(SIRETS[:100])))
        assert not take_in(SIAE, storage, web.base).problems
    (mirrored,) = book(storage)
    published = replace(mirrored, origin="https://m.example/siae/2020/siae_marche_x.csv")
    assert [holdings.came_from(one) for one in (mirrored, published)] == ["mirror", "producer"]


def test_a_source_is_late_by_the_days_since_anything_good_came(storage, file):
    provide(file)
    take_in(SIAE, storage, None)
    received = datetime.fromisoformat(book(storage)[0].received_at)
    at = {days: holdings.table(storage, received + timedelta(days=days, hours=1)) for days in (399, 400, 402)}
    assert [line_of(text, "siae/structures")[5] for text in at.values()] == ["no", "1", "3"]
    first = storage.open_data / "siae" / "structures" / "versions.json"
    first.write_text(first.read_text().replace(book(storage)[0].received_at, "2026-01-01T00:00:00+00:00"))
    received = datetime(2026, 1, 1, tzinfo=UTC)
    provide(file)
    take_in(SIAE, storage, None)  # the same bytes again: no fresher for it
    assert [one.status for one in book(storage)] == ["superseded", "in_use"]
    file.write_bytes(b"")
    provide(file, edition="2025")
    take_in(SIAE, storage, None)  # nor for what is refused
    assert line_of(holdings.table(storage, received + timedelta(days=402, hours=1)), "siae/structures")[5] == "3"


def test_versions_are_listed_with_status_bytes_origin_form_and_reason(storage, file, capsys):
    assert cli.main(["sources", "--versions", "siae/structures"]) == 0
    assert "Nothing has been received" in capsys.readouterr().out
    provide(file)
    take_in(SIAE, storage, None)
    file.write_bytes(b"")
    provide(file, edition="2025")
    take_in(SIAE, storage, None)
    capsys.readouterr()
    assert cli.main(["sources", "--versions", "siae/structures"]) == 0
    _, good, bad = capsys.readouterr().out.splitlines()
    assert good.startswith("2024") and "in use" in good and "100" in good and book(storage)[0].sha256[:12] in good
    assert "drop:siae/structures/2024/siae_marche_x.csv" in good and f"from {FORM['from']}, obtained 2026-11-01" in good
    assert bad.startswith("2025") and "refused" in bad and "empty" in bad
    assert cli.main(["sources", "--versions", "siae"]) == 2
    assert "no source is named siae;" in capsys.readouterr().err


def test_news_are_there_without_a_mirror_until_they_are_judged(storage, file, monkeypatch):
    monkeypatch.setattr(open_data, "SOURCES", (SIAE,))
    assert not has_news(storage)
    provide(file)
    assert has_news(storage)
    take_in(SIAE, storage, None)
    assert not has_news(storage)


@pytest.mark.slow
def test_a_refresh_takes_a_drop_in_and_says_how_the_sources_stand(home, tmp_path, capsys):
    path = tmp_path / "insee_side_creations_ze_x.csv"
    columns = "ze2020,libze2020,target_year,side_enterprise_creations_official,side_establishment_creations_official"
    path.write_text(f"{columns}\n2815,Rouen,2024,10,12\n")
    assert provide(path, source="insee_side_creations/zones", edition="2024") == 0
    capsys.readouterr()
    stands = f"Open data: 1 of {len(open_data.SOURCES)} sources in use, last received {datetime.now(UTC):%Y-%m-%d}."
    assert cli.main(["refresh"]) == 0
    told = capsys.readouterr().out
    assert "1 new file(s)" in told and stands in told
    assert cli.main(["refresh"]) == 0
    told = capsys.readouterr().out
    assert "Nothing has changed" in told and stands in told
