"""What of a member's rows contradicts another member's statement about the same person, as a page the member reads.

Here: receipts/<siren>/signalements.{json,html}, made anew at each refresh. Not here: what contradicts what
(`identity.py`). Neither a value nor the other member is named.
"""

import json

from contracts import explanation
from orchestration.resources import Storage, replace_file
from orchestration.returns import identity, receipts

NAME = "signalements"
_RULE = "fait_contredit_ailleurs"


def write(storage: Storage) -> None:
    """One page per member concerned; a member whose contradictions are gone reads that there are none."""
    found = identity.current_contradictions(identity.lake_people(storage))
    members = set(found["siren_adherent"]) | {path.parent.name for path in storage.receipts.glob(f"*/{NAME}.json")}
    for siren in sorted(members):
        rows = found.filter(siren_adherent=siren).iter_rows(named=True)
        report = {"siren": siren, NAME: [_told(row) for row in rows]}
        texts = {
            "json": json.dumps(report, ensure_ascii=False, indent=1),
            "html": receipts.rendered(f"{NAME}.html.j2", siren=siren, rows=report[NAME]),
        }
        for ending, text in texts.items():
            replace_file(
                storage.receipts / siren / f"{NAME}.{ending}",
                lambda path, text=text: path.write_text(text, encoding="utf-8"),
            )


def _told(row: dict) -> dict:
    sentence, remedy = explanation(_RULE, row["colonne"])
    place = {"return_id": row["id_remontee"], "table": "salaries", "line": row["ligne"], "column": row["colonne"]}
    return place | {"rule": _RULE, "message": f"{sentence} {remedy}"}
