"""Communes over time: which commune of today a code of any year since 2003 stands for.

Here: the fold of the COG's movements into intervals of vintages; pure functions over frames. Not here: reading the
movements (`open_data.py`), levels above the commune (the warehouse).

A code's meaning at 1 January of a year is followed forward, event by event, to the communes of the reference vintage. A
commune that was split stands for several, with shares by today's population, and says so.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

import polars as pl

FIRST_YEAR = 2003
#: What happened last to a code on its way to today, by the COG's type of event; the rest is a merger.
_EVENTS = {"10": "nom", "21": "retablissement", "20": "creation", "30": "suppression", "41": "changement_de_code",
           "50": "changement_de_code"}  # fmt: skip
_NEW_CODE, _CREATION = ("41", "50"), "20"
UNCHANGED, MERGED, SPLIT, DISTRICT = "inchangee", "fusion", "scission", "arrondissement_municipal"

#: code -> {commune of today: share}
Meaning = dict[str, dict[str, float]]


def commune_vintages(
    movements: pl.DataFrame, cog: pl.DataFrame, communes: pl.DataFrame, former: dict[str, str]
) -> pl.DataFrame:
    """Rows (code_ancien, premier_millesime, dernier_millesime, code_commune, part, evenement).

    `movements`: the COG's events (mod, date_eff, typecom_av, com_av, typecom_ap, com_ap). `cog`: communes of the COG of
    the last of these events (typecom, com, comparent). `communes`: today's (code_commune, population_municipale,
    millesime). `former`: code -> commune of today, for what happened after the movements end.
    """
    today = communes["millesime"].max()
    people = dict(communes.select("code_commune", pl.col("population_municipale").fill_null(0)).iter_rows())
    events = _by_date(movements)
    last = max(events, default=date(today, 1, 1))
    meaning: Meaning = {code: {code: 1.0} for code in people}
    kinds: dict[str, str] = dict.fromkeys(people, UNCHANGED)
    municipal = dict(cog.filter(pl.col("typecom") == "ARM").select("com", "comparent").iter_rows())
    found: list[tuple] = []
    for year in range(today, FIRST_YEAR - 1, -1):
        if year == last.year < today:
            meaning, kinds = _before_the_gap(cog, meaning, kinds, former, people)
        while events and (day := max(events)) > date(year, 1, 1):
            meaning, kinds = _before(events.pop(day), meaning, kinds, people)
        districts = [(code, year, whole, 1.0, DISTRICT) for code, whole in municipal.items()]
        found += districts + [
            (code, year, now, share, kinds[code]) for code, to in meaning.items() for now, share in to.items()
        ]
    return _as_intervals(found)


def _by_date(movements: pl.DataFrame) -> dict[date, list[tuple[str, str | None, str | None]]]:
    """day -> (kind of event, commune before, commune after) of whole communes."""
    days: dict[date, list] = defaultdict(list)
    for mod, day, type_before, before, type_after, after in movements.select(
        "mod", "date_eff", "typecom_av", "com_av", "typecom_ap", "com_ap"
    ).iter_rows():
        whole = (before if type_before == "COM" else None, after if type_after == "COM" else None)
        if whole != (None, None):
            days[day].append((mod, *whole))
    return days


def _before(rows: Iterable[tuple], meaning: Meaning, kinds: dict[str, str], people: dict[str, int]):
    """What codes meant on the eve of these events, from what they mean after them."""
    rows = list(rows)
    # A commune may change its code and merge on the same day: the code in between never saw a 1 January.
    onward = {before: after for _, before, after in rows if before and after and before != after}
    passing = {after for mod, before, after in rows if mod in _NEW_CODE and before and after in onward} - set(meaning)
    heirs: dict[str, set[str]] = defaultdict(set)
    why: dict[str, str] = {}
    born = {after for mod, before, after in rows if after and (before or mod == _CREATION)}
    for mod, before, after in rows:
        heir = onward[after] if after in passing else after
        if before and before not in passing and heir in meaning:
            heirs[before].add(heir)
            why[before] = _EVENTS.get(mod, MERGED) if before != heir else why.get(before, "")
    then = {code: to for code, to in meaning.items() if code not in born or code in heirs}
    then_kinds = {code: kind for code, kind in kinds.items() if code in then}
    for before, after in heirs.items():
        then[before] = _shared_out(after, meaning, people)
        if len(after) > 1:
            then_kinds[before] = SPLIT
        elif before not in after:
            then_kinds[before] = why[before] or MERGED
    return then, then_kinds


def _shared_out(heirs: set[str], meaning: Meaning, people: dict[str, int]) -> dict[str, float]:
    weights = {heir: sum(people[now] * share for now, share in meaning[heir].items()) for heir in heirs}
    total = sum(weights.values())
    shares: dict[str, float] = defaultdict(float)
    for heir in sorted(heirs):
        part = weights[heir] / total if total else 1 / len(heirs)
        for now, share in meaning[heir].items():
            shares[now] += part * share
    return dict(shares)


def _before_the_gap(cog: pl.DataFrame, meaning: Meaning, kinds: dict[str, str], former: dict[str, str], people):
    """From today back to the last COG held, whose later movements are not: what has gone is in `former`, and a code
    that has come back was until then a part of the commune that the COG names."""
    whole = set(cog.filter(pl.col("typecom") == "COM")["com"])
    parts = dict(cog.filter(pl.col("typecom").is_in(["COMD", "COMA"])).select("com", "comparent").iter_rows())
    merged = {gone: former[gone] for gone in sorted(whole - set(meaning)) if gone in former}
    rows = [("31", *pair) for pair in merged.items()] + [("31", stays, stays) for stays in set(merged.values()) & whole]
    for back in sorted(code for code in meaning if code not in whole and parts.get(code) in whole):
        rows += [("21", parts[back], back), ("21", parts[back], parts[back])]
    return _before(rows, meaning, kinds, people)


def _as_intervals(found: list[tuple]) -> pl.DataFrame:
    """Consecutive years in which a code means the same, as one row a commune of today."""
    names = {"code_ancien": pl.String, "millesime": pl.Int64, "code_commune": pl.String, "part": pl.Float64,
             "evenement": pl.String}  # fmt: skip
    years = pl.DataFrame(found, schema=names, orient="row").with_columns(pl.col("part").round(9))
    same = ["code_ancien", "code_commune", "part", "evenement"]
    run = pl.col("millesime") - pl.int_range(pl.len()).over(same, order_by="millesime")
    return (
        years.with_columns(run=run)
        .group_by(*same, "run")
        .agg(premier_millesime=pl.col("millesime").min(), dernier_millesime=pl.col("millesime").max())
        .select("code_ancien", "premier_millesime", "dernier_millesime", "code_commune", "part", "evenement")
        .sort(pl.all())
    )
