"""The data dictionary, `docs/dictionnaire.md`, in French: what each table, column, metric and parameter means.

Here: dbt's manifest (tables, columns) + seeds (metrics, breakdowns, parameters, codes) -> sentences and tables. Not
here: any definition (descriptions of the marts and seeds hold them), how the page is written (`catalogue.py`).
"""

import json
import re
from collections.abc import Iterable
from functools import partial

from contracts.codes import code_labels, seed_rows
from contracts.metrics import FAMILIES
from orchestration import markdown
from orchestration.resources import PROJECT
from orchestration.warehouse import manifest_path

PAGE = PROJECT / "docs" / "dictionnaire.md"
_known = partial(markdown.known, where="orchestration/dictionary.py")

_OPENING = """# Dictionnaire des données

<!-- Page générée par `python -m orchestration.catalogue` : modifier les seeds et les modèles, pas cette page. -->

Cette page dit ce que veut dire chaque chiffre, chaque table et chaque colonne d'une release. C'est une page générée,
tirée des définitions mêmes qui font les chiffres : elle dit ce que fait le programme. Les tables sont dans
`releases/current/internal.duckdb` (schéma `marts`) et, sous les mêmes noms, en parquet ; `site/docs/index.html`, dans
la même release, montre en plus leur SQL et leur lignée.

- [Lire un chiffre](#lire) : territoires, périodes, ventilations, réserves
- [Les indicateurs](#indicateurs), famille par famille
- [Les paramètres](#parametres) : seuils datés, SMIC, motifs de sortie, ruptures de série
- [Les tables](#tables) et leurs colonnes
"""

#: {levels}, {periods} and {absences} are rows of seeds, the rest is the shape of fct_territory_metric.
_READING = """<a id="lire"></a>

## Lire un chiffre

Un chiffre de [`fct_territory_metric`](#fct_territory_metric) est celui d'un indicateur (`metric`), d'un territoire,
d'une période, d'un lieu retenu et d'une modalité de ventilation.

- **Territoire** (`territory_level`, `territory_code`) : {levels}. Les codes `unknown` (commune inconnue) et
  `ZZZZZZZZZ` (commune sans territoire de ce niveau) ne sont pas des territoires : ils sont là pour que les effectifs
  s'additionnent.
- **Période** (`period_type`, `period`) : {periods}. Un flux compte à sa date, un stock au dernier jour.
- **Lieu retenu** (`basis`) : `structure`, le lieu de la structure (de l'activité, de l'action) ; `residence`, la
  commune où habite la personne.
- **Ventilation** (`breakdown`, `category`) : chaque indicateur a les siennes, parmi celles du tableau ; modalité `all`
  pour l'ensemble, `unknown` quand elle n'est pas connue.
- **Valeur** (`value`) : jamais 0 faute de données. `status` dit si elle est publiée (`published`), masquée
  (`suppressed`) ou impossible à donner (`empty`). `numerator` et `denominator` sont ce que la valeur divise.
- **Valeur vide** : `absence` dit pourquoi.
{absences}
- **Certitude** : `ci_low` et `ci_high` (intervalle à 95 % des parts et des estimations), `people_count` et
  `structure_count` (personnes et structures derrière le chiffre), `is_fragile` (trop peu pour comparer),
  `coverage_share` (part des adhérents du territoire dont les remontées couvrent la période ; vide quand aucun n'y a de
  structure). N'ont pas d'intervalle : un effectif, une moyenne ou un écart de moyennes, une médiane de valeurs toutes
  connues, un rapport de deux sommes, une moyenne restreinte, et une estimation de survie égale à 0 ou à 1.
"""

