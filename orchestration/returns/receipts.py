"""The receipt (accusé de réception) of a return: what was taken, what was not, why, and how to mend it. In French.

Here: JSON for programs, a page, a text for the terminal, and the workbook that a member corrects and sends back. Not
here: the words of a rule (`contracts.rules`), the verdict (`judging.py`), what a correction means when it comes back
(`corrections.py`).
"""

import io
import json
import re
import textwrap
from pathlib import Path

import jinja2
import polars as pl
import xlsxwriter

from contracts import CONTRACTS, FIELDS, RETURN_TABLES
from contracts.documents import MODEL_VERSION, RECEIPT, offer_codes, write_code_lists
from orchestration.resources import PROJECT, Storage, replace_file
from orchestration.returns.corrections import MASK, corrected_id
from orchestration.returns.judging import Judgement, masked
from orchestration.returns.reading import HEADER_TABLE
from orchestration.returns.references import FOLLOWS

VERDICTS_FR = {"accepted": "acceptée", "partial": "acceptée en partie", "refused": "refusée"}
#: Wrong rows told one by one: on a page, in a terminal, and of one table in a workbook.
ON_PAGE, IN_TEXT, IN_WORKBOOK = 200, 20, 20_000
#: Cells of one sheet whose reason is also a comment; spreadsheets grow slow with more. The last column has them all.
_COMMENTED = 500
#: No more fits into a cell of a spreadsheet; a longer text keeps its original through the mask.
_LONGEST_CELL = 32_000
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_WIDTH = 100
#: Where French typography never breaks a line.
_FRENCH_SPACE = re.compile(r" (?=[»:;!?])|(?<=«) |(?<=\d) (?=[%×])")
_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(PROJECT / "orchestration" / "returns"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters["thousands"] = lambda number: f"{number:,}".replace(",", "\u202f")
_TEMPLATES.filters["french"] = lambda text: _FRENCH_SPACE.sub("\u00a0", text)


def as_dict(judgement: Judgement, is_received: bool = True) -> dict:
    """The receipt as plain data; the names are public: members' software and the federation's scripts read them.

    `is_received` is false for files that were judged without being taken in: there is nothing to correct them in.
    """
    deposit, period = judgement.deposit, judgement.reading.period
    receipt = {
        "return_id": deposit.return_id,
        "siren": deposit.siren,
        "period": period.text if period else None,
        "received_at": f"{deposit.received_at.isoformat()}Z",
        "verdict": judgement.verdict,
        "repeats": judgement.repeats,
        "corrects": corrected_id(judgement.reading),
        "tables": [
            {
                "table": table,
                "received": count.received,
                "accepted": count.accepted,
                "quarantined": count.quarantined,
                "folded": count.folded,
            }
            for table, count in judgement.tables.items()
        ],
        "failures": _told(judgement.failures),
        "warnings": _told(judgement.warnings),
        "repairs": [
            {
                "table": row["nom_table"],
                "column": row["colonne"],
                "repair": row["reparation"],
                "message": row["message"],
                "first_line": row["premiere_ligne"],
                "count": row["lignes_reparees"],
            }
            for row in judgement.repairs.iter_rows(named=True)
        ],
        "notes": list(judgement.reading.notes) if judgement.keeps_original else [],
    }
    reasons = _reasons(receipt)
    receipt["correctable"] = bool(reasons) and is_received and _can_be_laid_over(judgement)
    if any(len(lines) > IN_WORKBOOK for lines in reasons.values()):
        receipt["notes"].append(
            f"Le classeur de correction s'arrête à {IN_WORKBOOK} lignes par table : "
            "une fois celles-ci corrigées et renvoyées, le classeur suivant donnera la suite."
        )
    return receipt


def _told(reasons: pl.DataFrame) -> list[dict]:
    return [
        {
            "table": row["nom_table"],
            "line": row["ligne"],
            "column": row["colonne"],
            "rule": row["regle"],
            "message": f"{row['message']} {row['remede']}",
            "value": row["valeur"],
        }
        for row in reasons.iter_rows(named=True)
    ]


def _can_be_laid_over(judgement: Judgement) -> bool:
    """Whether a workbook with the wrong rows, sent back, can mend this return: its original is kept, the rest holds."""
    of_rows = all(p.line is not None and not p.rule.startswith("correction_") for p in judgement.reading.problems)
    return of_rows and judgement.keeps_original and judgement.repeats is None


def grouped(failures: list[dict], most: int) -> list[dict]:
    """Failures of one kind together, most frequent first: table, column, rule, message, count, and some `rows`.

    What concerns a whole return or table comes before, rows that only follow others after. All groups together show at
    most about `most` rows.
    """
    groups: dict[tuple, dict] = {}
    for failure in failures:
        kind = {name: failure[name] for name in ("table", "column", "rule", "message")}
        group = groups.setdefault(tuple(kind.values()), kind | {"count": 0, "rows": []})
        group["count"] += 1
        group["rows"].append(failure)
    found = sorted(
        groups.values(),
        key=lambda group: (group["rows"][0]["line"] is not None, group["rule"] == FOLLOWS, -group["count"]),
    )
    room, of_rows = most, [group for group in found if group["rows"][0]["line"] is not None]
    for group in found:
        group["rows"] = [row for row in group["rows"] if row["line"] is not None]
    for done, group in enumerate(reversed(of_rows)):  # what the rare ones leave goes to the frequent ones
        group["rows"] = group["rows"][: max(room // (len(of_rows) - done), 1)]
        room -= len(group["rows"])
    return found


def member_folder(judgement: Judgement) -> str:
    """Folder of a member's receipts; a landing folder that is no SIREN has a folder of its own."""
    return judgement.deposit.siren if re.fullmatch(r"\d{9}", judgement.deposit.siren) else "inconnu"


def base(judgement: Judgement, storage: Storage) -> Path:
    """Path of a return's receipt, but for its ending."""
    return storage.receipts / member_folder(judgement) / judgement.deposit.return_id


def as_page(receipt: dict, workbook: str | None = None) -> str:
    """The receipt as one HTML page, readable without network; `workbook` is the name of the file beside it."""
    return rendered(
        "receipt.html.j2",
        receipt=receipt,
        workbook=workbook,
        verdict_fr=VERDICTS_FR[receipt["verdict"]],
        failures=grouped(receipt["failures"], ON_PAGE),
        warnings=grouped(receipt["warnings"], ON_PAGE),
        next_steps=next_steps(receipt),
    )


def rendered(template: str, **values) -> str:
    """A page of this folder with its values filled in."""
    return _TEMPLATES.get_template(template).render(**values)


def next_steps(receipt: dict) -> list[str]:
    """What the member does now, in order."""
    if receipt["correctable"]:
        is_free = receipt["verdict"] == "accepted"
        return [
            *(["Rien, si les lignes à vérifier sont justes. Sinon :"] if is_free else []),
            f"Ouvrez le classeur {receipt['return_id']}.xlsx : il contient ces lignes, cellules à corriger en "
            "couleur (en gris, rien à faire).",
            f"Corrigez les cellules. Une cellule « {MASK} » cache une donnée personnelle : laissée ainsi, elle garde "
            "sa valeur ; écrite, elle la remplace.",
            "Pour retirer une ligne, videz ses cellules en gardant son numéro. Pour en ajouter une, écrivez-la en bas, "
            "sans numéro.",
            "Déposez ce même classeur dans votre dossier. Rien d'autre n'est à renvoyer : le reste de la remontée est "
            "repris tel quel.",
        ]
    if receipt["verdict"] == "accepted":
        return []
    return ["Corrigez ce qui est dit plus bas dans votre fichier, puis déposez la remontée entière."]


def as_text(receipt: dict, most: int = IN_TEXT) -> str:
    """The receipt in a terminal of 100 columns; about `most` wrong rows."""
    lines = [f"Remontée {receipt['period'] or '(période inconnue)'} : {VERDICTS_FR[receipt['verdict']]}"]
    if receipt["corrects"]:
        lines.append(f"  Correction de la remontée {receipt['corrects']}.")
    if receipt["repeats"]:
        lines.append(f"  Fichier identique à la remontée {receipt['repeats']} : rien ne change.")
    width = max((len(count["table"]) for count in receipt["tables"]), default=0)
    for count in receipt["tables"]:
        lines.append(
            f"  {count['table']:<{width}} {count['received']:>7} reçues {count['accepted']:>7} acceptées "
            f"{count['quarantined']:>6} écartées {count['folded']:>5} repliées"
        )
    for title, failures in (("À corriger", receipt["failures"]), ("À vérifier", receipt["warnings"])):
        if failures:
            lines.append(title)
        for group in grouped(failures, most):
            place = " · ".join(part for part in (group["table"], group["column"]) if part)
            times = f"{group['count']} × " if group["rows"] else ""
            lines += _wrapped(f"{times}{place}{' : ' if place else ''}{group['message']}", "- ")
            shown = [_place(row) for row in group["rows"]]
            if len(shown) < group["count"] and group["rows"]:
                shown.append(f"… et {group['count'] - len(shown)} autres")
            lines += _wrapped(" ; ".join(shown), "    ") if shown else []
    if receipt["repairs"]:
        lines.append("Réparé à la lecture, rien à faire")
        lines += [line for repair in receipt["repairs"] for line in _wrapped(_repair(repair), "- ")]
    if receipt["notes"]:
        lines.append("À savoir")
    return "\n".join(lines + [line for note in receipt["notes"] for line in _wrapped(note, "- ")])


def _wrapped(text: str, mark: str) -> list[str]:
    text, indent = _FRENCH_SPACE.sub("\u00a0", text), "  " + " " * len(mark)
    lines = textwrap.wrap(text, _WIDTH, initial_indent=f"  {mark}", subsequent_indent=indent, break_on_hyphens=False)
    return [line.replace("\u00a0", " ") for line in lines]


def _place(failure: dict) -> str:
    parts = (f"ligne {failure['line']}", failure["column"], f"« {failure['value']} »" if failure["value"] else "")
    return " ".join(part for part in parts if part)


def _repair(repair: dict) -> str:
    more = f" et {repair['count'] - 1} autres" if repair["count"] > 1 else ""
    return f"{repair['table']} · {repair['column']} : {repair['message']} (ligne {repair['first_line']}{more})"


def as_workbook(judgement: Judgement, receipt: dict) -> bytes:
    """A summary; when the return can be corrected, its header; per table the wrong rows, wrong cells in colour.

    It is what `corrections.lay_over` reads: a cell shows its whole text or the mask, and text that looks like a formula
    stays text.
    """
    made = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(made, options) as book:
        book.set_properties({"created": judgement.deposit.received_at})  # the same return makes the same bytes
        formats = {
            "title": book.add_format({"bold": True, "bg_color": "#E3E9F2"}),
            "wrong": book.add_format({"bg_color": "#FFE0D1", "num_format": "@"}),
            "doubtful": book.add_format({"bg_color": "#FFF3C4", "num_format": "@"}),
            "following": book.add_format({"font_color": "#6B7280", "num_format": "@"}),
            "text": book.add_format({"num_format": "@"}),  # keeps the zeros at the start of a SIRET or a commune
            "reason": book.add_format({"text_wrap": True, "valign": "top"}),
        }
        _write_summary(book.add_worksheet(RECEIPT), receipt, formats)
        if receipt["correctable"]:
            _write_header(book.add_worksheet(HEADER_TABLE), judgement, formats)
        reasons = _reasons(receipt) if judgement.keeps_original else {}
        lists = write_code_lists(book) if reasons else {}
        for table, of_lines in reasons.items():
            if table in judgement.reading.tables:
                sheet, frame = book.add_worksheet(table), judgement.reading.tables[table]
                _write_wrong_rows(sheet, frame, of_lines, lists, formats, judgement.naming)
    return made.getvalue()


def _reasons(receipt: dict) -> dict[str, dict[int, list[tuple[str, str, str]]]]:
    """table -> line -> (column, reason, "wrong", "doubtful" or "following"), in that order."""
    following = [failure for failure in receipt["failures"] if failure["rule"] == FOLLOWS]
    wrong = [failure for failure in receipt["failures"] if failure["rule"] != FOLLOWS]
    told = {
        "wrong": [(failure, failure["message"]) for failure in wrong],
        "doubtful": [(failure, f"À vérifier : {failure['message']}") for failure in receipt["warnings"]],
        "following": [(failure, f"{failure['message']} ({failure['value']})") for failure in following],
    }
    found: dict[str, dict[int, list[tuple[str, str, str]]]] = {}
    for kind, failures in told.items():
        for failure, reason in failures:
            if failure["table"] and failure["line"] is not None:
                of_line = found.setdefault(failure["table"], {}).setdefault(failure["line"], [])
                of_line.append((failure["column"] or "", reason, kind))
    rank = {contract.table: rank for rank, contract in enumerate(RETURN_TABLES)}  # what others refer to, first
    return dict(sorted(found.items(), key=lambda item: rank[item[0]]))


def _write_summary(sheet, receipt: dict, formats: dict) -> None:
    sheet.set_column(0, 5, 22)
    title = formats["title"]
    lines: list[tuple[list, bool]] = [
        (["remontée", receipt["return_id"], "période", receipt["period"] or "inconnue"], True),
        (["verdict", VERDICTS_FR[receipt["verdict"]]], False),
        ([], False),
    ]
    if steps := next_steps(receipt):
        numbered = [([f"{number}. {step}"], False) for number, step in enumerate(steps, start=1)]
        lines += [(["Que faire maintenant"], True), *numbered, ([], False)]
    lines.append((["table", "reçues", "acceptées", "écartées", "doublons repliés"], True))
    lines += [(list(count.values()), False) for count in receipt["tables"]]
    for name, failures in (("À corriger", receipt["failures"]), ("À vérifier", receipt["warnings"])):
        if failures:
            lines += [([], False), ([name, "table", "colonne", "règle", "ce qui ne va pas, et comment corriger"], True)]
            for group in grouped(failures, 0):
                counted = group["count"] if group["rows"] else ""
                lines.append(([counted, *(group[k] or "" for k in ("table", "column", "rule", "message"))], False))
    if receipt["repairs"]:
        lines += [([], False), (["Réparé", "table", "colonne", "première ligne", "ce que nous avons réparé"], True)]
        keys = ("count", "table", "column", "first_line", "message")
        lines += [([repair[key] for key in keys], False) for repair in receipt["repairs"]]
    if receipt["notes"]:
        lines += [([], False), (["À savoir"], True), *(([note], False) for note in receipt["notes"])]
    for row, (cells, is_title) in enumerate(lines):
        for place, cell in enumerate(cells):
            write = sheet.write_number if isinstance(cell, int) else sheet.write_string
            write(row, place, cell, title if is_title else None)


def _write_header(sheet, judgement: Judgement, formats: dict) -> None:
    said = judgement.reading.header
    sheet.set_column(0, 1, 44, formats["text"])
    sheet.write_row(0, 0, ["champ", "valeur"], formats["title"])
    period = judgement.reading.period
    facts = {
        "siren_adherent": judgement.deposit.siren,
        "periode": period.text if period else "",
        "version_modele": MODEL_VERSION,
        "date_extraction": said.get("date_extraction", ""),
        "corrige": judgement.deposit.return_id,
    }
    for row, (name, value) in enumerate(facts.items(), start=1):
        sheet.write_string(row, 0, name)
        sheet.write_string(row, 1, value, formats["text"])


def _write_wrong_rows(sheet, frame: pl.DataFrame, reasons: dict, lists: dict, formats: dict, naming) -> None:
    """One sheet: line, the columns of the table, and the reasons of the row in the last column."""
    columns = CONTRACTS["returns", sheet.name].columns
    last = len(columns) + 1
    sheet.write_row(0, 0, ["ligne", *columns, "à corriger"], formats["title"])
    sheet.freeze_panes(1, 1)
    sheet.set_column(1, len(columns), 16, formats["text"])
    sheet.set_column(last, last, 80, formats["reason"])
    lines = list(reasons)[:IN_WORKBOOK]
    for place, name in enumerate(columns, start=1):
        offer_codes(sheet, lists, FIELDS[name], place, len(lines) + 100)
    commented = 0
    rows = frame.filter(pl.col("ligne").is_in(lines)).with_columns(
        is_last=pl.col("ligne").is_in([line for line in lines if reasons[line][0][2] == "following"])
    )
    rows = rows.sort("is_last", "ligne").iter_rows(named=True)
    for number, row in enumerate(rows, start=1):
        of_line = reasons[row["ligne"]]
        cells = {column: (reason, kind) for column, reason, kind in reversed(of_line)}
        sheet.write_number(number, 0, row["ligne"])
        for place, name in enumerate(columns, start=1):
            reason, kind = cells.get(name, ("", "text"))
            if (shown := _shown(name, row.get(name), naming)) or reason:
                sheet.write_string(number, place, shown, formats[kind])
            if reason and commented < _COMMENTED:
                sheet.write_comment(number, place, reason)
                commented += 1
        sheet.write_string(number, last, " ".join(dict.fromkeys(reason for _, reason, _ in of_line)), formats["reason"])


def _shown(column: str, text: str | None, naming: frozenset[str]) -> str:
    """The whole text of a cell, or the mask: what is cut or changed here would come back cut or changed."""
    if not text:
        return ""
    return MASK if masked(column, text, naming) == MASK or len(text) > _LONGEST_CELL else _CONTROL.sub("", text)


def write(judgement: Judgement, storage: Storage) -> None:
    """The three forms, under receipts/<siren>/."""
    receipt = as_dict(judgement)
    made = base(judgement, storage)
    text, page = json.dumps(receipt, ensure_ascii=False, indent=1), as_page(receipt, f"{made.name}.xlsx")
    replace_file(made.with_suffix(".json"), lambda path: path.write_text(text, encoding="utf-8"))
    replace_file(made.with_suffix(".html"), lambda path: path.write_text(page, encoding="utf-8"))
    workbook = as_workbook(judgement, receipt)
    replace_file(made.with_suffix(".xlsx"), lambda path: path.write_bytes(workbook))
