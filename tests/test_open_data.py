"""Open data on its way to the lake: the mirror, layouts, versions, and what the codes of communes of other years mean.

Here: small mirrors made for a case, and the real files that OPEN_DATA_MIRROR names. Not here: servers and their faults
(`test_connectors.py`), figures.
"""

import json
from datetime import date
from fnmatch import fnmatch
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from doubles import File, world
from mirrors import HEADER, SIAE, SIRETS, drop, in_lake, listing, source, statuses, workbook, zipped

from contracts import CONTRACTS, validate
from orchestration import archive, open_data, readers
from orchestration.geography import commune_vintages
from orchestration.http import HttpClient, SourceError
from orchestration.open_data import take_in
from orchestration.resources import SettingError
from orchestration.sources import SOURCES, Source

# --- versions -------------------------------------------------------------------------------------------------


def test_a_new_edition_is_taken_in_beside_the_old_one_and_only_once(storage, mirror):
    assert not take_in(SIAE, storage, str(mirror)).problems
    drop(mirror, "2021", listing(SIRETS[:105]))
    assert [one.edition for one in take_in(SIAE, storage, str(mirror)).published] == ["2021"]
    assert in_lake(storage) == {"2020": 100, "2021": 105}
    assert take_in(SIAE, storage, str(mirror)).published == []
    assert statuses(storage) == [("2020", "in_use"), ("2021", "in_use")]


def test_a_revised_file_of_the_same_name_takes_the_place_of_the_former_which_stays_listed(storage, mirror):
    take_in(SIAE, storage, str(mirror))
    drop(mirror, "2020", listing(SIRETS[1:100]))
    assert take_in(SIAE, storage, str(mirror)).fewer == [
        "mirror:2020/siae_marche_x.csv: 99 rows take the place of 100 of the same edition"
    ]
    drop(mirror, "2020", listing(SIRETS[1:101]))
    assert take_in(SIAE, storage, str(mirror)).fewer == []
    assert statuses(storage) == [("2020", "superseded"), ("2020", "superseded"), ("2020", "in_use")]
    sirets = pl.read_parquet(storage.lake_table("siae", "structures") / "2020.parquet")["siret"]
    assert set(sirets) == set(SIRETS[1:101])
    kept = [path for path in (storage.open_data / "files").iterdir() if not path.name.startswith(".")]
    assert len(kept) == 3


def test_a_corrected_folder_stands_whichever_of_the_two_is_touched_and_a_bad_one_takes_no_place(
    storage, mirror, monkeypatch
):
    monkeypatch.setenv("OPEN_DATA_MIRROR", str(mirror))
    monkeypatch.setattr(open_data, "SOURCES", (SIAE,))

    def in_use() -> str:
        take_in(SIAE, storage, str(mirror))
        assert not open_data.has_news(storage), "a refresh would be asked for again and again"
        return archive.Book(storage, "siae", "structures").in_use()["2020"].origin

    corrected = drop(mirror, "2020_corrected", b"")
    assert in_use() == "mirror:2020/siae_marche_x.csv"
    corrected.write_bytes(listing(SIRETS[:101]))
    assert in_use() == "mirror:2020_corrected/siae_marche_x.csv"
    drop(mirror, "2020", listing(SIRETS[:99]))
    assert in_use() == "mirror:2020_corrected/siae_marche_x.csv" and in_lake(storage) == {"2020": 101}
    corrected.unlink()
    assert in_use() == "mirror:2020/siae_marche_x.csv" and in_lake(storage) == {"2020": 99}


SUSPICIOUS = {
    "fewer rows than before": (listing(SIRETS[:80]), "80 rows where at least 90 are expected"),
    "a moved column": (listing(SIRETS, HEADER.replace("siret", "Numéro SIRET")), "no column like siret; the file has"),
    "a page instead": (b"<!DOCTYPE html><html><body>Erreur 500</body></html>", "a web page instead of data"),
    "a copy cut short": (listing(SIRETS)[:-9], "cut short: it ends in the middle of a line"),
    "another encoding": (listing(SIRETS).replace(b"Atelier", b"\xe9telier"), "not utf-8"),
    "many wrong rows": (listing(["1" * 14] * 10 + SIRETS[:100]), "10 of 110 rows are wrong (siret: siret_invalide"),
    "nothing": (b"", "empty"),
}


