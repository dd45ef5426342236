"""What `territoires trace` prints: the facts of `trace.py` in plain French.

Here: words and layout. Not here: any fact.
"""

from collections.abc import Iterable
from datetime import date, datetime

from contracts import CONTRACTS
from contracts.codes import code_labels
from orchestration.markdown import plural
from orchestration.trace import readable

#: Lines of one list, and members with their returns, printed before the rest is only counted: --json gives everything.
_MOST = 12
_MOST_MEMBERS = 4
_ROLES = {"numerator": "numérateur", "denominator": "dénominateur", "counted": "effectif"}
_TO_ROLES = {"numerator": "au numérateur", "denominator": "au dénominateur", "counted": "à l'effectif"}
_PERIOD_TYPES = {"quarter": "trimestres", "rolling_year": "quatre trimestres finissant en"}
_BASES = {"structure": "lieu de la structure", "residence": "commune de résidence"}


def figure_text(facts: dict) -> str:
    """The figure, its members, returns, corrections, rules and first rows."""
    figure = facts["figure"]
    return "\n".join(
        [
            *_headline(figure, facts["release"]),
            *_sides(facts["sides"]),
            *_of_another_day(facts),
            *_members(facts["members"]),
            *_returns(facts["returns"], facts["as_of"]),
            *_corrections(facts["corrections"]),
            *_rules(facts["rules"]),
            *_rows(facts),
            *_check(facts),
        ]
    )


def _headline(figure: dict, release: str) -> list[str]:
    place = f"{figure['territory_name']} ({figure['territory_level']} {figure['territory_code']})"
    days = f"{_day(figure['start_date'])} au {_day(figure['end_date'])}"
    period = f"{figure['period']}, {figure['period_type_label']} ({days})"
    share = "" if figure["breakdown"] == "all" else f", {figure['breakdown']} = {figure['category']}"
    lines = [
        f"{figure['label_fr']} : {_number(figure['value'])}{_interval(figure)}",
        f"  {place}, {period}, {_BASES[figure['basis']]}{share}",
        f"  {figure['definition_fr']}",
    ]
    if figure.get("absence"):  # releases of before know none
        lines.append(f"  Pourquoi il manque : {code_labels('absence')[figure['absence']]}")
    for term in ("numerator", "denominator"):
        if figure[term] is not None:
            lines.append(f"  {_ROLES[term].capitalize()} : {_number(figure[term])} ({figure[f'{term}_fr'] or ''})")
    if figure["denominator_as_of"]:
        lines.append(f"  Données ouvertes du dénominateur : {figure['denominator_as_of']}")
    people = [_counted(figure["people_count"], "personne")] if figure["people_count"] is not None else []
    structures = [_counted(figure["structure_count"], "structure")] if figure["structure_count"] is not None else []
    covered = [f"couverture {figure['coverage_share']:.0%}"] if figure["coverage_share"] is not None else []
    if figure["coverage_set"] and not covered:
        covered = ["aucun adhérent n'a de structure ici"]
    if people or structures or covered:
        lines.append("  " + ", ".join([*people, *structures, *covered]))
    if figure["is_fragile"]:
        lines.append("  Chiffre fragile : il repose sur trop peu pour être comparé.")
    return [*lines, f"  Version des données : {release}"]


def _sides(found: list[dict]) -> list[str]:
    labels = code_labels("sexe")
    return [
        f"  {labels[side['category']]} : {_number(side['value'])}{_interval(side)}, "
        f"{_counted(side['people_count'], 'personne')}, {_counted(side['structure_count'], 'structure')}"
        for side in found
    ]


def _interval(figure: dict) -> str:
    low, high = figure["ci_low"], figure["ci_high"]
    return "" if low is None and high is None else f"  [{_number(low)} ; {_number(high)}]"


def _of_another_day(facts: dict) -> list[str]:
    if facts["is_figure_of_then"]:
        return []
    return [
        f"  Attention : ce chiffre n'est pas celui du {_moment(facts['as_of'])}, dont aucune version n'est gardée ou "
        "choisie.",
        "  Les remontées et les lignes ci-dessous, elles, sont celles d'alors.",
    ]


