"""What members and other software get from the contracts: the template, the schemas, the page of rules."""

import io
import json
from datetime import date, datetime

import openpyxl
import polars as pl
import pytest
from intake import Tables, a_return, counts, take_in

from contracts import RETURN_TABLES, validate
from contracts.documents import example, example_row, package, rules_page, table_schema, template_workbook
from contracts.export import generated
from contracts.fields import FIELDS
from contracts.rules import RULES
from orchestration.resources import PROJECT


def _filled(first_row: int, tables: Tables) -> bytes:
    """The template with the rows of each table from `first_row` on, whole rows, as a member's spreadsheet saves it."""
    book = openpyxl.load_workbook(io.BytesIO(template_workbook()))
    facts = {row["champ"]: row["valeur"] for row in tables["remontee"]}
    for row in book["remontee"].iter_rows(min_row=2):
        row[1].value = facts.get(row[0].value, row[1].value)
    for table, rows in tables.items():
        if table != "remontee":
            columns = [cell.value for cell in book[table][1]]
            for number, row in enumerate(rows, start=first_row):
                for place, column in enumerate(columns, start=1):
                    book[table].cell(number, place).value = row.get(column)
    filled = io.BytesIO()
    book.save(filled)
    return filled.getvalue()


@pytest.mark.parametrize("first_row", [2, 3], ids=["over the example", "below the example"])
def test_the_template_filled_in_and_dropped_is_accepted_whole(home, first_row):
    tables = a_return()
    (receipt,) = take_in(home, _filled(first_row, tables))
    assert receipt["verdict"] == "accepted", receipt["failures"]
    received = {count["table"]: count["received"] for count in receipt["tables"]}
    assert received == {table: len(rows) for table, rows in tables.items() if table != "remontee"}
    told = [note for note in receipt["notes"] if "exemple" in note]
    assert len(told) == len(receipt["notes"]) == (0 if first_row == 2 else 1)
    assert all(table in note for note in told for table in received)


def test_a_sheet_of_the_template_left_as_it_is_is_not_sent(home):
    tables = {table: rows for table, rows in a_return().items() if table not in ("activites", "sorties")}
    (receipt,) = take_in(home, _filled(3, tables))
    assert receipt["verdict"] == "accepted", receipt["failures"]
    assert {count["table"] for count in receipt["tables"]} == set(tables) - {"remontee"}
    (told,) = receipt["notes"]
    assert told.endswith("Sans autre ligne, donc non envoyées : sorties, activites.")


def test_an_example_with_one_cell_changed_is_a_row_like_any_other(home):
    example = example_row(RETURN_TABLES[0])
    rows = [example | row for row in (a_return()["structures"][0], {}, {"denomination": "Autre"})]
    (receipt,) = take_in(home, a_return() | {"structures": rows})
    assert counts(receipt, "structures") == (2, 2, 0, 0)  # the SIRET of the example is the second one of this member


def test_the_template_left_empty_is_refused_for_its_header_alone(home):
    (receipt,) = take_in(home, template_workbook())
    assert {failure["rule"] for failure in receipt["failures"]} == {"entete_absente"}


@pytest.mark.parametrize("contract", RETURN_TABLES, ids=lambda contract: contract.table)
def test_the_example_of_each_table_is_a_valid_row_that_nobody_could_have_sent(contract):
    row = example_row(contract)
    trace = {"siren_adherent": "000100016", "id_remontee": "x", "ligne": 2}
    facts = {"date_extraction": date(2025, 10, 1), "periode_fin": date(2025, 9, 30)}
    verdict = validate(pl.DataFrame([{**trace, **facts, **row}]), contract)
    assert verdict.accepted.height == 1, verdict.failures
    assert any(text.startswith(("EXEMPLE", "000")) for text in row.values())


def test_a_column_of_codes_or_of_yes_and_no_is_offered_as_a_list_and_every_cell_is_text():
    book = openpyxl.load_workbook(io.BytesIO(template_workbook()))
    for contract in RETURN_TABLES:
        offered = {cell for v in book[contract.table].data_validations.dataValidation for cell in v.sqref}
        held = book[contract.table].column_dimensions.values()
        texts = {place for d in held if d.number_format == "@" for place in range(d.min, d.max + 1)}
        starts = {str(cell).split(":")[0] for cell in offered}
        for place, name in enumerate(contract.columns, start=1):
            letter = openpyxl.utils.get_column_letter(place)
            is_listed = bool(FIELDS[name].code_list) or FIELDS[name].kind == "boolean"
            assert (f"{letter}2" in starts) == is_listed, name
            assert place in texts, name