@pytest.mark.parametrize("case", SUSPICIOUS)
def test_a_suspicious_file_is_kept_for_a_look_and_the_last_good_one_stays_in_use(storage, mirror, case):
    content, reason = SUSPICIOUS[case]
    take_in(SIAE, storage, str(mirror))
    drop(mirror, "2021", content)
    outcome = take_in(SIAE, storage, str(mirror))
    assert reason in outcome.problems[0] and "2021" in outcome.problems[0]
    assert in_lake(storage) == {"2020": 100}
    assert statuses(storage) == [("2020", "in_use"), ("2021", "refused")]
    assert archive.problems(archive.Book(storage, "siae", "structures")) == outcome.problems


def test_without_its_mirror_a_source_keeps_the_last_good_data(storage, mirror):
    take_in(SIAE, storage, str(mirror))
    outcome = take_in(SIAE, storage, None)
    assert not outcome.problems and in_lake(storage) == {"2020": 100}


def test_wrong_rows_are_set_aside_with_their_rules(storage, mirror):
    drop(mirror, "2020", listing([*SIRETS[:99], "12345678901234"]))
    take_in(SIAE, storage, str(mirror))
    (aside,) = pl.read_parquet(storage.quarantine / "siae.structures" / "2020.parquet").to_dicts()
    assert (aside["row"], aside["siret"]) == (100, "12345678901234") and "siret_invalide" in aside["regles"]
    assert in_lake(storage) == {"2020": 99}


def test_news_are_seen_without_opening_a_file(storage, mirror, monkeypatch):
    monkeypatch.setenv("OPEN_DATA_MIRROR", str(mirror))
    monkeypatch.setattr(open_data, "SOURCES", (SIAE,))
    assert open_data.has_news(storage)
    take_in(SIAE, storage, str(mirror))
    assert not open_data.has_news(storage)
    drop(mirror, "2021", listing(SIRETS[:105]))
    assert open_data.has_news(storage)


def test_a_mirror_may_be_a_server_that_lists_its_folders(storage):
    with world() as web:
        web.serve("/siae/", File(b'<a href="../">../</a><a href="2020/">2020/</a>'))
        web.serve("/siae/2020/", File(b'<a href="siae_marche_x.csv">siae_marche_x.csv</a>'))
        web.serve(r"/siae/2020/siae_marche_x\.csv", File(listing(SIRETS[:100])))
        http = HttpClient(retries=1, back_off=0.01)
        for _ in range(2):
            assert not take_in(SIAE, storage, web.base, http).problems
        assert in_lake(storage) == {"2020": 100}
        assert [call[0] for call in web.asked("/siae/2020/siae_marche_x.csv")] == ["HEAD", "GET", "HEAD"]


def test_folders_of_a_mirror_that_nobody_reads_are_told_with_what_was_expected(storage, mirror, monkeypatch):
    assert open_data.astray(storage) == {}
    monkeypatch.setenv("OPEN_DATA_MIRROR", str(mirror))
    assert open_data.astray(storage) == {}
    drop(mirror, "2021", listing(SIRETS), name="liste.csv")
    drop(mirror, "edition2022", listing(SIRETS))
    drop(mirror, "2020", listing(SIRETS), schema="insee_epcis")
    drop(mirror, "2020", listing(SIRETS), schema="meteo")
    (mirror / "siae" / "siae_marche_y.csv").write_bytes(listing(SIRETS))
    (mirror / "siae" / "2023").symlink_to("nowhere")
    (mirror / "insee_cog").symlink_to("insee_cog")
    (mirror / "sirene").write_bytes(b"")
    assert open_data.astray(storage) == {
        "mirror:insee_cog": "it is no folder, or leads to none",
        "mirror:insee_epcis": "no source has this name; insee_epci is one",
        "mirror:meteo": "no source has this name",
        "mirror:siae/2023": "it is no folder, or leads to none",
        "mirror:siae/2021": "no file has a known name; there are: siae_marche_*.csv",
        "mirror:siae/edition2022": "no edition begins this name: expected as 2024, 2024T3 or 2024-11",
        "mirror:siae/siae_marche_y.csv": "it lies in no folder of an edition",
        "mirror:sirene": "it is no folder, or leads to none",
    }


def test_a_mirror_that_is_neither_a_folder_nor_an_address_is_named(monkeypatch):
    monkeypatch.setenv("OPEN_DATA_MIRROR", "/nowhere/at/all")
    with pytest.raises(SettingError, match="OPEN_DATA_MIRROR"):
        open_data.mirror()


# --- layouts --------------------------------------------------------------------------------------------------