def _members(found: list[dict]) -> list[str]:
    if not found:
        return []
    lines = ["", "Adhérents ayant une structure sur le territoire (usage interne)"]
    for covers, title in ((True, "couvrent la période et comptent"), (False, "ne la couvrent pas et ne comptent pas")):
        mine = [f"{row['member_siren']} {row['member_name'] or ''}".strip() for row in found if row["covers"] is covers]
        if mine:
            lines += [f"  {len(mine)} {title} :", *_first((f"    {name}" for name in mine), len(mine), "    ")]
    return lines


def _returns(found: list[dict], as_of: datetime | None) -> list[str]:
    when = f" telles que connues le {_moment(as_of)}" if as_of else ""
    if not found:
        return ["", f"Remontées{when} : aucune."]
    lines = ["", f"Remontées{when}, avec les lignes qui servent ici"]
    blocks: dict[tuple[str, str], dict[tuple, list[str]]] = {}
    for row in sorted(found, key=lambda row: (row["member_siren"], row["period_start"], row["received_at"])):
        put_aside = f", {row['quarantined_count']} en quarantaine" if row["quarantined_count"] else ""
        put_aside += f", {row['folded_count']} repliées" if row["folded_count"] else ""
        used = f"{row['source_rows']} sur " if row["is_in_force"] else ""
        of_member = blocks.setdefault((row["member_siren"], row["member_name"] or ""), {})
        of_return = of_member.setdefault(
            (row["period_as_sent"], _moment(row["received_at"]), row["return_id"], _standing(row)), []
        )
        of_return.append(f"{row['table_name']} {used}{row['accepted_count']} acceptées{put_aside}")
    told = (
        "\n".join(
            [f"  {siren} {name}".rstrip()]
            + [
                f"    {period} reçue le {received} ({return_id}) : {standing}\n      " + " · ".join(tables)
                for (period, received, return_id, standing), tables in mine.items()
            ]
        )
        for (siren, name), mine in blocks.items()
    )
    return [*lines, *_first(told, len(blocks), "  ", "autres adhérents", _MOST_MEMBERS)]


def _standing(row: dict) -> str:
    if not row["is_kept"]:
        return "non retenue"
    if row["is_in_force"]:
        return "fait foi"
    return f"remplacée, a fait foi du {_moment(row['valid_from'])} au {_moment(row['valid_to'])}"


def _corrections(found: list[dict]) -> list[str]:
    if not found:
        return []
    lines = ["", f"Lignes que des corrections ont changées ({len(found)})"]
    return [*lines, *_first((_change(change) for change in found), len(found), "  ")]


def _change(change: dict) -> str:
    before, after = (readable(change[side]) if change[side] else None for side in ("avant", "apres"))
    key = CONTRACTS["returns", change["table"]].key
    named = " ".join(f"{name}={_cell((after or before).get(name))}" for name in key)
    head = (
        f"  {change['siren']} {change['table']} {named} "
        f"(correction de {change['periode']} reçue le {_moment(change['moment'])}) : "
    )
    if after is None:
        return head + f"la ligne n'existe plus ; avant : {_cells(before, key)}"
    if before is None:
        return head + f"ligne nouvelle : {_cells(after, key)}"
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    told = [f"{name} : avant {_cell(before.get(name))}, depuis {_cell(after.get(name))}" for name in names]
    return head + (" ; ".join(told) or "une donnée personnelle a changé")


def _rules(found: list[dict]) -> list[str]:
    if not found:
        return ["", "Règles enfreintes dans ces remontées : aucune."]
    counts: dict[tuple, int] = {}
    for row in found:
        key = (row["is_warning"], row["table_name"], row["rule"], row["message"])
        counts[key] = counts.get(key, 0) + row["count"]
    ordered = sorted(counts.items(), key=lambda item: (item[0][0], -item[1], item[0][1:3]))
    told = (
        f"  {count:>5} × {table or 'remontée'} {rule}{' (avertissement)' if is_warning else ''} : {message}"
        for (is_warning, table, rule, message), count in ordered
    )
    return ["", "Règles enfreintes dans ces remontées", *_first(told, len(ordered), "  ")]


