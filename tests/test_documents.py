"""What members and other software get from the contracts: the template, the schemas, the page of rules."""

import io

import openpyxl
import pytest
from intake import a_return, take_in

from contracts import RETURN_TABLES
from contracts.documents import example, rules_page, table_schema, template_workbook
from contracts.export import generated
from contracts.fields import FIELDS
from contracts.rules import RULES


def test_the_template_filled_in_and_dropped_is_accepted_whole(home):
    book = openpyxl.load_workbook(io.BytesIO(template_workbook()))
    tables = a_return()
    facts = {row["champ"]: row["valeur"] for row in tables.pop("remontee")}
    for row in book["remontee"].iter_rows(min_row=2):
        row[1].value = facts.get(row[0].value, row[1].value)
    for table, rows in tables.items():
        columns = [cell.value for cell in book[table][1]]
        for number, row in enumerate(rows, start=2):
            for column, value in row.items():
                book[table].cell(number, columns.index(column) + 1, value)
    filled = io.BytesIO()
    book.save(filled)
    (receipt,) = take_in(home, filled.getvalue())
    assert receipt["verdict"] == "accepted", receipt["failures"]
    received = {count["table"]: count["received"] for count in receipt["tables"]}
    assert {t: n for t, n in received.items() if n} == {table: len(rows) for table, rows in tables.items()}
    assert receipt["notes"] == []


def test_the_template_left_empty_is_refused_for_its_header_alone(home):
    (receipt,) = take_in(home, template_workbook())
    assert {failure["rule"] for failure in receipt["failures"]} == {"entete_absente"}


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