_UNITS = {
    "share": "part, de 0 à 1", "share_difference": "différence de deux parts", "ratio": "rapport",
    "days": "jours", "km": "kilomètres", "hours": "heures", "fte": "équivalents temps plein", "people": "personnes",
    "members": "adhérents", "structures": "structures", "hires": "embauches", "contracts": "contrats",
    "transitions": "transitions", "activities": "activités", "per_10k": "pour 10 000 habitants",
    "actions": "actions", "partners": "partenaires", "seats": "sièges", "jobs": "emplois",
    "establishments": "établissements", "class": "classe en toutes lettres, et part de 0 à 1",
}  # fmt: skip
_MISSIONS = {
    "qualite_emploi": "améliorer la qualité de l'emploi",
    "securisation_parcours": "sécuriser les parcours socioprofessionnels",
    "creation_activites": "créer des activités et du développement économique",
    "animation_territoire": "animer le territoire",
    "contexte": "aucune : contexte, publié par d'autres",
}
_STATUSES = {"confirmed": "confirmé", "to_confirm": "à confirmer"}
#: Statistic -> how it is read, {} standing for its argument.
_STATISTICS = {
    "quantile": "premier jour où la part encore en attente tombe à {} ou moins (Kaplan–Meier)",
    "back": "un moins la part encore en attente après {} jours (Kaplan–Meier)",
    "survival": "part encore en cours après {} jours (Kaplan–Meier)",
    "restricted_mean": "moyenne restreinte aux {} premiers jours (aire sous la courbe de Kaplan–Meier)",
    "incidence": "incidence cumulée après {} jours, pour chaque issue (Aalen–Johansen)",
    "median": "médiane des valeurs observées",
}
#: What gives an interval of 95 % -> its name; the rest has none.
_INTERVALS = {
    "wilson": "de Wilson", "newcombe": "de Newcombe, tiré des deux intervalles de Wilson",
    "quantile": "jours où les bandes de Greenwood (log-log) passent le niveau", "back": "de Greenwood, log-log",
    "survival": "de Greenwood, log-log", "incidence": "d'Aalen, log-log",
}  # fmt: skip
_KINDS_OF_TABLE = (
    ("fct_territory_", "Tables longues des chiffres"),
    ("mart_", "Tableaux larges, prêts à lire"),
    ("dim_", "Dimensions"),
    ("bridge_", "Passages d'un code à un autre"),
    ("fct_", "Faits : les lignes derrière les chiffres"),
    ("", "Lignée"),
)
_EXIT_CATEGORIES = {
    "durable": "emploi durable", "transition": "emploi de transition", "positive": "sortie positive",
    "autre": "autre sortie", "retrait": "retrait : hors de tout dénominateur", "apart": "à part : reste dans l'IAE",
}  # fmt: skip
#: What ends the label that a description of a mart opens with; the explanation follows.
_LABEL_ENDS = re.compile(r" : | ; | (?=\()|\. |\.$")
#: Parameters that have held as long as anything the warehouse counts.
_ALWAYS = "1900-01-01"


def page() -> str:
    """The whole page."""
    manifest = json.loads(manifest_path().read_text(encoding="utf-8"))
    metrics = seed_rows("metrics/metrics")
    return "\n".join([_OPENING, _reading(), _metrics(metrics), _parameters(), _tables(manifest, metrics)])


def label_of(description: str) -> str:
    """The label: what a description opens with."""
    return _LABEL_ENDS.split(description, maxsplit=1)[0]


def explanation_of(description: str) -> str:
    """What follows the label; empty when the label says it all."""
    rest = description[len(label_of(description)) :].lstrip(" :;.").strip()
    alone = re.fullmatch(r"\(([^()]*)\)\.?", rest)
    return alone[1] if alone else rest


# --- how to read a figure -------------------------------------------------------------------------------------


def _reading() -> str:
    levels = [f"{row['label_fr']} (`{row['territory_level']}`)" for row in seed_rows("parameters/territory_levels")]
    periods = [f"{row['label_fr'].lower()} (`{row['period_type']}`)" for row in seed_rows("parameters/period_types")]
    absences = [f"  - `{code}` : {label[:1].lower()}{label[1:]}" for code, label in code_labels("absence").items()]
    said = _READING.format(levels=", ".join(levels), periods=", ".join(periods), absences="\n".join(absences))
    rows = [_breakdown(row) for row in seed_rows("metrics/breakdowns")]
    return said + "\n" + markdown.table(("Ventilation", "Nom", "Modalités"), rows)


def _breakdown(row: dict[str, str]) -> tuple[str, str, str]:
    codes = [code for code in seed_rows("codes/codes") if code["code_list"] == row["code_list"]]
    if row["breakdown"] == "kind":
        codes = [{"code": kind["kind"], "label_fr": kind["label_fr"]} for kind in seed_rows("codes/structure_kinds")]
    told = " ; ".join(f"`{code['code']}` {code['label_fr']}" for code in codes)
    return row["label_fr"], f"`{row['breakdown']}`", told or "`all`, tout ensemble"


# --- metrics --------------------------------------------------------------------------------------------------