def test_the_template_offers_the_codes_of_each_list():
    book = openpyxl.load_workbook(io.BytesIO(template_workbook()))
    offered = {
        next(iter(v.sqref.ranges)).coord.split(":")[0]: v.formula1
        for v in book["contrats"].data_validations.dataValidation
    }
    columns = [cell.value for cell in book["contrats"][1]]
    assert columns == list(RETURN_TABLES[2].columns)
    kinds = openpyxl.utils.get_column_letter(columns.index("type_structure") + 1)
    reference = offered[f"{kinds}2"].replace("$", "").removeprefix("listes!").split(":")
    listed = [cell.value for (cell,) in book["listes"][reference[0] : reference[1]]]
    assert listed == ["AI", "ACI", "EI", "ETTI", "EITI", "OSP", "GES", "GEIQ", "ETT_ESS", "AUTRE"]


@pytest.mark.parametrize("contract", RETURN_TABLES, ids=lambda contract: contract.table)
def test_a_schema_names_every_column_and_its_examples_obey_it(contract):
    import re

    schema = table_schema(contract)
    assert [field["name"] for field in schema["fields"]] == list(contract.columns)
    for field in schema["fields"]:
        pattern = field["constraints"].get("pattern")
        shown = example(FIELDS[field["name"]]).replace(" ", "")
        assert not (pattern and shown) or re.fullmatch(pattern, shown), field["name"]
        assert field["description"]


def test_the_page_of_rules_tells_every_rule():
    page = rules_page()
    assert [code for code in RULES if f"`{code}`" not in page] == []
    assert "{" not in page


def test_generated_files_are_what_the_contracts_say():
    stale = [path.name for path, wanted in generated().items() if path.read_text(encoding="utf-8") != wanted]
    assert stale == [], "run: python -m contracts.export"


#: Table Schema: type -> constraints it may carry.
_CONSTRAINTS = {
    "string": {"required", "unique", "pattern", "enum", "minLength", "maxLength"},
    "integer": {"required", "unique", "enum", "minimum", "maximum"},
    "number": {"required", "unique", "enum", "minimum", "maximum"},
    "boolean": {"required", "enum"},
    "date": {"required", "unique", "enum", "minimum", "maximum"},
    "yearmonth": {"required", "unique", "enum", "minimum", "maximum"},
}


@pytest.mark.parametrize("contract", RETURN_TABLES, ids=lambda contract: contract.table)
def test_a_schema_obeys_the_table_schema_specification(contract):
    schema = table_schema(contract)
    told = {"name", "title", "description", "countryCode", "version", "created", "keywords", "contributors", "fields"}
    assert told <= set(schema)
    names = [field["name"] for field in schema["fields"]]
    assert len(names) == len(set(names)) and set(schema["primaryKey"]) <= set(names)
    tables = {other.table: other for other in RETURN_TABLES}
    for key in schema["foreignKeys"]:
        assert set(key["fields"]) <= set(names)
        assert set(key["reference"]["fields"]) <= set(tables[key["reference"]["resource"]].columns)
    for field in schema["fields"]:
        assert set(field["constraints"]) <= _CONSTRAINTS[field["type"]], field
        if field["type"] == "boolean" and "example" in field:
            assert field["example"] in field["trueValues"] + field["falseValues"]
        if field["type"] == "number" and "example" in field:
            number = float(field["example"].replace(field["groupChar"], "").replace(field["decimalChar"], "."))
            assert field["constraints"].get("minimum", number) <= number <= field["constraints"].get("maximum", number)
        if field["type"] == "date" and "example" in field:
            assert datetime.strptime(field["example"], field["format"])


def test_the_package_lists_every_schema():
    listed = package()
    assert [resource["schema"] for resource in listed["resources"]] == [f"{c.table}.json" for c in RETURN_TABLES]
    for resource in listed["resources"]:
        schema = json.loads((PROJECT / "docs" / "schemas" / resource["schema"]).read_text(encoding="utf-8"))
        assert (schema["name"], schema["version"]) == (resource["name"], listed["version"])
