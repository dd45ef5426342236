"""The page of the open-data sources: whole, as it should be now, and never silent about what it has no words for.

Here: the page itself. Not here: how a new source gets on it (`test_extending.py`), facts of sources.
"""

from dataclasses import dataclass, replace

import pytest

from contracts import codes
from orchestration import catalogue, markdown
from orchestration.connectors import HttpFile
from orchestration.sources import SOURCES

BY_KEY = {source.key: source for source in SOURCES}


def section(schema: str, table: str, **changes) -> str:
    return catalogue.page([replace(BY_KEY[schema, table], **changes)])


def test_the_page_is_what_the_project_says_now():
    assert catalogue.PAGE.read_text(encoding="utf-8") == catalogue.page(), "run: python -m orchestration.catalogue"


def test_every_source_has_one_section_that_the_summary_points_at():
    page = catalogue.page()
    for source in SOURCES:
        name = f"{source.schema}-{source.table}"
        assert page.count(f'<a id="{name}"></a>') == 1
        assert page.count(f"](#{name})") == 1


def test_a_table_read_through_one_that_is_worked_out_of_it_reaches_the_marts_of_that_one():
    # bridge_commune_vintage is made of geography.commune_vintages alone, and that of the movements.
    said = section("insee_cog", "mouvements")
    assert "- **Modèle de lecture** : `stg_insee_cog__commune_movements`\n" in said
    assert "- **Tables calculées à partir d'elle** : `geography.commune_vintages`\n" in said
    (marts,) = [line for line in said.splitlines() if line.startswith("- **Tableaux finaux")]
    assert marts.startswith("- **Tableaux finaux qui en dépendent** : tous sauf ")
    assert "bridge_commune_vintage" not in marts  # of those it does not reach


@pytest.mark.parametrize(
    ("geography", "said"),
    [
        (None, "aucun code de commune"),
        (0, "communes au 1er janvier de l'année de l'édition"),
        (1, "communes au 1er janvier, 1 an après l'année de l'édition (édition 2021 : communes de 2022)"),
        (2, "communes au 1er janvier, 2 ans après l'année de l'édition (édition 2021 : communes de 2023)"),
    ],
)
def test_the_year_of_the_communes_is_said_as_a_rule(geography: int | None, said: str):
    assert f"- **Géographie** : {said}\n" in section("insee_populations", "communes", geography=geography)


def test_a_source_that_a_person_brings_says_why():
    said = section("siae", "structures")
    assert "- **Obtention** : à la main. L'adresse demande un jeton" in said
    assert "| dépôt à la main |" in said


def test_an_address_pattern_is_written_for_people():
    way = HttpFile(r"https://exemple.fr/(?P<page>\d+)/x_(?P<vintage>\d{4})\.zip", "zip", page="https://exemple.fr/")
    assert "`https://exemple.fr/<page>/x_<millésime>.zip`" in section("insee_epci", "communes", connector=way)


def test_a_way_to_get_a_file_that_has_no_words_is_an_error_that_says_where_to_write_them():
    @dataclass(frozen=True)
    class Pigeon:
        loft: str

    with pytest.raises(markdown.CatalogueError, match=r"connector of type Pigeon: add its row in orchestration/cat"):
        section("siae", "structures", connector=Pigeon("Rouen"))


def test_a_source_without_a_contract_is_an_error_that_names_it():
    with pytest.raises(markdown.CatalogueError, match=r"siae\.others has no contract"):
        catalogue.page([replace(BY_KEY["siae", "structures"], table="others")])


def test_a_bar_in_a_cell_does_not_split_it():
    said = section("siae", "structures", producer="A | B")
    assert "| A \\| B |" in said


def test_a_seed_row_with_a_stray_comma_is_named(tmp_path, monkeypatch):
    text = (codes.SEEDS / "metrics" / "metrics.csv").read_text(encoding="utf-8")
    wrong = text.replace(",Contrats en cours le dernier", ",Contrats en cours, le dernier", 1)
    line = next(number for number, row in enumerate(wrong.splitlines(), 1) if "Contrats en cours, le" in row)
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics" / "metrics.csv").write_text(wrong, encoding="utf-8")
    monkeypatch.setattr(codes, "SEEDS", tmp_path)
    with pytest.raises(codes.SeedError, match=f"line {line}, 'contracts_in_force_count': not as many cells"):
        codes.seed_rows.__wrapped__("metrics/metrics")


def test_a_row_without_french_words_is_said_in_one_line(monkeypatch, capsys):
    def page():
        raise markdown.CatalogueError("no French words for the mission of x ''")

    monkeypatch.setattr(catalogue.dictionary, "page", page)
    assert catalogue.main(["--check"]) == 1
    assert capsys.readouterr().err == "no French words for the mission of x ''\n"