def _metrics(metrics: list[dict[str, str]]) -> str:
    labels = {metric["metric"]: metric["label_fr"] for metric in metrics}
    parts = ['<a id="indicateurs"></a>\n\n## Les indicateurs']
    for family, title in FAMILIES.items():
        found = [metric for metric in metrics if metric["family"] == family]
        rows = [
            (f"[{metric['label_fr']}](#{metric['metric']})", f"`{metric['metric']}`", _unit(metric)) for metric in found
        ]
        parts += [
            f'\n<a id="{family}"></a>\n\n### {title}\n',
            f"Tableau large : [`mart_{family}`](#mart_{family}).\n",
            markdown.table(("Indicateur", "Nom", "Unité"), rows),
            *(_metric(metric, labels) for metric in found),
        ]
    return "\n".join(parts)


def _metric(metric: dict[str, str], labels: dict[str, str]) -> str:
    facts = [
        ("Calcul", computed(metric, labels)),
        ("Unité", _unit(metric)),
        ("Intervalle à 95 %", interval(metric)),
        ("Compte", _coverage(metric)),
        ("Ventilations", _breakdowns(metric)),
        ("Périodes", _periods(metric)),
        ("Dimension (CEE-ONU)", metric["unece_dimension"]),
        ("Mission", _known(_MISSIONS, metric["mission"], f"the mission of {metric['metric']}")),
    ]
    lines = [
        f'<a id="{metric["metric"]}"></a>\n\n#### {metric["label_fr"]}\n',
        f"`{metric['metric']}`. {metric['definition_fr']}\n",
        *(f"- **{name}** : {said}" for name, said in facts if said),
    ]
    return "\n".join(lines) + "\n"


def computed(metric: dict[str, str], labels: dict[str, str]) -> str:
    """What the value is made of, in words."""
    if metric["formula"] == "gap":
        return f"« {labels[metric['numerator']]} » des femmes, moins le même chiffre pour les hommes"
    if metric["formula"] == "distribution":
        argument = _value(metric["argument"]) if metric["argument"] else ""
        return _known(_STATISTICS, metric["statistic"], f"the statistic of {metric['metric']}").format(argument)
    if metric["formula"] == "ratio":
        scale = float(metric["scale"])
        return f"{metric['numerator_fr']} ÷ {metric['denominator_fr']}" + (
            "" if scale == 1 or "milliers" in metric["denominator_fr"] else f" × {markdown.number(int(scale))}"
        )
    return metric["numerator_fr"] or "chiffre publié par le producteur, repris tel quel"


def interval(metric: dict[str, str]) -> str:
    """The name of its interval; empty when the metric has none."""
    return _INTERVALS.get(metric["interval_kind"] or metric["statistic"], "")


def _unit(metric: dict[str, str]) -> str:
    return _known(_UNITS, metric["unit"], f"the unit of {metric['metric']}")


def _coverage(metric: dict[str, str]) -> str:
    if not metric["coverage_set"]:
        return "données ouvertes : aucune remontée n'est attendue"
    tables = [
        row["table_name"]
        for row in seed_rows("parameters/coverage_sets")
        if row["coverage_set"] == metric["coverage_set"]
    ]
    return f"les seuls adhérents dont les remontées couvrent toute la période ({markdown.names(tables)})"


def breakdowns_of(metric: dict[str, str]) -> dict[str, list[str]]:
    """Basis -> the breakdowns the metric is shown by. A gap compares two categories of one of them."""
    found: dict[str, list[str]] = {}
    for row in seed_rows("metrics/subject_breakdowns"):
        if row["subject"] == metric["subject"] and (metric["formula"] != "gap" or row["breakdown"] == "all"):
            found.setdefault(row["basis"], []).append(row["breakdown"])
    return found


def _breakdowns(metric: dict[str, str]) -> str:
    labels = {row["breakdown"]: row["label_fr"].lower() for row in seed_rows("metrics/breakdowns")}
    found = breakdowns_of(metric)
    told = {basis: ", ".join(labels[name] for name in names) for basis, names in found.items()}
    if not told:
        return ""
    both = len(set(told.values())) == 1 and len(told) == 2
    if both:
        return f"{told['structure']} (lieu de la structure ou de résidence)"
    places = {"structure": "lieu de la structure", "residence": "lieu de résidence"}
    return " ; ".join(f"{said} ({places[basis]})" for basis, said in told.items())


def _periods(metric: dict[str, str]) -> str:
    labels = {row["period_type"]: row["label_fr"].lower() for row in seed_rows("parameters/period_types")}
    only = metric["only_period_type"]
    return f"{labels[only]} seulement" if only else ""


# --- parameters -----------------------------------------------------------------------------------------------


