"""The synthetic federation and the bundled snapshot of communes: what other tests and the demonstration rely on."""

import calendar
import csv
import hashlib
import io
import json
import zipfile
from base64 import urlsafe_b64decode
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path

import fastexcel
import polars as pl
import pytest

from sample import MOTIF_LABELS, SAMPLE_KEY, TABLE_COLUMNS, write_sample

SNAPSHOT = Path(__file__).parents[1] / "orchestration" / "snapshots" / "communes_2026.parquet"
# As the specification of the layouts states them, written out again on purpose.
COLUMNS = {
    "remontee": "champ valeur",
    "structures": "siret type_structure denomination commune_insee naf date_debut date_fin etp_conventionnes id_ges",
    "salaries": "id_salarie pass_iae annee_naissance sexe commune_residence niveau_formation date_entree_parcours "
    "brsa ass aah deld detld rqth qpv zrr",
    "contrats": "id_contrat id_contrat_parent rang siret type_structure id_salarie type_contrat date_debut "
    "date_fin_prevue date_fin_reelle duree_hebdo remuneration_brute_mensuelle code_rome commune_travail",
    "missions": "id_mission id_contrat date_debut date_fin heures code_rome commune_travail",
    "heures": "id_contrat mois heures_travaillees salaire_brut part_etp",
    "sorties": "id_salarie siret type_structure date_sortie motif date_nouvel_emploi type_nouveau_contrat "
    "duree_nouveau_contrat_mois situation_3_mois situation_6_mois",
    "formations": "id_salarie date_debut date_fin heures certifiante",
    "activites": "id_activite siret type_structure intitule nature strategie besoin naf date_debut date_fin motif_fin "
    "commune etp_initial etp_actuel non_delocalisable siret_activite ressources_marchandes_eur "
    "ressources_non_marchandes_eur benevolat_heures",
    "cooperations": "id_action siret type_structure type intitule date_debut date_fin commune nb_partenaires "
    "types_partenaires",
    "annexes_financieres": "numero_annexe siret type_structure date_debut date_fin etp_conventionnes "
    "taux_prev_sorties_dynamiques taux_prev_sorties_durables taux_prev_sorties_transition taux_prev_sorties_positives",
}
KEYS = {
    "structures": ("siret", "type_structure"),
    "salaries": ("id_salarie",),
    "contrats": ("id_contrat",),
    "missions": ("id_mission",),
    "heures": ("id_contrat", "mois"),
    "sorties": ("id_salarie", "siret", "type_structure"),
    "formations": ("id_salarie", "date_debut"),
    "activites": ("id_activite",),
    "cooperations": ("id_action",),
    "annexes_financieres": ("numero_annexe",),
}
COMMON = {"CDI", "CDII", "CDD", "APPRENTISSAGE", "PROFESSIONNALISATION"}
ALLOWED = {
    "ACI": COMMON | {"CDDI", "CDDI_PHC", "CDDI_CVG"},
    "EI": COMMON | {"CDDI", "CDD_TREMPLIN"},
    "AI": COMMON | {"CDDU", "CDDI"},
    "ETTI": COMMON | {"CTT"},
    "OSP": COMMON,
}


def read_deposit(path: Path) -> dict[str, list[dict[str, str]]]:
    """Table -> rows of text, dates as ISO, decimals with a point: an independent reader of the five layouts."""
    if path.suffix == ".xlsx":
        book = fastexcel.read_excel(path)
        tables = {}
        for name in book.sheet_names:
            frame = book.load_sheet(name, header_row=0, dtypes="string").to_polars()
            rows = frame.with_columns(pl.all().fill_null("")).rows()
            tables[name] = [list(frame.columns), *map(list, rows)]
    else:
        if path.is_dir():
            contents = {one.stem: one.read_bytes() for one in path.iterdir()}
        else:
            with zipfile.ZipFile(path) as archive:
                contents = {Path(name).stem: archive.read(name) for name in archive.namelist()}
        tables = {name: _csv_rows(content) for name, content in contents.items()}
    return {
        name: [dict(zip(lines[0], map(_normal, lines[0], line), strict=True)) for line in lines[1:]]
        for name, lines in tables.items()
        if lines[0] == COLUMNS[name].split() or pytest.fail(f"{path.name} {name}: {lines[0]}")
    }


def _csv_rows(content: bytes) -> list[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252")
    separator = ";" if ";" in text.splitlines()[0] else ","
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))


def _normal(column: str, value: str) -> str:
    if len(value) == 10 and value[2:6:3] == "//":
        return datetime.strptime(value, "%d/%m/%Y").date().isoformat()
    if len(value) == 19 and value.endswith("00:00:00"):
        return value[:10]
    return value.replace(",", ".") if column not in {"types_partenaires", "intitule", "denomination"} else value


