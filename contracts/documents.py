"""Contracts in the forms that members and other software read: template workbook, Table Schema, list of rules.

Here: contract -> bytes or text, in French. Not here: where they are written (`export.py`, the command line), the
contracts themselves.
"""

import io
from datetime import date

from contracts.codes import code_labels
from contracts.fields import FIELDS, Field
from contracts.members import RETURN_TABLES
from contracts.parsing import KINDS
from contracts.repairs import REPAIRS
from contracts.rules import RULES, Rule
from contracts.table import Contract, column_rules, explanation, row_rules

MODEL_VERSION = "1"
#: Sheets of the workbooks we hand out that hold no data: the intake does not read them.
INSTRUCTIONS, CODES, RECEIPT = "instructions", "listes", "accuse_de_reception"
EXPLAINING_SHEETS = (INSTRUCTIONS, CODES, RECEIPT)
#: Rows of a sheet that offer lists of codes.
_OFFERED_ROWS = 5000

_EXAMPLES = {
    "siret": "00010001600013", "siret_activite": "", "id_salarie": "EXEMPLE-S421", "pass_iae": "99999 23 00421",
    "id_contrat": "EXEMPLE-C17", "id_mission": "EXEMPLE-M93", "id_activite": "EXEMPLE-A3", "id_action": "EXEMPLE-K12",
    "rang": "0",
    "annee_naissance": "1987", "mois": "2025-07", "nb_partenaires": "4", "denomination": "Relais du Pays de Caux",
    "intitule": "Ressourcerie", "types_partenaires": "commune, mission locale", "situation_3_mois": "en emploi",
    "date_fin_prevue": "31/12/2025", "date_fin_reelle": "", "date_fin": "", "id_contrat_parent": "",
    "type_contrat": "CDDU", "remuneration_brute_mensuelle": "912,50", "salaire_brut": "912,50",
    "date_sortie": "31/08/2025", "date_nouvel_emploi": "15/09/2025", "motif": "9", "duree_nouveau_contrat_mois": "8",
    "numero_annexe": "AI076250012", "sorties_examinees": "4",
}  # fmt: skip
_BY_KIND = {
    "commune": "76540", "naf": "88.99B", "rome": "K2204", "date": "01/07/2025", "decimal": "12,5",
    "duration_hours": "17,5", "boolean": "oui", "integer": "1", "month": "2025-07", "text": "",
    "identifier": "EXEMPLE-1",
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
    if field.code_list:
        return next(iter(code_labels(field.code_list)))
    shown = _BY_KIND[field.kind]
    too_much = field.kind == "decimal" and field.high is not None and field.high < float(shown.replace(",", "."))
    return "0,5" if too_much else shown


def example_row(contract: Contract) -> dict[str, str]:
    """The row that the template shows in each sheet; the intake knows it again by all its cells."""
    ends = {"date_fin": "31/12/2025"} if "date_fin" in contract.mandatory else {}
    return {name: example(FIELDS[name]) for name in contract.columns} | ends


def template_workbook() -> bytes:
    """A return to fill in: instructions, header, one sheet a table with an example row and lists of codes."""
    import xlsxwriter

    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        book.set_properties({"title": f"Modèle de remontée, version {MODEL_VERSION}", "created": date(2026, 1, 1)})
        bold = book.add_format({"bold": True, "bg_color": "#E3E9F2"})
        needed = book.add_format({"bold": True, "bg_color": "#FFE0D1"})
        grey = book.add_format({"italic": True, "font_color": "#6B7280"})
        as_text = book.add_format({"num_format": "@"})  # keeps the zeros at the start of a SIRET or a commune
        _write_instructions(book.add_worksheet(INSTRUCTIONS), bold, book.add_format({"text_wrap": True}))
        _write_header_sheet(book.add_worksheet("remontee"), bold, as_text)
        lists = write_code_lists(book)
        for contract in RETURN_TABLES:
            sheet = book.add_worksheet(contract.table)
            sheet.freeze_panes(1, 0)
            for place, (name, shown) in enumerate(example_row(contract).items()):
                field = FIELDS[name]
                sheet.set_column(place, place, max(14, len(name) + 2), as_text)
                sheet.write_string(0, place, name, needed if name in contract.mandatory else bold)
                sheet.write_comment(0, place, f"{field.label_fr} : {field.description_fr}")
                if shown:
                    sheet.write_string(1, place, shown, as_text)
                    # Grey as long as it is the example: whatever is typed over it is in plain black.
                    untouched = {"type": "cell", "criteria": "==", "value": f'"{shown}"', "format": grey}
                    sheet.conditional_format(1, place, 1, place, untouched)
                offer_codes(sheet, lists, field, place, _OFFERED_ROWS)
    return made.getvalue()


def write_code_lists(book) -> dict[str, str]:
    """A hidden sheet with every list of codes of a return; list -> reference for `offer_codes`."""
    from xlsxwriter.utility import xl_col_to_name

    sheet, places = book.add_worksheet(CODES), {}
    for place, code_list in enumerate(_code_lists()):
        codes = list(code_labels(code_list))
        sheet.write_column(0, place, [code_list, *codes])
        letter = xl_col_to_name(place)
        places[code_list] = f"={CODES}!${letter}$2:${letter}${len(codes) + 1}"
    sheet.hide()
    return places


def offer_codes(sheet, lists: dict[str, str], field: Field, place: int, rows: int) -> None:
    """A drop-down list on the first `rows` rows of a column, where the field has one; other text is still taken."""
    source = lists.get(field.code_list or "") or (["oui", "non"] if field.kind == "boolean" else None)
    if source:
        sheet.data_validation(1, place, rows, place, {"validate": "list", "source": source, "error_type": "warning"})


def _code_lists() -> list[str]:
    return sorted({FIELDS[n].code_list for c in RETURN_TABLES for n in c.columns if FIELDS[n].code_list})


_HEADER_LINES = (
    ("siren_adherent", "", "Les 9 chiffres de votre SIREN."),
    ("periode", "", "Un trimestre, par exemple 2025T3 (juillet à septembre 2025), ou un mois, par exemple 2025-09."),
    ("version_modele", MODEL_VERSION, "Ne pas changer."),
    ("date_extraction", "", "Le jour où les données ont été sorties de votre logiciel, par exemple 06/10/2025."),
    ("heures_total", "", "Facultatif : total des heures travaillées. S'il ne correspond pas, rien n'est pris."),
)  # fmt: skip


def _write_header_sheet(sheet, bold, as_text) -> None:
    sheet.set_column(0, 1, 28, as_text)
    sheet.set_column(2, 2, 90)
    sheet.freeze_panes(1, 0)
    sheet.write_row(0, 0, ["champ", "valeur", "aide"], bold)
    totals = [(f"lignes_{c.table}", "", f"Facultatif : nombre de lignes de « {c.table} ».") for c in RETURN_TABLES]
    for row, line in enumerate((*_HEADER_LINES, *totals), start=1):
        sheet.write_row(row, 0, line)


_INSTRUCTIONS = (
    ("Modèle de remontée de l'observatoire des territoires solidaires", ()),
    ("Quoi", (
        "Une remontée dit ce qui était vrai pendant la période : contrats en cours au moins un jour, heures des mois,",
        "sorties et formations datées dans la période, activités et coopérations en cours, et toutes vos structures.",
        "Votre logiciel exporte déjà ces données ? Déposez ses fichiers, sans noms ni adresses : "
        "ce modèle n'est pas obligatoire.",
    )),
    ("Quand", (
        "Après la fin du trimestre (ou du mois). Renvoyée plus tard, une remontée remplace la précédente, "
        "table par table.",
    )),
    ("Comment", (
        "1. Feuille « remontee » : votre SIREN, la période, la date d'extraction. Les totaux sont facultatifs.",
        "2. Une feuille par table. La ligne grise est un exemple : laissez-la et écrivez dessous (nous la laissons de "
        "côté), ou écrivez dessus en changeant toute la ligne.",
        "3. Feuille laissée telle quelle, avec son seul exemple : la table n'est pas envoyée. Exemple effacé, feuille "
        "sans ligne : il n'y en avait aucune dans la période.",
        "4. Colonnes à l'en-tête orange : obligatoires. Les autres peuvent rester vides. Ne changez pas leurs noms.",
        "5. Dates : JJ/MM/AAAA. Nombres : 12,5. Oui ou non en toutes lettres. Codes : listes déroulantes, et plus bas.",
        "6. Les cellules sont au format texte : gardez les zéros du début (SIRET, communes 01004…).",
        "7. Déposez le classeur dans votre dossier de dépôt, sans le protéger par un mot de passe.",
    )),
    ("Vie privée", (
        "N'écrivez jamais de nom, d'adresse, de téléphone, de courriel ni de numéro de sécurité sociale : "
        "le fichier serait refusé et rien n'en serait gardé.",
        "Identifiants de salarié et numéros de PASS IAE deviennent des pseudonymes avant tout enregistrement ; "
        "le fichier d'origine n'est gardé que chiffré.",
    )),
    ("Et ensuite", (
        "Un accusé de réception dit ce qui est pris et, ligne par ligne, ce qui ne l'est pas et pourquoi. "
        "Un classeur de correction l'accompagne : corrigez ses cellules colorées, déposez-le, c'est tout.",
    )),
)  # fmt: skip


def _write_instructions(sheet, bold, wrapped) -> None:
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 34)
    sheet.set_column(2, 2, 60, wrapped)
    sheet.set_column(3, 4, 16)
    top = 0
    for title, lines in _INSTRUCTIONS:
        sheet.write_string(top, 0, title, bold)
        for row, line in enumerate(lines, start=top + 1):
            sheet.merge_range(row, 0, row, 4, line, wrapped)
            sheet.set_row(row, 15 * (1 + len(line) // 140))
        top += len(lines) + (2 if lines else 1)
    for contract in RETURN_TABLES:
        sheet.write_row(top, 0, [contract.table, contract.description_fr], bold)
        sheet.write_row(top + 1, 0, ["colonne", "libellé", "description", "obligatoire", "exemple"], bold)
        for row, name in enumerate(contract.columns, start=top + 2):
            field = FIELDS[name]
            is_needed = "oui" if name in contract.mandatory else "non"
            sheet.write_row(row, 0, [name, field.label_fr, field.description_fr, is_needed])
            sheet.write_string(row, 4, example(field))
        top += len(contract.columns) + 3
    sheet.write_row(top, 0, ["liste", "code", "libellé"], bold)
    codes = [(code_list, *pair) for code_list in _code_lists() for pair in code_labels(code_list).items()]
    for row, line in enumerate(codes, start=top + 1):
        for place, text in enumerate(line):
            sheet.write_string(row, place, text)


def table_schema(contract: Contract) -> dict:
    """Table Schema (specs.frictionlessdata.io, as schema.data.gouv.fr asks for it) of one table of a return."""
    return {
        "$schema": "https://specs.frictionlessdata.io/schemas/table-schema.json",
        "name": contract.table,
        "title": f"Remontée : table {contract.table}",
        "description": contract.description_fr,
        **_PUBLISHED,
        "lang": "fr",
        "fields": [_schema_field(FIELDS[name], name in contract.mandatory) for name in contract.columns],
        "primaryKey": list(contract.key),
        "foreignKeys": [
            {"fields": list(r.columns), "reference": {"resource": r.table, "fields": list(r.columns)}}
            for r in contract.references
        ],
        "missingValues": [""],
    }


def package() -> dict:
    """Data Package that lists the schemas: what a return is made of."""
    return {
        "name": "remontee",
        "title": "Remontée de l'observatoire des territoires solidaires",
        "description": "Ce qu'un adhérent envoie pour une période : une table par feuille ou par fichier.",
        **_PUBLISHED,
        "profile": "tabular-data-package",
        "resources": [
            {
                "name": c.table,
                "title": c.description_fr,
                "profile": "tabular-data-resource",
                "path": f"{c.table}.csv",
                "dialect": {"delimiter": ";"},
                "schema": f"{c.table}.json",
            }
            for c in RETURN_TABLES
        ],
    }


#: What schema.data.gouv.fr asks every schema to say of itself.
_PUBLISHED = {
    "countryCode": "FR",
    "version": f"{MODEL_VERSION}.0.0",
    "created": "2026-01-01",
    "keywords": ["insertion par l'activité économique", "économie sociale et solidaire", "emploi"],
    "contributors": [{"title": "COORACE", "role": "author"}],
}
#: How a French file writes the values of a type, where Table Schema would expect another way.
_FRENCH = {
    "date": {"format": "%d/%m/%Y"},
    "number": {"decimalChar": ",", "groupChar": " "},
    "boolean": {"trueValues": ["oui", "O", "vrai", "1"], "falseValues": ["non", "N", "faux", "0"]},
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
    return described | _FRENCH.get(described["type"], {}) | _example(field)


def _example(field: Field) -> dict:
    return {"example": example(field)} if example(field) else {}


def rules_page() -> str:
    """What each rule means and how to mend it, what is repaired, the rules of each table (Markdown, for members)."""
    lines = [
        "# Les règles à l'entrée, et comment corriger",
        "",
        "<!-- Produit par `python -m contracts.export` : modifier rules.py ou repairs.py, pas cette page. -->",
        "",
        "L'accusé de réception donne, pour chaque ligne écartée, son numéro, la colonne, la règle et le remède.",
        "Une ligne écartée n'entre pas dans l'observatoire ; les autres lignes du fichier y entrent.",
        "",
        "| règle | ce qui ne va pas | comment corriger | faux | juste |",
        "|---|---|---|---|---|",
    ]
    for code, rule in RULES.items():
        sentence, remedy = explanation(code, _wrong_column(rule), None if "{allowed}" in rule.remedy else "…")
        example = f"{_shown_example(rule.wrong)} | {_shown_example(rule.right)}"
        lines.append(f"| `{code}` | {sentence.replace('….', '…')} | {remedy} | {example} |")
    lines += [
        "",
        "## Ce que nous réparons pour vous",
        "",
        "Une valeur mal écrite qui ne peut se lire que d'une façon est acceptée, et l'accusé de réception le dit.",
        "Une valeur qui peut se lire de deux façons (`01/02/03`, `8.07E+13`) est écartée : nous ne devinons rien.",
        "",
        "| réparation | ce que nous faisons | colonne | reçu | lu |",
        "|---|---|---|---|---|",
    ]
    for code, repair in REPAIRS.items():
        lines.append(f"| `{code}` | {repair.sentence} | `{repair.column}` | `{repair.received}` | `{repair.read}` |")
    lines += ["", "## Règles de chaque table", ""]
    for contract in RETURN_TABLES:
        needed = ", ".join(f"`{name}`" for name in contract.columns if name in contract.mandatory)
        lines += [f"### {contract.table}", "", contract.description_fr, "", f"- Obligatoires : {needed}."]
        lines += [f"- Clé : {', '.join(f'`{name}`' for name in contract.key)}."]
        for reference in contract.references:
            named = ", ".join(f"`{name}`" for name in reference.columns)
            lines.append(f"- {named} : à trouver dans « {reference.table} », ici ou dans un envoi précédent.")
        for code, columns in _rules_by_code(contract).items():
            lines.append(f"- `{code}` sur {', '.join(f'`{name}`' for name in columns)}.")
        lines.append("")
    return "\n".join(lines)


def _wrong_column(rule: Rule) -> str:
    """The column that the example of a rule is about."""
    if isinstance(rule.wrong, str) or isinstance(rule.right, str):
        return "…"
    return next(name for name, text in rule.wrong.items() if rule.right[name] != text)


def _shown_example(example: dict[str, str] | str) -> str:
    if isinstance(example, str):
        return example
    return "<br>".join(f"`{name}` : {f'`{text}`' if text else 'vide'}" for name, text in example.items())


def _rules_by_code(contract: Contract) -> dict[str, list[str]]:
    """Every rule of the cells and rows of a table, with the columns it holds on."""
    found: dict[str, list[str]] = {}
    cells = [(KINDS[FIELDS[name].kind][1], name) for name in contract.columns]
    for code, column in [*cells, *column_rules(contract), *row_rules(contract)]:
        if code:
            found.setdefault(code, []).append(column)
    return found