def read(one: Source, tmp_path: Path, name: str, content: bytes) -> pl.DataFrame:
    path = tmp_path / name
    path.write_bytes(content)
    return one.layout_of(name).read(path, CONTRACTS[one.key])


def test_zeros_that_a_spreadsheet_ate_are_put_back_where_codes_have_a_fixed_width(tmp_path):
    header = "codgeo,libgeo,ze2020,libze2020,ze_partie_reg,dep,reg"
    lines = f"{header}\n1004,Ambérieu,51,Alençon,,1,84\n2A004,Ajaccio,9401,Ajaccio,,2A,94\n"
    frame = read(source("insee_zones_emploi", "communes"), tmp_path, "x_zone_emploi_commune.csv", lines.encode())
    assert frame.select("codgeo", "ze2020", "dep").rows() == [("01004", "0051", "01"), ("2A004", "9401", "2A")]


ZONES = "codgeo,libgeo,ze2020,libze2020,ze_partie_reg,dep,reg"
#: Lines of that file -> what is said of them.
DOUBTFUL_ZEROS = {
    "a commune that lacks two": (["100,A,51,B,,1,84"], "codgeo '100' is too short: 2 digits of 5 are missing"),
    "a zone that lacks three": (["1004,A,5,B,,1,84"], "ze2020 '5' is too short: 3 digits of 4 are missing"),
    "an empty région of one space": (["1004,A,51,B,,1, "], None),
    "a code in two writings": (
        ["1004,A,51,B,,1,84", "01004,C,52,D,,1,84"], "codgeo '01004' and '1004' would both become '01004'",
    ),
    "a zone in two writings": (
        ["1004,A,51,B,,1,84", "1005,C,051,D,,1,84"], "ze2020 '051' and '51' would both become '0051'",
    ),
    "the same writing twice": (["1004,A,51,B,,1,84", "1005,C,51,D,,1,84"], None),
}  # fmt: skip


@pytest.mark.parametrize("case", DOUBTFUL_ZEROS)
def test_zeros_are_not_put_back_where_there_is_a_doubt(tmp_path, case):
    lines, said = DOUBTFUL_ZEROS[case]
    content = "\n".join([ZONES, *lines]).encode()
    one, name = source("insee_zones_emploi", "communes"), "x_zone_emploi_commune.csv"
    if said is None:
        assert read(one, tmp_path, name, content).height == len(lines)
        return
    with pytest.raises(SourceError) as refused:
        read(one, tmp_path, name, content)
    assert f"{name}: {said}" in str(refused.value)


def test_a_code_in_two_writings_is_seen_in_two_pieces_of_a_long_file(tmp_path, monkeypatch):
    monkeypatch.setattr(readers, "BATCH", 3)
    others = [f"{number}" for number in range(100_000_000, 100_000_020)]
    content = "\n".join(["siren", "5520176", *others, "005520176"]).encode()
    with pytest.raises(SourceError, match="siren '5520176' and '005520176' would both become '005520176'"):
        read(source("ess", "entreprises"), tmp_path, "liste.csv", content)


def test_cells_that_got_zeros_back_are_counted_in_the_book_and_on_the_asset(storage, tmp_path, monkeypatch):
    folder, one = tmp_path / "mirror", source("insee_zones_emploi", "communes", minimum_rows=1)
    # Three codes of communes, two zones, three départements and no région have lost zeros.
    lines = ["1004,A,51,B,,1,84", "1005,C,51,D,,1,84", "2A004,E,9401,F,,2A,94", "9001,G,7601,H,,9,76"]
    drop(folder, "2025", "\n".join([ZONES, *lines]).encode(), "x_zone_emploi_commune.csv", "insee_zones_emploi")
    monkeypatch.setenv("OPEN_DATA_MIRROR", str(folder))
    monkeypatch.setattr(open_data, "SOURCES", (one,))
    (intake,) = (made for made in open_data.build_open_data_assets()[0] if open_data.INTAKE in keys_of(made))
    with dg.instance_for_test() as instance:
        assert dg.materialize([intake], instance=instance, resources={"storage": storage, "home_lock": None}).success
        (event,) = instance.fetch_materializations(dg.AssetKey(list(one.key)), limit=5).records
    assert event.asset_materialization.metadata["restored_zeros"].value == 8
    (version,) = archive.Book(storage, *one.key).versions()
    assert (version.rows, version.restored) == (4, 8)


