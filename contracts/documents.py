"""Contracts in the forms that members and other software read: template workbook, Table Schema, list of rules.

Here: contract -> bytes or text, in French. Not here: where they are written (`export.py`, the command line), the
contracts themselves.
"""

import io
from datetime import date

from contracts.codes import code_labels
from contracts.fields import FIELDS, Field
from contracts.members import RETURN_TABLES
from contracts.rules import RULES
from contracts.table import Contract, row_rules

#: Sheet of the template that explains; the intake does not read it.
INSTRUCTIONS = "instructions"
MODEL_VERSION = "1"

_EXAMPLES = {
    "siret": "00010001600013", "siret_activite": "", "id_salarie": "S-0421", "pass_iae": "99999 23 00421",
    "id_contrat": "C-2025-017", "id_mission": "M-1093", "id_activite": "A-03", "id_action": "K-12", "rang": "0",
    "annee_naissance": "1987", "mois": "2025-07", "nb_partenaires": "4", "denomination": "Relais du Pays de Caux",
    "intitule": "Ressourcerie", "types_partenaires": "commune, mission locale", "situation_3_mois": "en emploi",
    "date_fin_prevue": "31/12/2025", "date_fin_reelle": "", "date_fin": "", "id_contrat_parent": "",
}  # fmt: skip
_BY_KIND = {
    "commune": "76540", "naf": "88.99B", "rome": "K2204", "date": "01/07/2025", "decimal": "12,5",
    "duration_hours": "17,5", "boolean": "oui", "integer": "1", "text": "", "identifier": "",
}  # fmt: skip
_SCHEMA_TYPES = {
    "date": "date", "month": "yearmonth", "integer": "integer", "decimal": "number", "duration_hours": "number",
    "boolean": "boolean",
}  # fmt: skip
_PATTERNS = {
    "siret": "^[0-9]{14}$", "siren": "^[0-9]{9}$", "pass_iae": "^[A-Z0-9]{5}[0-9]{7}$",
    "commune": "^([0-9]{2}|2A|2B)[0-9]{3}$", "naf": "^[0-9]{2}[.]?[0-9]{2}[A-Z]$", "rome": "^[A-N][0-9]{4}$",
}  # fmt: skip


def example(field: Field) -> str:
    """A plausible value, as a member would type it; empty where a column is rarely filled."""
    if field.name in _EXAMPLES:
        return _EXAMPLES[field.name]
    return next(iter(code_labels(field.code_list))) if field.code_list else _BY_KIND[field.kind]


def template_workbook() -> bytes:
    """An empty return: one sheet a table, lists to choose codes from, a page of instructions with an example each."""
    import xlsxwriter

    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        book.set_properties({"title": f"Modèle de remontée, version {MODEL_VERSION}", "created": date(2026, 1, 1)})
        bold = book.add_format({"bold": True, "bg_color": "#E3E9F2"})
        needed = book.add_format({"bold": True, "bg_color": "#FFE0D1"})
        as_text = book.add_format({"num_format": "@"})  # keeps the zeros at the start of a SIRET or a commune
        _write_instructions(book.add_worksheet(INSTRUCTIONS), bold)
        header = book.add_worksheet("remontee")
        header.set_column(0, 1, 28, as_text)
        header.write_row(0, 0, ["champ", "valeur"], bold)
        known = {"version_modele": MODEL_VERSION}
        for row, name in enumerate(("siren_adherent", "periode", "version_modele", "date_extraction"), start=1):
            header.write_row(row, 0, [name, known.get(name, "")])
        lists = book.add_worksheet("listes")
        columns: dict[str, str] = {}
        for place, code_list in enumerate(_code_lists()):
            codes = list(code_labels(code_list))
            lists.write_column(0, place, [code_list, *codes])
            letter = chr(ord("A") + place)
            columns[code_list] = f"=listes!${letter}$2:${letter}${len(codes) + 1}"
        lists.hide()
        for contract in RETURN_TABLES:
            sheet = book.add_worksheet(contract.table)
            sheet.freeze_panes(1, 0)
            for place, name in enumerate(contract.columns):
                field = FIELDS[name]
                sheet.set_column(place, place, max(14, len(name) + 2), as_text)
                sheet.write_string(0, place, name, needed if name in contract.mandatory else bold)
                sheet.write_comment(0, place, f"{field.label_fr} : {field.description_fr}")
                if field.code_list:
                    choice = {"validate": "list", "source": columns[field.code_list], "error_type": "warning"}
                    sheet.data_validation(1, place, 5000, place, choice)
    return made.getvalue()


def _code_lists() -> list[str]:
    return sorted({FIELDS[n].code_list for c in RETURN_TABLES for n in c.columns if FIELDS[n].code_list})


