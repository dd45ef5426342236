"""Exports of other software -> our tables.

Here: how the tables of `layouts/` are applied, and the few things they cannot say. Not here: formats (`formats.py`),
rules (`contracts`). An adapter is data; a new software is more rows in `layouts/`:

- `views.csv`: a foreign table (view) is known by these of its columns, whatever the name of its file; `rows`, if any,
  is a function of PREPARED below that takes out what does not count;
- `tables.csv`: which view carries the rows of which table of ours; `rows`, if any, is a function of ROWS below;
- `columns.csv`: our column = these foreign columns, through a conversion (of `values.csv`, else of CONVERSIONS below).
  Several rows for one column: the first that is not empty. A column of another view is found by `links.csv`;
- `links.csv`: `column` of a view points at `to_column` of another; of several rows there, the latest by a date.

What is not understood passes as it is, so that the contract puts the row aside with its reason. Where a link finds
nothing the cell is empty, for the same end. Whatever produces no row by design is counted in the notes of the receipt.
"""

import csv
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path

import polars as pl

from contracts import CONTRACTS, FIELDS
from contracts.codes import plain
from contracts.french import agreed
from contracts.parsing import cleaned, parsed
from orchestration.returns.periods import Period

LAYOUTS = Path(__file__).parent / "layouts"
#: Names of layouts and of what they call a table, for the receipt.
_TITLES = {"flux_iae": "ASP (fluxIAE)"}
#: A column of an export with one of these words tells who a person is, or where to find them.
_PERSONAL = (
    "nom", "nom_usage", "nom_naissance", "nom_marital", "prenom", "prenoms", "date_naissance", "nir", "mail", "email",
    "courriel", "telephone", "tel", "portable", "numero_voie", "libelle_voie", "point_remise", "iban", "bban",
)  # fmt: skip
#: First line of a view of ASP: DEB, its name, day and time of the export.
_STAMP = re.compile(r"\s*DEB\D*(\d{2})(\d{2})(\d{4})")

#: Views of one export by name, cleaned; a row function gets them all, the last day of the period, and where to note.
Views = dict[str, pl.DataFrame]


@dataclass(frozen=True)
class Layouts:
    """The rows of a folder of layouts."""

    views: list[dict[str, str]]
    tables: list[dict[str, str]]
    columns: list[dict[str, str]]
    links: list[dict[str, str]]
    values: dict[str, dict[str, str]]


@cache
def layouts_of(folder: Path = LAYOUTS) -> Layouts:
    """The layouts described in `folder`."""

    def rows(name: str) -> list[dict[str, str]]:
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    values: dict[str, dict[str, str]] = {}
    for row in rows("values"):
        values.setdefault(row["conversion"], {})[row["received"].casefold()] = row["ours"]
    return Layouts(rows("views"), rows("tables"), rows("columns"), rows("links"), values)


def view_with(columns: Iterable[str], layouts: Layouts | None = None) -> tuple[str, str] | None:
    """(layout, view) that has these columns; None for a table of ours, or of nobody."""
    named = {plain(column).replace(" ", "_") for column in columns}
    known = (layouts or layouts_of()).views
    return next(((r["layout"], r["view"]) for r in known if set(r["known_by"].split()) <= named), None)


def view_of(part, layouts: Layouts | None = None) -> tuple[str, str] | None:
    """(layout, view) that a sheet or file is, by its columns."""
    return view_with(part.frame.columns, layouts)


def personal_columns(part) -> list[str]:
    """Columns of a foreign view that must not be received, as the member knows them."""
    if view_of(part) is None:
        return []
    words = {column: f"_{plain(column).replace(' ', '_')}_" for column in part.frame.columns}
    return [column for column, text in words.items() if any(f"_{word}_" in text for word in _PERSONAL)]