def _rows(facts: dict) -> list[str]:
    if not facts["rows"]:
        return ["", "Aucune ligne remontée n'y compte."]
    when = f", telles que crues le {_moment(facts['as_of'])}" if facts["as_of"] else ""
    unit = "km" if facts["figure"]["unit"] == "km" else "jours"
    lines = [
        "",
        f"Premières lignes ({len(facts['rows'])} ; {facts['source_row_count']} lignes remontées en tout{when})",
    ]
    for found in facts["rows"]:
        if not found["return_id"]:
            lines.append(f"  {found['member_siren']} : connue par la seule liste de la fédération")
            continue
        bringing: dict[str, float] = {}
        for brought in found["brings"]:
            role = _TO_ROLES[brought["role"]]
            seen = "" if brought["observed_value"] is None else f", {_number(brought['observed_value'])} {unit}"
            seen += " (sans issue connue)" if brought["is_event"] is False else ""
            bringing[role + seen] = bringing.get(role + seen, 0.0) + (brought["value"] or 0.0)
        brings = " ; ".join(f"{_number(value)} {role}" for role, value in bringing.items())
        place = f"{found['member_siren']} {found['table_name']} ligne {found['line_number']} de {found['return_id']}"
        row = "ligne absente du lac" if found["row"] is None else _cells(found["row"])
        lines.append(f"  {place}{f' → {brings}' if brings else ''}\n      {row}")
    return lines


def _check(facts: dict) -> list[str]:
    lines, where = [], "" if facts["is_figure_of_then"] else " de cette version"
    for role, check in facts["check"].items():
        verdict = "redonnent" if check["same"] else "NE REDONNENT PAS"
        lines.append(f"Les lignes{where} {verdict} le {_ROLES[role]} : {_number(check['from_rows'])}.")
    return ["", *lines] if lines else []


def return_text(facts: dict) -> str:
    """What one return feeds."""
    lines = [f"Remontée {facts['return_id']} dans la version {facts['release']}"]
    for row in facts["tables"]:
        lines.append(f"  {row['member_siren']} {row['table_name']} {row['period_as_sent']} : {_standing(row)}")
    if not facts["figures"]:
        return "\n".join([*lines, "Elle n'alimente aucun chiffre."])
    levels: dict[str, int] = {}
    for territory in facts["territories"]:
        levels[territory["territory_level"]] = levels.get(territory["territory_level"], 0) + 1
    lines.append("Territoires : " + ", ".join(f"{level} {count}" for level, count in levels.items()))
    metrics: dict[tuple[str, str], dict[str, list[str]]] = {}
    for row in facts["figures"]:
        by_type = metrics.setdefault((row["metric"], row["label_fr"]), {})
        by_type.setdefault(_PERIOD_TYPES.get(row["period_type"], row["period_type"]), []).append(row["period"])
    lines.append(f"Chiffres qu'elle alimente, au niveau France ({len(metrics)} indicateurs)")
    for (name, label), held in metrics.items():
        told = " ; ".join(f"{kind} {_span(periods)}" for kind, periods in held.items())
        lines.append(f"  {name} ({label}) : {told}")
    return "\n".join(lines)


def _span(periods: list[str]) -> str:
    return periods[0] if len(periods) == 1 else f"{periods[0]} à {periods[-1]} ({len(periods)})"


def _first(lines: Iterable[str], count: int, margin: str, rest: str = "autres", most: int = _MOST) -> list[str]:
    shown = [line for line, _ in zip(lines, range(most), strict=False)]
    return [*shown, *([f"{margin}… et {count - most} {rest} (--json les donne tous)"] if count > most else [])]


def _cells(row: dict, without: Iterable[str] = ()) -> str:
    return " ".join(f"{name}={_cell(value)}" for name, value in row.items() if name not in without)


def _cell(value: object) -> str:
    if value is None:
        return "vide"
    if isinstance(value, bool):
        return "oui" if value else "non"
    return _number(value) if isinstance(value, float) else str(value)


def _counted(count: int, one: str) -> str:
    return f"{_number(count)} {plural(one, count)}"


def _number(value: float | None) -> str:
    if value is None:
        return "non disponible"
    return f"{value:,.4f}".rstrip("0").rstrip(".").replace(",", "\u202f").replace(".", ",")


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"