def luhn(number: str) -> bool:
    doubled = [int(digit) * (2 if index % 2 else 1) for index, digit in enumerate(reversed(number))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def period_bounds(period: str) -> tuple[date, date]:
    year, quarter = int(period[:4]), int(period[5])
    following = date(year + quarter // 4, quarter % 4 * 3 + 1, 1)
    return date(year, quarter * 3 - 2, 1), following - timedelta(days=1)


def content_hashes(home: Path) -> dict[str, str]:
    return {
        path.relative_to(home).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(home.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def facts(tmp_path_factory):
    return write_sample(tmp_path_factory.mktemp("home"), seed=7, scale=0.1, quarters=4)


@pytest.fixture(scope="module")
def deposits(facts):
    """(siren, path, tables) of every deposit, oldest period first within a member."""
    paths = sorted(path for folder in (facts.home / "landing").iterdir() for path in folder.iterdir())
    return [(path.parent.name, path, read_deposit(path)) for path in paths]


@pytest.fixture(scope="module")
def valid(facts, deposits):
    """Deposits that must be accepted whole."""
    wrong = {facts.home / one.path for one in facts.special if one.wrong_rows}
    return [deposit for deposit in deposits if deposit[1] not in wrong]


@pytest.fixture(scope="module")
def communes():
    return pl.read_parquet(SNAPSHOT)


def test_same_seed_gives_the_same_bytes_and_another_seed_does_not(facts, tmp_path):
    again = write_sample(tmp_path / "again", seed=7, scale=0.1, quarters=4)
    assert content_hashes(again.home) == content_hashes(facts.home)
    assert (again.person_ids, again.special) == (facts.person_ids, facts.special)
    other = write_sample(tmp_path / "other", seed=8, scale=0.1, quarters=4)
    assert not other.person_ids & facts.person_ids


def test_the_centres_of_communes_are_invented_say_so_and_are_those_of_the_region(facts, communes):
    (folder,) = (facts.home / "open_data_drop" / "etalab_communes" / "centres").iterdir()
    form = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    assert "inventés" in form["by"] and "fictives" in form["licence"] and ".invalid/" in form["from"]
    rows = json.loads((folder / "communes_fictives.json").read_text(encoding="utf-8"))
    assert sorted(row["code"] for row in rows) == sorted(communes["code_commune"])
    placed = {row["code"]: tuple(row["centre"]["coordinates"]) for row in rows if "centre" in row}
    assert set(placed) == set(communes.filter(code_region="28")["code_commune"])
    assert len(set(placed.values())) == len(placed), "two communes never lie on one point"
    assert int(folder.name) < 2024, "real centres are of a later edition, and take their place"


def test_columns_are_those_of_the_layouts(deposits):
    assert {table: " ".join(columns) for table, columns in TABLE_COLUMNS.items()} == {
        table: columns for table, columns in COLUMNS.items() if table != "remontee"
    }
    for _, path, tables in deposits:
        assert set(tables) == set(COLUMNS), path.name


def test_every_layout_is_there(deposits):
    assert {path.suffix for _, path, _ in deposits} == {".xlsx", ".zip", ""}
    first_bytes = []
    for _, path, _ in deposits:
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                first_bytes.append(archive.read("remontee.csv")[:12])
    assert {head.startswith(b"\xef\xbb\xbf") for head in first_bytes} == {True, False}
    assert {separator for head in first_bytes for separator in b";," if separator in head} == set(b";,")


def test_members_are_synthetic_and_well_formed(facts, communes):
    with (facts.home / "members.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["siren_adherent", "nom", "siret", "type_structure", "region", "id_ges"]
    assert {row["region"] for row in rows} == {"28"}
    assert all(row["siren_adherent"].startswith("000") and luhn(row["siren_adherent"]) for row in rows)
    assert all(row["siret"].startswith(row["siren_adherent"]) and luhn(row["siret"]) for row in rows)
    assert facts.kinds == {"AI": 24, "ACI": 7, "EI": 2, "ETTI": 3, "OSP": 2, "GES": 2}
    assert len({(row["siret"], row["type_structure"]) for row in rows}) == len(rows) == facts.structures
    shared = [siret for siret, count in Counter(row["siret"] for row in rows).items() if count > 1]
    assert [{row["type_structure"] for row in rows if row["siret"] == siret} for siret in shared] == [{"ACI", "ETTI"}]
    assert len({row["id_ges"] for row in rows} - {""}) == 2


def test_the_sample_says_it_is_synthetic(facts):
    notice = json.loads((facts.home / "sample.json").read_text(encoding="utf-8"))
    assert notice["synthetic"] is True and "fictives" in notice["notice"]
    assert notice["public_key"] == SAMPLE_KEY and len(urlsafe_b64decode(SAMPLE_KEY)) == 32


def test_valid_returns_refer_to_rows_they_hold(valid):
    sent: dict[str, set[str]] = {}
    for siren, path, tables in valid:
        for table, key in KEYS.items():
            keys = [tuple(row[column] for column in key) for row in tables[table]]
            assert len(set(keys)) == len(keys), (path, table)
        people = {row["id_salarie"] for row in tables["salaries"]}
        used = {row["id_salarie"] for table in ("contrats", "sorties", "formations") for row in tables[table]}
        assert used == people, path
        contracts = {row["id_contrat"] for row in tables["contrats"]}
        assert {row["id_contrat"] for table in ("missions", "heures") for row in tables[table]} <= contracts
        structures = {(row["siret"], row["type_structure"]) for row in tables["structures"]}
        for table in ("contrats", "sorties", "activites", "cooperations"):
            assert {(row["siret"], row["type_structure"]) for row in tables[table]} <= structures
        # A renewal names the initial contract, which may have been listed by an earlier return only.
        known = sent.setdefault(siren, set())
        known |= contracts
        for row in tables["contrats"]:
            assert row["id_contrat_parent"] in known | {""}
            assert not (row["id_contrat_parent"] and float(row["rang"]) == 0)


def test_valid_returns_follow_the_rules(valid):
    for siren, path, tables in valid:
        summary = {row["champ"]: row["valeur"] for row in tables["remontee"]}
        first, last = (day.isoformat() for day in period_bounds(summary["periode"]))
        assert summary["siren_adherent"] == siren and path.stem.startswith(summary["periode"])
        assert 1 <= (date.fromisoformat(summary["date_extraction"]) - date.fromisoformat(last)).days <= 20
        for name, value in summary.items():
            if name.startswith("lignes_"):
                assert int(float(value)) == len(tables[name.removeprefix("lignes_")])
        if "heures_total" in summary:
            total = sum(float(row["heures_travaillees"]) for row in tables["heures"])
            assert total == pytest.approx(float(summary["heures_total"]), abs=0.01)
        hired: dict[tuple, str] = {}
        for row in tables["contrats"]:
            key = (row["id_salarie"], row["siret"], row["type_structure"])
            hired[key] = min(hired.get(key, "9999"), row["date_debut"])
            ends = [row[column] for column in ("date_fin_reelle", "date_fin_prevue") if row[column]]
            assert all(end >= row["date_debut"] for end in ends)
            assert row["date_debut"] <= last and (not ends or ends[0] >= first)
            assert not row["date_fin_reelle"] or row["date_fin_reelle"] <= last  # a later end is not known yet
            assert not row["duree_hebdo"] or 0 < float(row["duree_hebdo"]) <= 60
            assert row["type_contrat"] in ALLOWED[row["type_structure"]]
        for row in tables["sorties"]:
            assert first <= row["date_sortie"] <= last
            assert row["date_sortie"] >= hired.get((row["id_salarie"], row["siret"], row["type_structure"]), "")
            assert row["motif"] in {"", *MOTIF_LABELS, *MOTIF_LABELS.values()}
        for row in tables["heures"]:
            year, month = map(int, row["mois"].split("-"))
            assert first[:7] <= row["mois"] <= last[:7]
            assert 0 <= float(row["heures_travaillees"]) <= 24 * calendar.monthrange(year, month)[1]


def test_nothing_is_dated_after_the_extraction_and_communes_are_current(valid, communes):
    codes = set(communes["code_commune"])
    for _, path, tables in valid:
        summary = {row["champ"]: row["valeur"] for row in tables["remontee"]}
        last = period_bounds(summary["periode"])[1].isoformat()
        for table, row in ((name, row) for name, rows in tables.items() for row in rows):
            assert all(row[column] in codes for column in row if column.startswith("commune"))
            dates = {column: day for column, day in row.items() if column.startswith("date_") and day}
            planned = dates.pop("date_fin_prevue", None)
            assert planned is None or len(planned) == 10
            if table == "annexes_financieres":
                dates.pop("date_fin")  # an agreement says until when it holds
            assert max(dates.values(), default="") <= summary["date_extraction"], (path, table, row)
            if "date_fin" in dates:
                assert dates["date_debut"] <= dates["date_fin"] <= last


def test_identifiers_never_hold_a_person_and_facts_list_them_all(facts, deposits):
    people, passes = set(), set()
    for _, _, tables in deposits:
        people |= {row["id_salarie"] for row in tables["salaries"]}
        passes |= {row["pass_iae"] for row in tables["salaries"]} - {""}
        for table, column in (("contrats", "id_contrat"), ("missions", "id_mission"), ("activites", "id_activite")):
            assert not any("SAL" in row[column] for row in tables[table])
    assert people == facts.person_ids and passes == facts.pass_numbers
    assert all(len(one) == 12 and one.startswith("SAL-") for one in people)
    assert all(len(one) == 12 and one[:5].isalnum() and one[5:].isdigit() and one.isupper() for one in passes)


def test_some_people_are_followed_between_members(facts, deposits):
    homes: dict[str, set[tuple[str, str]]] = {}
    for siren, _, tables in deposits:
        for row in tables["salaries"]:
            if row["pass_iae"]:
                homes.setdefault(row["pass_iae"], set()).add((siren, row["id_salarie"]))
    moved = [places for places in homes.values() if len(places) > 1]
    assert len(moved) == facts.mobile_people > 5
    assert all(len({siren for siren, _ in places}) == len({person for _, person in places}) == 2 for places in moved)


def test_special_deposits(facts):
    cases = {one.case: one for one in facts.special}
    assert {case: one.verdict for case, one in cases.items()} == {
        "partial": "partial",
        "refused": "refused",
        "superseded": "accepted",
        "correction": "accepted",
        "repeat": "repeat",
    }
    partial = read_deposit(facts.home / cases["partial"].path)
    wrong = Counter(row.table for row in cases["partial"].wrong_rows)
    assert wrong == {"contrats": 2, "heures": 1, "sorties": 1}
    assert all(10 * count < len(partial[table]) for table, count in wrong.items())
    spoiled = {row.key for row in cases["partial"].wrong_rows if row.table == "contrats"}
    assert not spoiled & {row["id_contrat"] for table in ("missions", "heures") for row in partial[table]}

    refused = read_deposit(facts.home / cases["refused"].path)
    wrong = Counter(row.table for row in cases["refused"].wrong_rows)
    assert all(wrong[table] >= 0.6 * len(refused[table]) for table in ("contrats", "heures"))

    before, after = (read_deposit(facts.home / cases[case].path) for case in ("superseded", "correction"))
    assert cases["correction"].path.endswith("2025T2_correction.zip")
    assert {row["id_contrat"] for row in before["contrats"]} == {row["id_contrat"] for row in after["contrats"]}
    assert any(
        old["duree_hebdo"] != new["duree_hebdo"] for old, new in zip(before["contrats"], after["contrats"], strict=True)
    )
    repeat = facts.home / cases["repeat"].path
    assert repeat.read_bytes() == repeat.with_name(repeat.name.replace("_copie", "")).read_bytes()


def test_snapshot_holds_every_commune_once(communes):
    assert SNAPSHOT.stat().st_size < 1_000_000
    assert communes.height == 34_969 == communes["code_commune"].n_unique()
    assert communes["code_commune"].is_sorted() and set(communes["code_commune"].str.len_chars()) == {5}
    assert communes.columns == [
        *("code_commune", "nom_commune", "code_epci", "nom_epci", "code_arrondissement", "nom_arrondissement"),
        *("code_departement", "nom_departement", "code_region", "nom_region", "code_zone_emploi"),
        *("nom_zone_emploi", "population_municipale", "millesime"),
    ]
    assert communes["population_municipale"].sum() == 68_952_941
    counts = {level: communes[f"code_{level}"].drop_nulls().n_unique() for level in ("epci", "departement", "region")}
    assert counts == {"epci": 1255, "departement": 109, "region": 26}
    assert communes["code_arrondissement"].drop_nulls().n_unique() == 333
    assert communes["code_zone_emploi"].null_count() == communes.height
    text = communes.select(pl.col(pl.String)).drop("code_zone_emploi", "nom_zone_emploi")
    assert not any((text[column] == "").any() for column in text.columns)


def test_snapshot_covers_normandie_and_overseas(communes):
    normandie = communes.filter(pl.col("code_region") == "28")
    assert set(normandie["code_departement"]) == {"14", "27", "50", "61", "76"}
    assert normandie["code_epci"].null_count() == 0 and normandie["code_epci"].n_unique() == 71
    assert {"97105", "97209", "97302", "97411", "97611", "97502", "98735", "98818"} <= set(communes["code_commune"])
    assert communes.filter(pl.col("code_commune") == "2A004")["nom_commune"].item() == "Ajaccio"
    assert not set(communes["code_commune"]) & {"75101", "69381", "13201"}  # arrondissements municipaux
