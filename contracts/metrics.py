"""The wide family marts, described from the list of metrics: one column a metric, with its French label and definition.

Belongs here: the dbt yaml of the marts that are a pivot of the long table. Not here: what a metric means
(seeds/metrics.csv) and where the text is written (contracts/export.py). Pure: rows to text.
"""

from collections.abc import Sequence

from contracts.codes import SeedError

#: Columns that tell which cell a row is: what they mean is said once (models/marts/_definitions.md).
KEYS = (
    "territory_level", "territory_code", "territory_name", "territory_vintage", "period_type", "period", "basis",
    "breakdown", "category",
)  # fmt: skip

#: Mart whose figures are published by others: each has its own date, edition and, where there is one, a reservation.
CONTEXT = "territory_context"
_PUBLISHED = (
    ("as_of", "date du chiffre (année, trimestre, mois ou jour) : la plus récente qui ne dépasse pas la période."),
    ("vintage", "édition du fichier dont vient le chiffre."),
    (
        "note",
        "pourquoi il manque (secret, non_disponible, vide, partiel, incoherent, zonage_clos, sans_source), ou sa "
        "réserve : rupture_2025 (ne pas comparer à avant 2025), partiel (somme où manquent des communes) ; vide sinon.",
    ),
)

FAMILIES = {
    "employment_quality": "Qualité de l'emploi",
    "transition_time": "Temps de transition entre deux emplois",
    "activity_creation": "Création d'activités",
    "territorial_animation": "Animation du territoire",
    "territory_context": "Contexte du territoire",
}


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _column(name: str, data_type: str, description: str, *extra: str) -> list[str]:
    return [
        f"      - name: {name}",
        f"        data_type: {data_type}",
        f"        description: {_quoted(description)}",
        *extra,
    ]


def _mart(family: str, metrics: list[dict[str, str]]) -> list[str]:
    names = ", ".join(name for name in KEYS if name not in ("territory_name", "territory_vintage"))
    grain = "territoire × période × lieu retenu × ventilation × modalité"
    more = (
        "une colonne par indicateur, vide quand le dénominateur est vide. Les effectifs, intervalles et "
        "couvertures sont dans fct_territory_metric."
    )
    if family == CONTEXT:
        grain = "territoire × période (tous les territoires au-dessus de la commune, et les communes où est le réseau)"
        more = (
            "le chiffre le plus récent que publient les données ouvertes, avec sa date, son édition et sa réserve. "
            "Toutes les dates sont dans fct_territory_context."
        )
    lines = [
        f"  - name: mart_{family}",
        f"    description: {_quoted(f'Une ligne par {grain}. {FAMILIES[family]} : {more}')}",
        "    data_tests:",
        f"      - unique_key: {{arguments: {{columns: [{names}]}}}}",
        "    columns:",
    ]
    for name in KEYS:
        lines += _column(name, "string", f"{{{{ doc('{name}') }}}}")
    for metric in metrics:
        description = f"{metric['label_fr']}. {metric['definition_fr']} Unité : {metric['unit']}."
        is_class = metric["unit"] == "class"
        lines += _column(metric["metric"], "string" if is_class else "double", description)
        if is_class:
            share = f"{metric['label_fr']} : {metric['numerator_fr']} ÷ {metric['denominator_fr']}. Unité : share."
            lines += _column(f"{metric['metric']}_share", "double", share)
        if family == CONTEXT:
            for suffix, meaning in _PUBLISHED:
                lines += _column(f"{metric['metric']}_{suffix}", "string", f"{metric['label_fr']} : {meaning}")
    return lines


def family_marts_yaml(metrics: Sequence[dict[str, str]]) -> str:
    """The dbt yaml (models, typed and described columns) of every family mart, in the order of the list of metrics."""
    families = dict.fromkeys(metric["family"] for metric in metrics)
    unknown = [family for family in families if family not in FAMILIES]
    if unknown:
        raise SeedError(f"metrics.csv names families without a French title: {', '.join(unknown)}")
    lines = [
        "# Generated from seeds/metrics/metrics.csv by contracts/metrics.py: edit the seed, not this file.",
        "version: 2",
        "models:",
    ]
    for family in families:
        lines += _mart(family, [metric for metric in metrics if metric["family"] == family])
    return "\n".join(lines) + "\n"
