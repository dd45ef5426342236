"""The receipt (accusé de réception) of a return: what was taken, what was not, why, and how to mend it. In French.

Here: JSON for programs, a page for people. Not here: the words of a rule (`contracts.rules`), the verdict
(`judging.py`).
"""

import json
import re

import jinja2

from orchestration.resources import PROJECT, Storage, replace_file
from orchestration.returns.judging import Judgement

VERDICTS_FR = {"accepted": "acceptée", "partial": "acceptée en partie", "refused": "refusée"}
_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(PROJECT / "orchestration" / "returns"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)


def as_dict(judgement: Judgement) -> dict:
    """The receipt as plain data; names are public (see docs)."""
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


def write(judgement: Judgement, storage: Storage) -> None:
    """Both forms, under receipts/<siren>/."""
    receipt = as_dict(judgement)
    base = storage.receipts / member_folder(judgement) / receipt["return_id"]
    text, page = json.dumps(receipt, ensure_ascii=False, indent=1), as_page(receipt)
    replace_file(base.with_name(f"{base.name}.json"), lambda path: path.write_text(text, encoding="utf-8"))
    replace_file(base.with_name(f"{base.name}.html"), lambda path: path.write_text(page, encoding="utf-8"))
