"""The receipt (accusé de réception) of a return: what was taken, what was not, why, and how to mend it. In French.

Here: JSON for programs, a page to read, a workbook to correct. Not here: the words of a rule (`contracts.rules`), the
verdict (`judging.py`).
"""

import io
import json
import re

import jinja2
import polars as pl
import xlsxwriter

from orchestration.resources import PROJECT, Storage, replace_file
from orchestration.returns.judging import Judgement, masked

VERDICTS_FR = {"accepted": "acceptée", "partial": "acceptée en partie", "refused": "refusée"}
_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(PROJECT / "orchestration" / "returns"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)


def as_dict(judgement: Judgement) -> dict:
    """The receipt as plain data; the names are public: members' software and the federation's scripts read them."""
    deposit, period = judgement.deposit, judgement.reading.period
    return {
        "return_id": deposit.return_id,
        "siren": deposit.siren,
        "period": period.text if period else None,
        "received_at": f"{deposit.received_at.isoformat()}Z",
        "verdict": judgement.verdict,
        "repeats": judgement.repeats,
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
        "failures": [
            {
                "table": row["nom_table"],
                "line": row["ligne"],
                "column": row["colonne"],
                "rule": row["regle"],
                "message": f"{row['message']} {row['remede']}",
                "value": row["valeur"],
            }
            for row in judgement.failures.iter_rows(named=True)
        ],
        "notes": judgement.reading.notes if judgement.keeps_original else [],
    }


def member_folder(judgement: Judgement) -> str:
    """Folder of a member's receipts; a landing folder that is no SIREN has a folder of its own."""
    return judgement.deposit.siren if re.fullmatch(r"\d{9}", judgement.deposit.siren) else "inconnu"


def as_page(receipt: dict) -> str:
    """The receipt as one HTML page, readable without network."""
    return _TEMPLATES.get_template("receipt.html.j2").render(
        receipt=receipt, verdict_fr=VERDICTS_FR[receipt["verdict"]]
    )


def as_text(receipt: dict, most: int = 20) -> str:
    """The receipt in a terminal; at most `most` wrong rows."""
    lines = [f"Remontée {receipt['period'] or '(période inconnue)'} : {VERDICTS_FR[receipt['verdict']]}"]
    if receipt["repeats"]:
        lines.append(f"  Fichier identique à la remontée {receipt['repeats']} : rien ne change.")
    for count in receipt["tables"]:
        lines.append(
            f"  {count['table']:<13} {count['received']:>7} reçues {count['accepted']:>7} acceptées "
            f"{count['quarantined']:>6} écartées {count['folded']:>5} repliées"
        )
    for failure in receipt["failures"][:most]:
        place = " ".join(
            part for part in (
                failure["table"], f"ligne {failure['line']}" if failure["line"] else "",
                failure["column"] or "", f"« {failure['value']} »" if failure["value"] else "",
            ) if part
        )  # fmt: skip
        lines.append(f"  - {place}{' : ' if place else ''}{failure['message']}")
    if len(receipt["failures"]) > most:
        lines.append(f"  … et {len(receipt['failures']) - most} autres.")
    return "\n".join(lines + [f"  {note}" for note in receipt["notes"]])


def as_workbook(judgement: Judgement, receipt: dict) -> bytes:
    """A summary, then per table the wrong rows as they were received, each wrong cell in colour with its reason.

    Personal values are masked; text that looks like a formula stays text.
    """
    made = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(made, options) as book:
        book.set_properties({"created": judgement.deposit.received_at})  # the same return makes the same bytes
        title, wrong = book.add_format({"bold": True}), book.add_format({"bg_color": "#FFE0D1"})
        summary = book.add_worksheet("accuse_de_reception")
        summary.set_column(0, 5, 22)
        summary.write_row(0, 0, ["remontée", receipt["return_id"], "période", receipt["period"] or "inconnue"], title)
        summary.write_row(1, 0, ["verdict", VERDICTS_FR[receipt["verdict"]]])
        summary.write_row(3, 0, ["table", "reçues", "acceptées", "écartées", "doublons repliés"], title)
        for row, count in enumerate(receipt["tables"], start=4):
            summary.write_row(
                row, 0, [count[part] for part in ("table", "received", "accepted", "quarantined", "folded")]
            )
        general = [failure["message"] for failure in receipt["failures"] if failure["line"] is None]
        for row, text in enumerate([*general, *receipt["notes"]], start=5 + len(receipt["tables"])):
            summary.write_string(row, 0, text)
        for table, frame in judgement.reading.tables.items():
            _write_wrong_rows(book, table, frame, receipt["failures"], title, wrong)
    return made.getvalue()


def _write_wrong_rows(book, table: str, frame: pl.DataFrame, failures: list[dict], title, wrong) -> None:
    """One sheet: line, the columns of the table, and the reasons of the row in the last column."""
    reasons: dict[int, dict[str, str]] = {}
    for failure in failures:
        if failure["table"] == table and failure["line"] is not None:
            of_line = reasons.setdefault(failure["line"], {})
            of_line[failure["column"] or ""] = failure["message"]
    if not reasons:
        return
    sheet = book.add_worksheet(table)
    columns = [name for name in frame.columns if name != "ligne"]
    sheet.write_row(0, 0, ["ligne", *columns, "à corriger"], title)
    sheet.set_column(0, len(columns), 16)
    sheet.set_column(len(columns) + 1, len(columns) + 1, 80)
    rows = frame.filter(pl.col("ligne").is_in(list(reasons))).sort("ligne").iter_rows(named=True)
    for number, row in enumerate(rows, start=1):
        of_line = reasons[row["ligne"]]
        sheet.write_number(number, 0, row["ligne"])
        for place, name in enumerate(columns, start=1):
            value = masked(name, row[name])
            sheet.write_string(number, place, value, wrong if name in of_line else None)
            if name in of_line:
                sheet.write_comment(number, place, of_line[name])
        sheet.write_string(number, len(columns) + 1, " ".join(dict.fromkeys(of_line.values())))


def write(judgement: Judgement, storage: Storage) -> None:
    """The three forms, under receipts/<siren>/."""
    receipt = as_dict(judgement)
    base = storage.receipts / member_folder(judgement) / receipt["return_id"]
    text, page = json.dumps(receipt, ensure_ascii=False, indent=1), as_page(receipt)
    replace_file(base.with_name(f"{base.name}.json"), lambda path: path.write_text(text, encoding="utf-8"))
    replace_file(base.with_name(f"{base.name}.html"), lambda path: path.write_text(page, encoding="utf-8"))
    workbook = as_workbook(judgement, receipt)
    replace_file(base.with_name(f"{base.name}.xlsx"), lambda path: path.write_bytes(workbook))