def adapt(parts: list, reading, layouts: Layouts | None = None) -> list:
    """Parts of the tables of ours that `parts` hold: foreign views all, with plain column names.

    `reading` has the header that came beside them, if any; what it does not say is deduced where it can only be so, and
    every deduction is said in its notes.
    """
    layouts = layouts or layouts_of()
    made = []
    of_layout = [(view_of(part, layouts), part) for part in parts]
    for layout in dict.fromkeys(found[0] for found, _ in of_layout):
        mine = [(view, part) for (name, view), part in of_layout if name == layout]
        views: Views = {}
        for view, part in mine:
            if view in views:
                reading.refuse("table_en_double", f"vue {view}")
            is_filled = pl.any_horizontal(pl.exclude("ligne").is_not_null())
            views[view] = cleaned(part.frame).filter(is_filled)
        made += _tables(layout, views, reading, layouts, mine)
    return made


def _tables(layout: str, views: Views, reading, layouts: Layouts, mine: list) -> list:
    """The tables of ours that one export makes, the one that tells the period first."""
    title = _TITLES.get(layout, layout)
    reading.notes.append(f"Export {title} reconnu : vues {', '.join(views)}.")
    for row in layouts.views:
        if row["layout"] == layout and row["view"] in views and row["rows"]:
            views[row["view"]] = PREPARED[row["rows"]](views[row["view"]], reading.notes)
    made: dict[str, pl.DataFrame] = {}
    wanted = [row for row in layouts.tables if row["layout"] == layout and row["view"] in views]
    for row in sorted(wanted, key=lambda row: row["table"] != "heures"):
        last_day = (Period.parse(reading.header.get("periode", "")) or _NO_PERIOD).end
        rows = ROWS[row["rows"]](views, last_day, reading.notes) if row["rows"] else views[row["view"]]
        mapped = _mapped(layout, row, rows, views, reading, layouts)
        if mapped is not None:
            made[row["table"]] = mapped
            if row["table"] == "heures":
                _deduce_period(mapped, reading)
    _deduce_sender(made, mine, reading)
    told = [row["table"] for row in wanted if row["table"] in made]
    return [replace(mine[0][1], name=table, frame=made[table], text="") for table in told]


_NO_PERIOD = Period("", date.min, date.min)


def _mapped(layout: str, row: dict[str, str], rows: pl.DataFrame, views: Views, reading, layouts: Layouts):
    """One table of ours from the rows of a view, with its line numbers; the receipt says which column is which.

    None when what it must have is in a view that is missing: nothing else need be said of it.
    """
    table, view = row["table"], row["view"]
    contract = CONTRACTS["returns", table]
    said: dict[str, list[dict[str, str]]] = {}
    for source in layouts.columns:
        if (source["layout"], source["table"]) == (layout, table):
            said.setdefault(source["column"], []).append(source)
    added = set(rows.columns) - set(views[view].columns)
    cells, named, is_without_view = {"ligne": rows["ligne"]}, [], False
    for column, sources in said.items():
        found, origins, lacking = [], [], []
        for source in sources:
            foreign = source["view_columns"].split()
            is_own = source["view"] == view or foreign[0] in added
            held = rows if is_own else _linked(layout, view, source["view"], rows, views, layouts)
            if held is None or foreign[0] not in held.columns:
                is_whole = source["view"] in views
                about = f"{foreign[0]} (vue {source['view']})" if is_whole else f"{view} demande {source['view']}"
                lacking.append(("colonne_absente" if is_whole else "vue_absente", about))
                continue
            where = "" if source["view"] == view else f"{source['view']}."
            origins.append(where + " + ".join(c for c in foreign if c in held.columns))
            found.append(_converted(_with(held, *foreign).select(foreign), source["conversion"], layouts))
        if found:
            cells[column] = pl.select(pl.coalesce(found)).to_series()
            named.append(f"{column} = {', à défaut '.join(origins)}")
        elif column in contract.mandatory:
            for rule, about in lacking:
                reading.refuse(rule, about)
            is_without_view |= any(rule == "vue_absente" for rule, _ in lacking)
    reading.notes.append(
        f"Table {table}, lue dans la vue {view}, dont elle a les numéros de ligne : {'; '.join(named)}."
    )
    return None if is_without_view else pl.DataFrame(cells)