def _write_instructions(sheet, bold) -> None:
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 34)
    sheet.set_column(2, 4, 60)
    lines = [
        "Modèle de remontée de l'observatoire des territoires solidaires",
        "1. Feuille « remontee » : indiquez votre SIREN, la période (2025T3, ou 2025-09) et la date d'extraction.",
        "2. Remplissez une feuille par table. Laissez vides, ou supprimez, les feuilles qui ne vous concernent pas.",
        "3. Les colonnes en orange sont obligatoires. Les autres peuvent rester vides. Ne changez pas les noms.",
        "4. Dates : JJ/MM/AAAA. Nombres : 12,5. Oui ou non en toutes lettres.",
        "5. N'écrivez jamais de nom, d'adresse, de téléphone, de courriel ni de numéro de sécurité sociale.",
        "6. Une remontée dit ce qui était vrai pendant la période ; renvoyée, elle remplace la précédente en entier.",
    ]
    for row, text in enumerate(lines):
        sheet.write_string(row, 0, text, bold if row == 0 else None)
    top = len(lines) + 1
    for contract in RETURN_TABLES:
        sheet.write_row(top, 0, [contract.table, contract.description_fr], bold)
        sheet.write_row(top + 1, 0, ["colonne", "libellé", "description", "obligatoire", "exemple"], bold)
        for row, name in enumerate(contract.columns, start=top + 2):
            field = FIELDS[name]
            is_needed = "oui" if name in contract.mandatory else "non"
            sheet.write_row(row, 0, [name, field.label_fr, field.description_fr, is_needed])
            sheet.write_string(row, 4, example(field))
        top += len(contract.columns) + 3


def table_schema(contract: Contract) -> dict:
    """Table Schema (specs.frictionlessdata.io, as schema.data.gouv.fr uses it) of one table of a return."""
    return {
        "$schema": "https://specs.frictionlessdata.io/schemas/table-schema.json",
        "name": contract.table,
        "title": f"Remontée : table {contract.table}",
        "description": contract.description_fr,
        "version": f"{MODEL_VERSION}.0.0",
        "lang": "fr",
        "fields": [_schema_field(FIELDS[name], name in contract.mandatory) for name in contract.columns],
        "primaryKey": list(contract.key),
        "missingValues": [""],
    }


def _schema_field(field: Field, is_mandatory: bool) -> dict:
    constraints: dict = {"required": is_mandatory}
    if field.code_list:
        constraints["enum"] = list(code_labels(field.code_list))
    if field.kind in _PATTERNS:
        constraints["pattern"] = _PATTERNS[field.kind]
    if field.low is not None:
        constraints["minimum"] = field.low
    if field.high is not None:
        constraints["maximum"] = field.high
    described = {
        "name": field.name,
        "title": field.label_fr,
        "description": field.description_fr + (f" Unité : {field.unit}." if field.unit else ""),
        "type": _SCHEMA_TYPES.get(field.kind, "string"),
        "constraints": constraints,
    }
    return described | ({"format": "%d/%m/%Y"} if field.kind == "date" else {}) | _example(field)


def _example(field: Field) -> dict:
    return {"example": example(field)} if example(field) else {}


def rules_page() -> str:
    """What each rule means and how to mend it, as a page (Markdown) for members."""
    lines = [
        "# Les règles à l'entrée, et comment corriger",
        "",
        "<!-- Produit par `python -m contracts.export` : modifier contracts/rules.py, pas cette page. -->",
        "",
        "L'accusé de réception donne, pour chaque ligne écartée, son numéro, la colonne, la règle et le remède.",
        "",
        "| règle | ce qui ne va pas | comment corriger |",
        "|---|---|---|",
    ]
    for code, rule in RULES.items():
        blanks = {"label": "la colonne", "allowed": "…"}
        lines.append(f"| `{code}` | {rule.sentence.format(**blanks)} | {rule.remedy.format(**blanks)} |")
    lines += ["", "## Règles de chaque table", ""]
    for contract in RETURN_TABLES:
        needed = ", ".join(f"`{name}`" for name in contract.columns if name in contract.mandatory)
        lines += [f"### {contract.table}", "", contract.description_fr, "", f"- Obligatoires : {needed}."]
        lines += [f"- Clé : {', '.join(f'`{name}`' for name in contract.key)}."]
        for reference in contract.references:
            named = ", ".join(f"`{name}`" for name in reference.columns)
            lines.append(f"- {named} : à trouver dans « {reference.table} », ici ou dans un envoi précédent.")
        lines += [f"- `{code}` sur `{column}`." for code, column in row_rules(contract)]
        lines.append("")
    return "\n".join(lines)
