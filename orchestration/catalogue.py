"""The page of the open-data sources, `docs/sources.md`, in French: everything the project knows of them, put together.

Here: entries of SOURCES + contracts + dbt's manifest -> sentences and tables. Not here: any fact about a source (its
entry, its contract, its model hold them), what is generated from contracts alone (`contracts/export.py`), the
dictionary of marts and metrics (`dictionary.py`).

`python -m orchestration.catalogue` writes every generated file, those of the contracts first: the manifest is read from
them. With `--check` it says which are stale.
"""

import json
import re
import sys
from collections.abc import Callable, Iterable
from functools import partial

from contracts import CONTRACTS, FIELDS, Contract, export
from contracts.codes import SeedError
from orchestration import dictionary, markdown, sirene
from orchestration.connectors import Connector, DataGouv, ExploreApi, HttpFile, Melodi, PagedApi
from orchestration.judged import KEPT_SHARE, WRONG_SHARE
from orchestration.readers import Reader
from orchestration.resources import PROJECT
from orchestration.sources import SOURCES, Source
from orchestration.warehouse import manifest_path

PAGE = PROJECT / "docs" / "sources.md"
#: A table of the lake that the project works out -> the sources it is made of, which the manifest does not tell.
_WORKED_OUT = {
    ("sirene", "creations"): {("sirene", table) for table in sirene.STOCKS},
    ("geography", "commune_vintages"): {("insee_cog", "communes"), ("insee_cog", "mouvements")},
}
#: An entry that may stay without news for longer is one of a series that is over.
_OVER_AFTER_DAYS = 3650

_OPENING = f"""# Les sources de données ouvertes

<!-- Page générée par `python -m orchestration.catalogue` : modifier orchestration/sources.py, pas cette page. -->

Cette page dit d'où viennent les données ouvertes que l'observatoire place à côté des remontées des adhérents : qui les
produit, sous quelle licence, comment elles arrivent, ce que contient chaque table et quels tableaux finaux en
dépendent. C'est une page générée, tirée des entrées de `orchestration/sources.py`, des contrats et des modèles dbt :
elle dit ce que fait le programme.

Tout fichier peut aussi être déposé dans le miroir (`OPEN_DATA_MIRROR`) sous l'un des noms compris, ou remis à la main
avec sa provenance : `territoires provide schéma/table FICHIER --edition … --from ADRESSE --obtained JOUR --by RÔLE`.
`territoires sources` montre où en est chaque source, et les dossiers qu'aucune ne lit : le nom en est sans doute mal
écrit. Un dossier du miroir peut porter un mot après son édition (`2024_corrected`) : de deux fichiers d'une même
édition, celui dont le nom vient en dernier vaut, même si l'autre est touché après ; s'il est refusé, l'autre vaut
encore. Un fichier suspect est refusé, et les dernières bonnes données restent : c'est une page web, il est coupé, il
lui manque une colonne ou deux portent le même nom, il a trop peu de lignes (moins que le minimum dit plus bas, ou que
{KEPT_SHARE:.0%} de l'édition d'avant), ou plus de {WRONG_SHARE:.0%} de ses lignes sont fausses.
""".replace("%", "\u202f%")


_known = partial(markdown.known, where="orchestration/catalogue.py")


def page(sources: Iterable[Source] = SOURCES) -> str:
    """The whole page."""
    manifest = json.loads(manifest_path().read_text(encoding="utf-8"))
    parts = [_OPENING, _summary(sources), *(_section(source, manifest) for source in sources)]
    return "\n".join(parts)


def _summary(sources: Iterable[Source]) -> str:
    rows = [
        (f"[{source.title_fr}](#{_anchor(source)})", source.producer, source.cadence, _way(source)[0])
        for source in sources
    ]
    return markdown.table(("Source", "Producteur", "Cadence", "Mode d'accès"), rows)