def keys_of(made: dg.AssetsDefinition | dg.AssetSpec) -> set[dg.AssetKey]:
    return {made.key} if isinstance(made, dg.AssetSpec) else set(made.keys)


def test_a_book_of_before_the_zeros_were_counted_is_read(storage, mirror):
    take_in(SIAE, storage, str(mirror))
    book = archive.Book(storage, "siae", "structures")
    path = storage.open_data / "siae" / "structures" / "versions.json"
    rows = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps([{name: row[name] for name in row if name != "restored"} for row in rows]))
    assert [(one.rows, one.restored) for one in book.versions()] == [(100, 0)]


@pytest.mark.parametrize(("mark", "reason"), [("s", "secret"), ("nd", "non_disponible"), ("", "vide"), ("12,5", None)])
def test_a_secret_is_no_zero_and_says_why(tmp_path, mark, reason):
    text = f"CODGEO;NBMENFISC21;NBPERSMENFISC21;MED21;TP6021\n01001;346;895;25820;{mark}\n"
    (row,) = read(source("insee_filosofi", "communes"), tmp_path, "cc_filosofi_2021_COM.csv", text.encode()).to_dicts()
    assert (row["tp60"], row["tp60_absence"]) == (None if reason else "12,5", reason)
    assert (row["med"], row["med_absence"]) == ("25820", None)


def test_columns_that_grow_with_the_years_become_rows(tmp_path):
    text = (
        "\ufeffCode commune;Code APE;Nombre d'établissements 2021;Effectifs salariés 2021;"
        "Nombre d'établissements 2022;Effectifs salariés 2022\n76540;8899B;1;4;;\n76005;4511Z;2;;3;7\n"
    )
    frame = read(source("urssaf_commune_ape", "emplois"), tmp_path, "urssaf_commune_ape_x.csv", text.encode())
    assert sorted(frame.select("com", "annee", "etablissements", "effectifs_salaries").rows()) == [
        ("76005", "2021", "2", None), ("76005", "2022", "3", "7"), ("76540", "2021", "1", "4"),
    ]  # fmt: skip


def test_a_year_column_that_is_gone_is_an_error(tmp_path):
    with pytest.raises(SourceError, match="no column like"):
        text = b"Code commune;Code APE;Effectifs\n76540;8899B;4\n"
        read(source("urssaf_commune_ape", "emplois"), tmp_path, "urssaf_commune_ape_x.csv", text)


SIDE = "GEO;GEO_OBJECT;ACTIVITY;LEGAL_FORM;FREQ;SIDE_MEASURE;TIME_PERIOD;OBS_VALUE;OBS_STATUS\n"
DEFM = (
    "date;code_region;code_commune;commune;type_de_donnees;categorie;sexe;tranche_d_age;nombre_de_demandeurs_d_emploi\n"
)
DEFM_ZONES = (
    "Date;Code région;Code zone d'emploi;Zone d'emploi;Catégorie;Sexe;Tranche d'âge;Ancienneté;"
    "Nombre de demandeurs d'emploi\n"
)
FILOSOFI = "CODGEO;NBMENFISC21;NBPERSMENFISC21;MED21;TP6021\n"
ACTIVE = "EPCI;MOINS DE 3 MOIS;Total - Catégories A,B,C"