def _linked(layout, view, to_view, rows: pl.DataFrame, views: Views, layouts: Layouts) -> pl.DataFrame | None:
    """For each row, the row of another view that it points at, empty where there is none; None without that view."""
    links = [r for r in layouts.links if (r["layout"], r["view"], r["to_view"]) == (layout, view, to_view)]
    if not links or to_view not in views or not {links[0]["to_column"]} <= set(views[to_view].columns):
        return None
    link, target = links[0], views[to_view]
    if link["latest_by"] in target.columns:
        target = target.sort(_dates(target[link["latest_by"]]), nulls_last=False, maintain_order=True)
    target = target.unique(link["to_column"], keep="last", maintain_order=True)
    key = pl.col(link["column"]) if link["column"] in rows.columns else pl.lit(None, pl.String)
    keyed = target.with_columns(pl.col(link["to_column"]).alias("_key"))
    return rows.with_columns(key.alias("_key")).select("_key").join(keyed, on="_key", how="left", maintain_order="left")


def _with(frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """`frame` with these columns, empty when the export does not have them."""
    return frame.with_columns(pl.lit(None, pl.String).alias(c) for c in columns if c not in frame.columns)


# --- conversions -------------------------------------------------------------------------------------------------


def _converted(cells: pl.DataFrame, conversion: str, layouts: Layouts) -> pl.Series:
    if not conversion:
        return cells.to_series()
    if (values := layouts.values.get(conversion)) is not None:
        text = cells.to_series()
        return text.str.to_lowercase().replace_strict(values, default=text, return_dtype=pl.String)
    return cells.select(CONVERSIONS[conversion](*(pl.col(c) for c in cells.columns))).to_series()


def _year_and_month(year: pl.Expr, month: pl.Expr) -> pl.Expr:
    """2025 and 7 -> 2025-07; anything else stays side by side, to be put aside as unreadable."""
    return pl.concat_str(
        year.fill_null(""), pl.lit("-"), month.fill_null("").str.replace(r"\.0$", "").str.zfill(2)
    ).replace("-00", None)


def _hours_and_minutes(hours: pl.Expr, minutes: pl.Expr) -> pl.Expr:
    """35 and 30 -> 35:30. Hours without minutes stay as they are."""
    spare = minutes.str.replace(r"\.0$", "")
    clock = pl.concat_str(hours.fill_null("0").str.replace(r"\.0$", ""), pl.lit(":"), spare.str.zfill(2))
    return pl.when(spare.is_null() | (spare == "0")).then(hours).otherwise(clock)


def _annex_number(number: pl.Expr, renewal: pl.Expr, change: pl.Expr) -> pl.Expr:
    """ACI034150012, renewal 1, change 0 -> ACI034150012A1M0: one number can be renewed over several years."""
    return pl.coalesce(pl.concat_str(number, pl.lit("A"), renewal, pl.lit("M"), change), number)


CONVERSIONS: dict[str, Callable[..., pl.Expr]] = {
    "year_and_month": _year_and_month,
    "hours_and_minutes": _hours_and_minutes,
    "annex_number": _annex_number,
}


def _dates(text: pl.Series) -> pl.Series:
    return parsed(text, FIELDS["date_debut"])


def _numbers(text: pl.Series) -> pl.Series:
    return parsed(text, FIELDS["salaire_brut"])


def _kinds(measures: pl.Series) -> pl.Series:
    return _converted(measures.to_frame(), "kind_of_measure", layouts_of())


# --- rows of fluxIAE ---------------------------------------------------------------------------------------------


def _months_that_count(months: pl.DataFrame, notes: list[str]) -> pl.DataFrame:
    """Of one contract, month and annexe: the validated state if there is one, and its latest version.

    A month that is corrected gets a new version, and the earlier stays in the export; figures published by the State
    count the state VALIDE. A month that is not validated yet is better than none.
    """
    part = ["emi_ctr_id", "emi_sme_annee", "emi_sme_mois", "emi_afi_id"]
    months = _with(months, "emi_afi_id", "emi_esm_etat_code", "emi_sme_version")
    is_valid = (pl.col("emi_esm_etat_code").fill_null("").str.to_uppercase() == "VALIDE").alias("is_valid")
    version = _numbers(months["emi_sme_version"]).fill_null(-1).alias("version")
    kept = months.with_columns(is_valid, version)
    kept = kept.filter(pl.col("is_valid") == pl.col("is_valid").max().over(part))
    kept = kept.filter(pl.col("version") == pl.col("version").max().over(part)).drop("is_valid", "version")
    if gone := months.height - kept.height:
        notes.append(
            "Vue EtatMensuelIndiv : "
            + agreed(gone, "état(s) remplacé(s) par un état validé ou plus récent, laissé(s) de côté.")
        )
    return kept


def _annexes_that_count(annexes: pl.DataFrame, notes: list[str]) -> pl.DataFrame:
    """Annexes in force or closed; of one renewal its latest change; those of an investment fund are none of ours."""
    part = ["af_numero_annexe_financiere", "af_numero_avenant_renouvellement"]
    annexes = _with(annexes, *part, "af_etat_annexe_financiere_code", "af_mesure_dispositif_code",
                    "af_numero_avenant_modification")  # fmt: skip
    state = pl.col("af_etat_annexe_financiere_code").fill_null("VALIDE").str.to_uppercase()
    kept = annexes.filter(
        state.is_in(["VALIDE", "PROVISOIRE", "CLOTURE"]),
        ~pl.col("af_mesure_dispositif_code").fill_null("").str.starts_with("FDI"),
    )
    change = _numbers(kept["af_numero_avenant_modification"]).fill_null(-1).alias("change")
    kept = kept.with_columns(change).filter(pl.col("change") == pl.col("change").max().over(part)).drop("change")
    if gone := annexes.height - kept.height:
        why = "annulée(s), remplacée(s) ou sans poste d'insertion"
        notes.append(f"Vue AnnexeFinanciere : {agreed(gone, f'annexe(s) {why}, laissée(s) de côté.')}")
    return kept


#: What is taken out of a view before anything looks at it.
PREPARED: dict[str, Callable[[pl.DataFrame, list[str]], pl.DataFrame]] = {
    "months_that_count": _months_that_count,
    "annexes_that_count": _annexes_that_count,
}


def _structures_by_kind(views: Views, last_day: date, notes: list[str]) -> pl.DataFrame:
    """One row per structure and kind: the view knows no kind, its contracts and annexes do, and when they begin.

    A second kind gets a number after the last line: numbers are unique, and corrections rely on it.
    """
    seen = [
        pl.DataFrame({
            "structure_id_siae": frame[of], "type_selon_mesure": _kinds(frame[measure]), "day": _dates(frame[start]),
        })
        for view, of, measure, start in (
            ("AnnexeFinanciere", "af_id_structure", "af_mesure_dispositif_code", "af_date_debut_effet"),
            ("ContratMission", "contrat_id_structure", "contrat_mesure_disp_code", "contrat_date_embauche"),
        )
        if view in views and not (frame := _with(views[view], of, measure, start)).is_empty()
    ]  # fmt: skip
    keys = {"structure_id_siae": pl.String, "type_selon_mesure": pl.String}
    known = pl.col("type_selon_mesure").is_in(list(layouts_of().values["kind_of_measure"].values()))
    kinds = pl.concat([pl.DataFrame(schema=keys | {"day": pl.Date}), *seen]).filter(known)
    kinds = kinds.group_by(list(keys)).agg(pl.col("day").min()).sort(list(keys))
    structures = views["Structure"]
    rows = structures.join(kinds, on="structure_id_siae", maintain_order="left_right")
    rows = rows.join(_agreed_posts(views, last_day), on=list(keys), how="left", maintain_order="left")
    notes.append(
        "Table structures : le type vient des mesures des contrats et annexes de la structure, la date de début est "
        "leur premier jour connu, les ETP conventionnés sont ceux des annexes en vigueur le dernier jour de la période."
    )
    again = pl.int_range(pl.len()).over("ligne") > 0
    if further := rows.select(again.sum()).item():
        notes.append(
            "Vue Structure : " + agreed(further, "ligne(s) de plus, d'un second type, numérotée(s) après la dernière.")
        )
    if gone := structures.height + further - rows.height:
        notes.append(
            "Vue Structure : " + agreed(gone, "structure(s) sans contrat ni annexe connus, laissée(s) de côté.")
        )
    after = structures["ligne"].max() + again.cum_sum() if structures.height else pl.col("ligne")
    return rows.with_columns(
        premier_jour_connu=pl.col("day").dt.to_string("%Y-%m-%d"),
        ligne=pl.when(again).then(after).otherwise("ligne").cast(rows.schema["ligne"]),
    )


def _agreed_posts(views: Views, last_day: date) -> pl.DataFrame:
    """Posts agreed per structure and kind on a day; none where an amount cannot be read."""
    needed = ("af_id_structure", "af_date_debut_effet", "af_date_fin_effet", "af_etp_postes_insertion")
    annexes = _with(views.get("AnnexeFinanciere", pl.DataFrame()), "af_mesure_dispositif_code", *needed)
    rows = pl.DataFrame({
        "structure_id_siae": annexes["af_id_structure"],
        "type_selon_mesure": _kinds(annexes["af_mesure_dispositif_code"]),
        "start": _dates(annexes["af_date_debut_effet"]), "end": _dates(annexes["af_date_fin_effet"]),
        "posts": _numbers(annexes["af_etp_postes_insertion"]),
    })  # fmt: skip
    total = pl.when(pl.col("posts").is_not_null().all()).then(pl.col("posts").sum().round(4))
    in_force = rows.filter(pl.col("start") <= last_day, pl.col("end") >= last_day)
    return in_force.group_by("structure_id_siae", "type_selon_mesure").agg(etp_des_annexes=total.cast(pl.String))


def _months_of_contracts(views: Views, last_day: date, notes: list[str]) -> pl.DataFrame:
    """One row per contract and month: a month shared between annexes is the sum of its parts, at its first line.

    Two rows of the same annexe are no parts: they stay, and fold when they are the same or contradict each other.
    """
    month, amounts = ["emi_ctr_id", "emi_sme_annee", "emi_sme_mois"], list(_AMOUNTS)
    rows = _with(views["EtatMensuelIndiv"], *amounts)
    shared = pl.len().over(month) > 1
    parts = (pl.col("emi_afi_id").is_not_null() & ~pl.struct(*month, "emi_afi_id").is_duplicated()).all().over(month)
    whole, split = rows.filter(~(shared & parts)), rows.filter(shared & parts)
    if split.is_empty():
        return rows
    notes.append(
        f"Vue EtatMensuelIndiv : {split.height} lignes partagent un contrat et un mois entre plusieurs annexes ; elles "
        "sont additionnées, à la place de la première."
    )
    read = split.with_columns(_numbers(split[c]).alias(f"{c}_read") for c in amounts)
    sums = [
        # A part that cannot be read is shown with the others, and puts the whole month aside.
        pl.when(pl.col(f"{c}_read").count() == pl.col(c).count())
        .then(pl.when(pl.col(c).count() > 0).then(pl.col(f"{c}_read").sum().round(6)).cast(pl.String))
        .otherwise(pl.col(c).str.join(" + "))
        .alias(c)
        for c in amounts
    ]
    first = [pl.col(c).first() for c in split.columns if c not in (*month, *amounts)]
    added = read.group_by(month, maintain_order=True).agg(*sums, *first)
    return pl.concat([whole, added.select(whole.columns)]).sort("ligne")


_AMOUNTS = ("emi_nb_heures_travail", "emi_mt_salaire_brut", "emi_part_etp")


def _last_exits(views: Views, last_day: date, notes: list[str]) -> pl.DataFrame:
    """One row per person and structure: the last exit that contracts, else their months, give a date or a reason for.

    A month is an exit only with a reason: alone, its end is the end of a contract that may be renewed.
    """
    end, reason = "contrat_date_sortie_definitive", "contrat_motif_sortie_code"
    contracts = _with(views["ContratMission"], end, reason, "contrat_id_structure", "contrat_mesure_disp_code")
    empty = pl.DataFrame(
        schema=dict.fromkeys(("emi_ctr_id", "emi_date_fin_reelle", "emi_motif_sortie_code"), pl.String)
    )
    months = _with(views.get("EtatMensuelIndiv", empty), *empty.columns)
    closing = months.filter(pl.col("emi_motif_sortie_code").is_not_null()).select(empty.columns)
    closing = closing.sort(_dates(closing["emi_date_fin_reelle"]), nulls_last=False, maintain_order=True)
    rows = contracts.join(
        closing.unique("emi_ctr_id", keep="last", maintain_order=True),
        left_on="contrat_id_ctr", right_on="emi_ctr_id", how="left", maintain_order="left",
    )  # fmt: skip
    exits = rows.filter(pl.any_horizontal(pl.col(end, reason, "emi_motif_sortie_code").is_not_null()))
    exits = exits.with_columns(
        _dates(exits.select(pl.coalesce(end, "emi_date_fin_reelle")).to_series()).alias("day"),
        _kinds(exits["contrat_mesure_disp_code"]).alias("kind"),
    )
    latest = pl.col("day").max().over("contrat_id_pph", "contrat_id_structure", "kind")
    kept = exits.filter((pl.col("day") == latest) | pl.col("day").is_null())
    if without := contracts.height - exits.height:
        notes.append(f"Table sorties : {agreed(without, 'contrat(s) sans sortie n’en (fait|font) pas de ligne.')}")
    if followed := exits.height - kept.height:
        notes.append(
            "Table sorties : "
            + agreed(
                followed,
                "sortie(s) suivie(s) d'une plus récente, de la même personne dans la même structure, "
                "laissée(s) de côté.",
            )
        )
    return kept


ROWS: dict[str, Callable[[Views, date, list[str]], pl.DataFrame]] = {
    "structures_by_kind": _structures_by_kind,
    "months_of_contracts": _months_of_contracts,
    "last_exits": _last_exits,
}


# --- the header an export does not have --------------------------------------------------------------------------


def _deduce_period(hours: pl.DataFrame, reading) -> None:
    """The period, if nobody states it, is the month or quarter that holds every month of hours; else it is unknown."""
    if reading.header.get("periode") or "mois" not in hours.columns:
        return
    months = parsed(hours["mois"], FIELDS["mois"]).drop_nulls()
    if period := Period.holding(months):
        reading.header["periode"] = period.text
        reading.notes.append(
            f"Période {period.text} déduite des mois d'heures de l'export : aucun fichier « remontee » ne la dit."
        )
    elif months.len():
        reading.notes.append(
            f"Les mois d'heures de l'export vont de {months.min():%m/%Y} à {months.max():%m/%Y}, au-delà d'un "
            "trimestre : la période ne s'en déduit pas. Ajoutez un fichier « remontee », avec deux colonnes champ et "
            "valeur, qui la dit : periode, 2025T3."
        )


def _deduce_sender(made: dict[str, pl.DataFrame], mine: list, reading) -> None:
    """The day of the export is the stamp of its first line; the SIREN, that of its SIRETs if they share one."""
    found = [_STAMP.match(part.text.lstrip("\ufeff")) for _, part in mine]
    days = _dates(pl.Series(["/".join(stamp.groups()) for stamp in found if stamp], dtype=pl.String)).drop_nulls()
    stamps = [day.isoformat() for day in days]
    if stamps and not reading.header.get("date_extraction"):
        reading.header["date_extraction"] = max(stamps)
        reading.notes.append(f"Date d'extraction {max(stamps)} déduite de la première ligne de l'export.")
    sirets = [
        parsed(frame["siret"], FIELDS["siret"]).drop_nulls() for frame in made.values() if "siret" in frame.columns
    ]
    sirens = {siret[:9] for column in sirets for siret in column}
    reading.siren_of_export = sirens.pop() if len(sirens) == 1 else ""