def _section(source: Source, manifest: dict) -> str:
    if (contract := CONTRACTS.get(source.key)) is None:
        raise markdown.CatalogueError(
            f"{'.'.join(source.key)} has no contract: add its _table in contracts/open_data.py"
        )
    staging, marts = _readers_of(source.key, manifest)
    facts = [
        ("Producteur", source.producer),
        ("Licence", source.licence),
        ("Attribution", f"« Source : {source.attribution}. Licence : {source.licence}. »"),
        ("Page", f"<{source.page}>"),
        ("Cadence", source.cadence),
        ("En retard", _late(source)),
        ("Obtention", _way(source)[1]),
        ("Rangement dans le miroir", _shelf(source)),
        (
            "Fichier entier",
            f"à partir de {markdown.number(source.minimum_rows)} {markdown.plural('ligne', source.minimum_rows)}",
        ),
        ("Géographie", _geography(source)),
        ("Modèle de lecture", markdown.names(staging) or "aucun"),
        (
            "Tables calculées à partir d'elle",
            markdown.names(".".join(made) for made in _made_of(source.key)) or "aucune",
        ),
        ("Tableaux finaux qui en dépendent", marts),
    ]
    lines = [
        f'<a id="{_anchor(source)}"></a>',
        f"\n## {source.title_fr}\n",
        f"Table `{'.'.join(source.key)}`. {contract.description_fr} "
        f"Une ligne par {markdown.names(contract.key, ' × ')}.\n",
        *(f"- **{name}** : {said}" for name, said in facts),
        "\nNoms de fichiers compris :\n",
        *(f"- `{pattern}` : {_layout(reader)}" for pattern, reader in source.layouts.items()),
    ]
    if source.traps_fr:
        lines += ["\nPièges à connaître :\n", *(f"- {trap}" for trap in source.traps_fr)]
    return "\n".join(lines) + "\n\n" + _columns(contract)


def _columns(contract: Contract) -> str:
    rows = []
    for name in contract.polars_schema:
        field = FIELDS[name]
        unit = f" ({field.unit})" if field.unit else ""
        rows.append(
            (f"`{name}`", field.label_fr, field.description_fr + unit, "oui" if name in contract.mandatory else "")
        )
    return markdown.table(("Colonne", "Libellé", "Description", "Obligatoire"), rows)


# --- facts of an entry, in words ------------------------------------------------------------------------------


def _late(source: Source) -> str:
    if source.fresh_days > _OVER_AFTER_DAYS:
        return "jamais : la série est close, rien de nouveau n'est attendu"
    return f"quand rien de nouveau n'est arrivé depuis plus de {markdown.number(source.fresh_days)} jours"


def _shelf(source: Source) -> str:
    if source.shelf:
        return f"`{source.shelf}/<fichier>`, édition {source.only_edition}"
    kept = " ; le lac a la dernière édition seule" if source.is_stock else " ; le lac a chaque édition"
    return f"`{source.schema}/<édition>/<fichier>`{kept}"


def _geography(source: Source) -> str:
    if source.geography is None:
        return "aucun code de commune"
    if source.geography == 0:
        return "communes au 1er janvier de l'année de l'édition"
    after = markdown.plural("an", source.geography)
    return (
        f"communes au 1er janvier, {source.geography} {after} après l'année de l'édition "
        f"(édition 2021 : communes de {2021 + source.geography})"
    )


_SEPARATORS = {";": "point-virgule", ",": "virgule", "\t": "tabulation"}
#: Kind of reader -> what such a file is.
_KINDS: dict[str, Callable[[Reader], str]] = {
    "csv": lambda reader: f"CSV, séparateur {_known(_SEPARATORS, reader.separator, 'the separator')}",
    "long_csv": lambda reader: (
        f"CSV lu par morceaux, séparateur {_known(_SEPARATORS, reader.separator, 'the separator')}"
    ),
    "xlsx": lambda reader: f"classeur, {f'feuille « {reader.sheet} »' if reader.sheet else 'première feuille'}",
    "json": lambda _: "JSON, une liste d'objets",
    "geojson": lambda _: "GeoJSON, dont les propriétés sont lues et les contours laissés",
    "ndjson": lambda _: "un objet JSON par ligne",
    "parquet": lambda _: "parquet, lu par morceaux",
}


def _layout(reader: Reader) -> str:
    said = [_known(_KINDS, reader.kind, "the kind of file")(reader)]
    if reader.header_row > 1:
        said.append(f"en-têtes à la ligne {reader.header_row}")
    if reader.member:
        said.append(f"dans une archive, le fichier `{reader.member}`")
    if reader.unfold:
        said.append("les colonnes qui portent une période ou une ancienneté deviennent des lignes")
    if reader.fold:
        said.append("les lignes, une par grandeur, deviennent des colonnes")
    if reader.only:
        said.append("lignes retenues : " + ", ".join(f"`{name}` = `{cell}`" for name, cell in reader.only.items()))
    if reader.pad:
        told = (
            f"`{name}` ({width} caractères, {most} {markdown.plural('zéro', most)} au plus)"
            for name, (width, most) in reader.pad.items()
        )
        said.append("zéros de tête remis : " + ", ".join(told))
    return " ; ".join(said)


# --- how a source is got --------------------------------------------------------------------------------------


def _http_file(way: HttpFile) -> str:
    if way.page is None:
        vintage = "millésime : année où il est reçu" if "%" in way.vintage else f"millésime {way.vintage}"
        return f"fichier ({way.kind}) téléchargé à son adresse fixe, <{way.link}>, {vintage}."
    return (
        f"fichier ({way.kind}) téléchargé : le plus récent des liens de <{way.page}> dont l'adresse finit comme "
        f"`{_plain(way.link)}`."
    )