#: source, name of the file, a good one, columns looked at and their rows, a broken one, what is said of it.
NEW_LAYOUTS = {
    "creations of every zoning": (
        ("insee_side_creations", "territoires"), "DS_SIDE_CREA_ETAB_COM_2025_CSV_FR",
        zipped(DS_SIDE_2025_data__csv=SIDE + "76540;COM;_T;_T;A;BURE;2024;9;A\n76540;COM;C;_T;A;BURE;2024;5;A\n"
               "F;FRANCE;_T;_T;A;BURE;2024;9;A\n2815;ZE2020;_T;10;A;BURE;2024;4;A\n", DS_SIDE_2025_metadata__csv="x"),
        "geo geo_object annee creations_etablissements", [("76540", "COM", "2024", "9"), ("F", "FRANCE", "2024", "9")],
        zipped(DS_SIDE_2025_metadata__csv="x"), "0 files like",
    ),
    "job-seekers by commune, without totals nor cuts": (
        ("dares_defm", "communes"), "dares_defm_communales-brutes.csv",
        (DEFM + "2024-T4;28;76540;Rouen;Brutes;ABC;Total;Total;9135\n"
         "2024-T4;28;76540;Rouen;Brutes;ABC;Hommes;Total;4500\n"
         "2024-T4;28;Total;Total;Brutes;ABC;Total;Total;9999\n2024-T4;94;2A004;Ajaccio;Brutes;ABC;Total;Total;\n").encode(),
        "com trimestre demandeurs_emploi demandeurs_emploi_absence",
        [("76540", "2024-T4", "9135", None), ("2A004", "2024-T4", None, "vide")],
        DEFM.replace("sexe", "genre").encode() + b"x", "no column like sexe",
    ),
    "job-seekers by zone, with labels for headers": (
        ("dares_defm", "zones"), "dares_defm_zoneeemploi_brut_trim.csv",
        (DEFM_ZONES + "2024-T4;28;2815;Rouen;A, B, C;Total;Total;Un an ou plus;11240\n"
         "2024-T4;28;51;Alençon;ABC;Total;Total;Total;*\n"
         "2024-T4;28;51;Alençon;A;Total;Total;Total;5\n").encode(),
        "ze2020 trimestre anciennete demandeurs_emploi demandeurs_emploi_absence",
        [("2815", "2024-T4", "Un an ou plus", "11240", None), ("0051", "2024-T4", "Total", None, "secret")],
        DEFM_ZONES.replace("Ancienneté;", "").encode(), "no column like anciennete",
    ),
    "poverty by EPCI": (
        ("insee_filosofi", "epci"), "cc_filosofi_2021_EPCI.csv",
        (FILOSOFI + "200023414;215000;480000;22000;17,5\n200000172;9;20;21000;s\n").encode(),
        "epci tp60 tp60_absence", [("200023414", "17,5", None), ("200000172", None, "secret")],
        FILOSOFI.replace("TP6021", "TP60").encode(), "no column like TP60",
    ),
    "poverty by zone": (
        ("insee_filosofi", "zones"), "cc_filosofi_2021_ZE2020.csv", (FILOSOFI + "51;9;20;21000;nd\n").encode(),
        "ze2020 tp60 tp60_absence", [("0051", None, "non_disponible")],
        FILOSOFI.replace("CODGEO", "ZE2020").encode(), "no column like CODGEO",
    ),
    "rurality": (
        ("anct_frr", "communes"), "Liste communes FRR_juillet2025.xlsx",
        workbook("Liste", ("Code_insee", "Departement", "Commune", "Classement FRR et FRR+ au 10 juillet 2025"),
                 ("01002", "Ain", "Abergement", "FRR socle"), ("76540", "Seine-Maritime", "Rouen", "Non classée")),
        "codgeo classement_frr", [("01002", "FRR socle"), ("76540", "Non classée")],
        workbook("Liste", ("Code_insee", "Departement", "Commune"), ("01002", "Ain", "x")),
        "no column like Classement FRR",
    ),
    "job-seekers by name of EPCI": (
        ("francetravail_defm_epci", "anciennetes"), "pe_defm_epci_defm_par_epci_en_dec_2017.xlsx",
        workbook("par ancienneté", ("Nombre",), ("Source",), ("", "Catégorie ABC"), tuple(ACTIVE.split(";")),
                 ("Métropole", 18116, 81976), ("CC", "s.s", 40)),
        "libepci anciennete demandeurs_emploi demandeurs_emploi_absence",
        [("Métropole", "MOINS DE 3 MOIS", "18116", None), ("CC", "MOINS DE 3 MOIS", None, "secret"),
         ("Métropole", "Total - Catégories A,B,C", "81976", None), ("CC", "Total - Catégories A,B,C", "40", None)],
        workbook("par catégorie", ("EPCI",), ("x",)), "par ancienneté",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", NEW_LAYOUTS)
def test_a_file_is_read_and_a_broken_one_is_refused_by_name(tmp_path, case):
    key, name, good, columns, rows, broken, reason = NEW_LAYOUTS[case]
    frame = read(source(*key), tmp_path, name, good)
    assert frame.select(columns.split()).rows() == rows
    whole = frame.with_columns(edition=pl.lit("2024"), geographie=pl.lit("2024"))
    assert validate(whole, CONTRACTS[key]).failures.is_empty()
    with pytest.raises(SourceError, match=reason) as said:
        read(source(*key), tmp_path, name, broken)
    assert name in str(said.value)


TWICE = {
    "csv": (SIAE, "siae_marche_x.csv", listing(SIRETS[:3], HEADER.replace("brand", "naf")), "'naf'"),
    "a long csv": (source("ess", "entreprises"), "ess.csv", b"SIREN,nom,SIREN\n325175,A,325176\n", "'SIREN'"),
    "a workbook": (
        source("insee_epci", "communes"), "epci.xlsx",
        workbook(
            "Composition_communale", *([("titre",)] * 5), ("CODGEO", "LIBGEO", "EPCI", "LIBEPCI", "DEP", "REG", "EPCI"),
            ("76540", "Rouen", "200023414", "Métropole", "76", "28", "ZZZZZZZZZ"),
        ), "'EPCI'",
    ),
    "a column of a year": (
        source("urssaf_commune_ape", "emplois"), "urssaf_commune_ape_x.csv",
        "Code commune;Code APE;Effectifs salariés 2022;Effectifs salariés 2022\n76540;8899B;1;4\n".encode(),
        "'Effectifs salariés 2022'",
    ),
    "two names of one figure": (
        source("francetravail_defm_epci", "anciennetes"), "pe_defm_epci_anciennete_x.csv",
        b"code_epci,lib_epci,total,anc_total\n200023414,M,1,2\n", "total, anc_total",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TWICE)
def test_a_column_that_is_there_twice_is_refused_by_name(tmp_path, case):
    one, name, content, said = TWICE[case]
    with pytest.raises(SourceError, match="several columns") as refused:
        read(one, tmp_path, name, content)
    assert name in str(refused.value) and said in str(refused.value)


def test_a_column_that_nobody_reads_may_be_there_twice(tmp_path):
    header = HEADER.replace("brand", "note") + ",note,,"
    assert read(SIAE, tmp_path, "siae_marche_x.csv", listing(SIRETS[:3], header)).height == 3


#: Files of the mirror that no source reads, and why.
NOT_READ = {
    "README.md": "says what the others are",
    "geo/*": "shapes",
    "datagouv/*": "recorded answers of a server",
    "sirene/headers/*": "headers, with scrambled values",
    "nomenclatures/*": "lists of codes",
    "etalab_decoupage/*": "the snapshot of communes is made from it",
    "dgcl_epci/*": "the composition of EPCI, which insee_epci and the snapshot of communes give already",
    "insee_cog/*/insee_cog_v_[adr]*.csv": "names above the commune: in the snapshot of communes",
    "insee_zones_emploi/*/pilotage_seed_insee_zones_emploi.csv": "names of zones: in the composition by commune",
    "francetravail_defm_epci/2018/pe_defm_epci_categorie_abc_2018.csv": "the same totals, by sex, age and diploma",
    "siae/2020/siae_[ac]*.csv": "agreements of structures: members state their own",
}


def test_every_real_file_is_read_by_a_source_or_said_not_to_be(real_mirror):
    names = [str(path.relative_to(real_mirror)) for path in real_mirror.rglob("*") if path.is_file()]
    offered = (offer for one in SOURCES for offer in open_data.offers(one, str(real_mirror), None))
    read_by_a_source = {offer.origin.removeprefix("mirror:") for offer in offered}
    unread = {name for name in names if name.partition("/")[2] not in read_by_a_source}
    unexplained = {name for name in unread if not any(fnmatch(name, pattern) for pattern in NOT_READ)}
    assert not unexplained
    assert all(any(fnmatch(name, pattern) for name in unread) for pattern in NOT_READ), "one is read"
    assert {"2017", "2018"} <= {name.split("/")[1] for name in set(names) - unread if name.startswith("francetravail")}


# --- communes over time ---------------------------------------------------------------------------------------

#: Inhabitants of today: A 300, B 100, N 50.
TODAY = pl.DataFrame(
    {"code_commune": ["01001", "01002", "01009"], "population_municipale": [300, 100, 50], "millesime": [2024] * 3}
)
COG = pl.DataFrame({"typecom": ["COM"] * 3, "com": ["01001", "01002", "01009"], "comparent": [None] * 3},
                   schema_overrides={"comparent": pl.String})  # fmt: skip


def meaning(events: list[tuple], code: str, year: int) -> dict[str, tuple[float, str]]:
    """What `code` of `year` stands for: commune of today -> (share, event)."""
    names = ("mod", "date_eff", "typecom_av", "com_av", "typecom_ap", "com_ap")
    types = dict.fromkeys(names, pl.String) | {"date_eff": pl.Date}
    rows = commune_vintages(pl.DataFrame(events, schema=types, orient="row"), COG, TODAY, {})
    at = rows.filter(
        pl.col("code_ancien") == code, pl.col("premier_millesime") <= year, pl.col("dernier_millesime") >= year
    )
    return {row["code_commune"]: (round(row["part"], 6), row["evenement"]) for row in at.to_dicts()}


def event(mod: str, day: date, before: str, after: str, kind_after: str = "COM", kind_before: str = "COM") -> tuple:
    return (mod, day, kind_before, before, kind_after, after)


def test_a_merged_commune_is_the_new_one_and_its_code_is_gone_after():
    day = date(2016, 1, 1)
    events = [event("32", day, "01001", "01001"), event("32", day, "01005", "01001"),
              event("32", day, "01005", "01005", "COMD")]  # fmt: skip
    assert meaning(events, "01005", 2015) == {"01001": (1.0, "fusion")}
    assert meaning(events, "01005", 2016) == {}, "on 1 January 2016 it is no commune any more"
    assert meaning(events, "01001", 2010) == {"01001": (1.0, "inchangee")}


def test_a_split_commune_is_shared_out_by_the_people_of_today():
    day = date(2020, 1, 1)
    events = [event("21", day, "01001", "01001"), event("21", day, "01001", "01002"),
              event("21", day, "01002", "01002", kind_before="COMD")]  # fmt: skip
    assert meaning(events, "01001", 2019) == {"01001": (0.75, "scission"), "01002": (0.25, "scission")}
    assert meaning(events, "01002", 2019) == {} and meaning(events, "01002", 2020) == {"01002": (1.0, "inchangee")}


def test_a_code_may_change_and_change_back():
    events = [event("50", date(2021, 1, 1), "01009", "01008"), event("50", date(2023, 1, 1), "01008", "01009")]
    assert meaning(events, "01009", 2020) == {"01009": (1.0, "changement_de_code")}
    assert meaning(events, "01009", 2022) == {} and meaning(events, "01008", 2022) == {
        "01009": (1.0, "changement_de_code")
    }


def test_a_commune_that_changes_its_code_and_merges_on_one_day_is_followed_through():
    day = date(2018, 1, 1)
    events = [
        event("41", day, "02001", "01007"),
        event("32", day, "01007", "01001"),
        event("32", day, "01001", "01001"),
    ]
    assert meaning(events, "02001", 2017) == {"01001": (1.0, "changement_de_code")}
    assert meaning(events, "01007", 2017) == {}


def test_the_end_of_a_delegated_commune_takes_nothing_from_its_commune():
    events = [event("35", date(2022, 12, 22), "01005", "01001", kind_before="COMD")]
    assert meaning(events, "01001", 2020) == {"01001": (1.0, "inchangee")}


# --- the real files -------------------------------------------------------------------------------------------


def test_the_real_files_are_taken_in_and_the_communes_of_every_year_are_found(storage, real_mirror):
    rows = {}
    for one in SOURCES:
        outcome = take_in(one, storage, str(real_mirror))
        assert outcome.problems == []
        rows |= {
            (*one.key, published.edition): (published.rows, published.quarantined) for published in outcome.published
        }
    assert rows["insee_cog", "communes", "2024"] == (37_544, 0)
    assert rows["insee_cog", "mouvements", "2024"] == (13_284, 0)
    assert rows["insee_zones_emploi", "communes", "2025"] == (34_875, 0), "the file that lost its zeros"
    # Of communes and of their départements, of zones, of régions: counted cell by cell in the file.
    restored = archive.Book(storage, "insee_zones_emploi", "communes").in_use()["2025"].restored
    assert restored == 3_135 + 3_135 + 1_816 + 129
    assert rows["siae", "structures", "2020"] == (3_840, 13)
    people = pl.read_parquet(storage.lake_table("insee_populations", "communes") / "2021.parquet")
    assert people["pmun"].sum() == 67_408_052

    open_data.publish_communes(storage)
    open_data.publish_commune_vintages(storage)
    vintages = pl.read_parquet(storage.lake_table("geography", "commune_vintages") / "*.parquet")
    cog = pl.read_parquet(storage.lake_table("insee_cog", "communes") / "2024.parquet")

    def at(year: int) -> pl.DataFrame:
        return vintages.filter(pl.col("premier_millesime") <= year, pl.col("dernier_millesime") >= year)

    of_2024 = set(at(2024).filter(pl.col("evenement") != "arrondissement_municipal")["code_ancien"])
    whole = set(cog.filter(pl.col("typecom") == "COM")["com"])
    overseas = {code for code in of_2024 - whole if code.startswith(("975", "977", "978", "98"))}
    assert (len(whole), of_2024 - overseas) == (34_935, whole)
    for year in (2003, 2015, 2016, 2019, 2024, 2026):
        shares = at(year).group_by("code_ancien").agg(pl.col("part").sum())["part"]
        assert shares.is_between(1 - 1e-6, 1 + 1e-6).all()
    today = set(pl.read_parquet(storage.lake_table("geography", "communes") / "*.parquet")["code_commune"])
    itself = at(2026).filter(pl.col("code_ancien") == pl.col("code_commune"))
    assert set(itself["code_commune"]) == today == set(vintages["code_commune"])
    found = (
        vintages.filter(pl.col("code_ancien").is_in(["76358", "14513"])).select("code_ancien", "code_commune").rows()
    )
    assert sorted(found) == [("14513", "50592"), ("76358", "76455")]
    # Each file is of the year its source says, whose codes are all known: of the years beside, some would not be.
    for schema, column, edition, year in (
        ("insee_populations", "com", "2021", 2023), ("insee_filosofi", "codgeo", "2021", 2024),
        ("anct_zrr", "codgeo", "2021", 2021), ("insee_epci", "codgeo", "2023", 2023),
        ("insee_zones_emploi", "codgeo", "2023", 2023),
    ):  # fmt: skip
        frame = pl.read_parquet(storage.lake_table(schema, "communes") / f"{edition}.parquet")
        assert set(frame["geographie"]) == {year}
        assert set(frame[column]) <= set(at(year)["code_ancien"]), (schema, year)
        assert all(set(frame[column]) - set(at(other)["code_ancien"]) for other in (year - 1, year + 1)), (schema, year)


@pytest.mark.slow
def test_the_real_files_give_the_zones_and_the_context_of_every_territory(storage, real_mirror, monkeypatch):
    import duckdb

    from orchestration import cli

    monkeypatch.setenv("OPEN_DATA_MIRROR", str(real_mirror))
    assert cli.main(["refresh"]) == 0
    with duckdb.connect(str(storage.current_db), read_only=True) as db:

        def rows(sql: str) -> list[tuple]:
            return db.execute(sql).fetchall()

        territories = "marts.dim_territory where territory_code not in ('unknown', 'ZZZZZZZZZ')"
        levels = dict(rows(f"select territory_level, count(*) from {territories} group by all"))
        assert (levels["zone_emploi"], levels["epci"], levels["commune"]) == (306, 1_255, 34_969)
        in_two = (
            "select commune_code from marts.bridge_territory group by commune_code, territory_level having count(*) > 1"
        )
        assert rows(in_two) == []
        zone = "territory_level = 'zone_emploi' and territory_code = '2815'"
        lies = "commune_count, departement_code, region_code"
        assert rows(f"select {lies} from marts.dim_territory where {zone}") == [(299, None, "28")]
        figures = f"select metric, as_of, value from marts.fct_territory_context where {zone}"
        rouen = {(metric, as_of): value for metric, as_of, value in rows(figures)}
        assert rouen["unemployment_rate", "2023T3"] == pytest.approx(0.08)
        assert (rouen["private_jobs", "2022"], rouen["private_establishments", "2022"]) == (183_731, 14_978)
        people = "metric = 'population' and as_of = '2021' and territory_level = 'france'"
        assert rows(f"select value from marts.fct_territory_context where {people}") == [(67_408_052,)]
        # The file has the communes of Seine-Maritime alone, where 84 % of the zone's people live.
        jobs = "from marts.fct_territory_context where metric = 'private_jobs' and as_of = '2022'"
        assert rows(f"select comparability {jobs} and {zone}") == [("partiel",)]
        codes = "territory_level = 'commune' and territory_code in ('76358', '76455')"
        assert rows(f"select territory_code {jobs} and {codes}") == [("76455",)]
        above = "territory_level in ('region', 'france')"
        assert set(rows(f"select value, absence {jobs} and {above}")) == {(None, "partiel")}
        epcis = "metric = 'job_seekers_count' and territory_level = 'epci' and territory_code = '243300316'"  # Bordeaux
        counts = dict(rows(f"select as_of, value from marts.fct_territory_context where {epcis}"))
        assert counts == {"2017": 81_976, "2018": 80_318}
    made = sorted(storage.releases.iterdir())
    assert cli.main(["refresh"]) == 0
    assert sorted(storage.releases.iterdir()) == made, "nothing new is offered: nothing is built"