def _parameters() -> str:
    kinds = seed_rows("parameters/parameters")
    rows = [
        (row["label_fr"], f"`{row['parameter']}`", row["kind"], _value(row["value"]), row["unit"], *_validity(row))
        for row in kinds
    ]
    smic = [(f"{_value(row['smic_hourly_eur'])} €", *_validity(row)) for row in seed_rows("parameters/smic_hourly")]
    reasons = [
        (
            row["exit_reason"],
            row["label_fr"],
            _known(_EXIT_CATEGORIES, row["category"], "the category of exits"),
            "oui" if row["is_dynamic"] == "true" else "",
            row["source"],
            _known(_STATUSES, row["status"], "the status"),
        )
        for row in seed_rows("codes/exit_reasons")
    ]
    breaks = [
        (f"[`{row['metric']}`](#{row['metric']})", row["from_period"], f"`{row['comparability']}`", row["note_fr"])
        for row in seed_rows("parameters/context_breaks")
    ]
    held = ("Validité", "Source", "État")
    return "\n".join(
        [
            '<a id="parametres"></a>\n\n## Les paramètres\n',
            "Chacun est une ligne datée de `dbt_project/seeds/` : la changer change les chiffres de sa seule période\n"
            "de validité. « À confirmer » : la fédération n'a pas encore vérifié la valeur.\n",
            markdown.table(("Paramètre", "Nom", "Type de structure", "Valeur", "Unité", *held), rows),
            "### SMIC horaire brut\n",
            markdown.table(("Valeur", *held), smic),
            "### Motifs de sortie\n",
            markdown.table(("Code", "Motif", "Classement", "Dynamique", "Source", "État"), reasons),
            "### Ruptures de série du contexte\n",
            markdown.table(("Indicateur", "À partir de", "Réserve", "Ce qui a changé"), breaks),
        ]
    )


def _value(text: str) -> str:
    return f"{float(text):.10g}".replace(".", ",")


def _validity(row: dict[str, str]) -> tuple[str, str, str]:
    first, last = row["valid_from"], row["valid_to"]
    since = "" if first == _ALWAYS else f"depuis le {_day(first)}"
    said = f"du {_day(first)} au {_day(last)}" if last and since else f"jusqu'au {_day(last)}" if last else since
    return said or "sans limite", row["source"], _known(_STATUSES, row["status"], "the status")


def _day(text: str) -> str:
    return "/".join(reversed(text.split("-")))


# --- tables ---------------------------------------------------------------------------------------------------


def _tables(manifest: dict, metrics: list[dict[str, str]]) -> str:
    marts = {
        node["name"]: node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["config"]["schema"] == "marts"
    }
    parts = [
        '<a id="tables"></a>\n\n## Les tables\n',
        "Toutes sont dans le schéma `marts`. Une colonne terminée par `_key` est un numéro de la release seule : elle\n"
        "sert aux jointures.\n",
    ]
    for prefix, title in _KINDS_OF_TABLE:
        found = sorted(name for name in marts if name.startswith(prefix))
        parts += [f"### {title}\n", *(_table_of(marts.pop(name), metrics) for name in found)]
    return "\n".join(parts)


def _table_of(node: dict, metrics: Iterable[dict[str, str]]) -> str:
    family = node["name"].removeprefix("mart_")
    found = [metric for metric in metrics if metric["family"] == family]
    rows, repeated = [], {}
    for name, column in node["columns"].items():
        owner = next((m for m in found if name == m["metric"] or name.startswith(f"{m['metric']}_")), None)
        if owner is None:
            rows.append(_column(name, column["data_type"], column["description"]))
        elif name != owner["metric"]:  # what each metric of a wide mart has beside it, said once
            suffix = name.removeprefix(owner["metric"])
            said = column["description"].partition(" : ")[2]
            repeated.setdefault(suffix, (column["data_type"], said[:1].upper() + said[1:]))
    rows += [_column(f"<indicateur>{suffix}", *told) for suffix, told in repeated.items()]
    if found:
        links = ", ".join(f"[`{metric['metric']}`](#{metric['metric']})" for metric in found)
        after = f"\nPuis une colonne par [indicateur de la famille](#{family}) : {links}.\n"
    else:
        after = ""
    head = f'<a id="{node["name"]}"></a>\n\n#### `{node["name"]}`\n\n{node["description"]}\n'
    return f"{head}\n{markdown.table(('Colonne', 'Type', 'Libellé', 'Précision'), rows)}{after}"


def _column(name: str, data_type: str, description: str) -> tuple[str, str, str, str]:
    return f"`{name}`", data_type, label_of(description), explanation_of(description)