def _plain(pattern: str) -> str:
    """A pattern of an address or title, for people: its groups by their names."""
    return re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", pattern).replace("<vintage>", "<millésime>").replace("\\.", ".")


def _explore_api(way: ExploreApi) -> str:
    where = f", restreint à `{way.where}`" if way.where else ""
    return (
        f"export {way.kind} du jeu de données `{way.dataset}` du portail <{way.host}> (API Explore){where} ; le "
        "portail dit quand il l'a traité pour la dernière fois."
    )


def _data_gouv(way: DataGouv) -> str:
    address = f"<{way.host}/datasets/{way.dataset}/>"
    title = f"la plus récente dont le titre contient `{_plain(way.title)}`"
    wanted = f"`{way.resource}` ou, si elle n'y est plus, {title}" if way.resource else title
    return f"ressource ({way.kind}) du jeu de données {address} : {wanted}."


def _melodi(way: Melodi) -> str:
    return f"archive du jeu de données `{way.dataset}` de Melodi (<{way.host}>), à la dernière période du catalogue."


_FOLLOWS = {"next": "l'adresse que donne la page d'avant", "cursor": "un curseur", "page": "leur numéro"}


def _paged_api(way: PagedApi) -> str:
    each = f", une fois pour chacune des {len(way.each[1])} valeurs de `{way.each[0]}`" if way.each else ""
    kept = f" ; de chaque ligne ne sont écrits que {markdown.names(way.keep)}" if way.keep else ""
    key = f" ; la clé est lue dans la variable `{way.key[1]}`" if way.key else ""
    follow = _known(_FOLLOWS, way.follow, "the way to the next page")
    return f"API <{way.url}>, lue page par page ({follow}){each}{kept}{key}."


#: Type of connector -> its name in the summary, its sentence.
_WAYS: dict[type, tuple[str, Callable[..., str]]] = {
    HttpFile: ("fichier à télécharger", _http_file),
    ExploreApi: ("portail Opendatasoft", _explore_api),
    DataGouv: ("data.gouv.fr", _data_gouv),
    Melodi: ("API Melodi", _melodi),
    PagedApi: ("API paginée", _paged_api),
}


def _way(source: Source) -> tuple[str, str]:
    """(in two words, in a sentence)."""
    connector: Connector | None = source.connector
    if connector is None:
        return "dépôt à la main", f"à la main. {source.manual}"
    short, sentence = _known(_WAYS, type(connector), "a connector of type")
    return short, sentence(connector)


# --- who reads it ---------------------------------------------------------------------------------------------


def _readers_of(key: tuple[str, str], manifest: dict) -> tuple[list[str], str]:
    """(staging models that read a raw table, in words the marts that depend on it, be it through a worked-out one)."""
    tables = [key, *_made_of(key)]
    names = {(node["source_name"], node["name"]): name for name, node in manifest["sources"].items()}
    todo = [names[table] for table in tables if table in names]
    seen: set[str] = set()
    while todo:
        for child in manifest["child_map"][todo.pop()]:
            if child.startswith("model.") and child not in seen:
                seen.add(child)
                todo.append(child)
    direct = set(manifest["child_map"].get(names.get(key, ""), ()))
    staging = [_last(name) for name in sorted(seen & direct)]
    marts = {name for name, node in manifest["nodes"].items() if _is_mart(node)}
    reached, others = sorted(_last(name) for name in marts & seen), sorted(_last(name) for name in marts - seen)
    if len(reached) > 2 * len(others):
        return staging, f"tous sauf {markdown.names(others)}" if others else "tous"
    return staging, markdown.names(reached) or "aucun pour l'instant"


def _made_of(key: tuple[str, str]) -> list[tuple[str, str]]:
    return [made for made, of in _WORKED_OUT.items() if key in of]


def _is_mart(node: dict) -> bool:
    return node["resource_type"] == "model" and node["config"]["schema"] == "marts"


def _last(unique_id: str) -> str:
    return unique_id.rpartition(".")[2]


def _anchor(source: Source) -> str:
    return "-".join(source.key)


def main(arguments: list[str]) -> int:
    """Writes the files, or with --check prints the differences; returns 1 when there are any, or no words for a row."""
    try:
        contracts_stale = export.main(arguments)
        pages = {PAGE: page(), dictionary.PAGE: dictionary.page()}
    except (markdown.CatalogueError, SeedError) as problem:
        print(problem, file=sys.stderr)
        return 1
    return export.write_or_compare(pages, arguments) or contracts_stale


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
