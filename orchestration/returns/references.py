"""What rows of several tables and returns say together.

Here: references between rows, dates that must lie within one another, renewals, contracts no longer spoken of, and
what a correction takes away from rows already accepted. Not here: a row by itself (`contracts`), budgets and verdicts
(`judging.py`), whether two rows are about one person (`identity.py`).

A return is judged against its own rows and those of the member's earlier returns in force on its arrival: of one
member, table and period the return that came last. The order of arrival is that of `id_remontee`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import polars as pl

from contracts import CONTRACTS, RETURN_TABLES, Contract, Verdict
from contracts.members import OPEN_ENDED_DATES
from contracts.table import TRACE, Reference

RETURN = list(TRACE[:2])
#: A table that a return carried: whose, which, and the days it speaks of.
DELIVERY = dict.fromkeys(("siren_adherent", "id_remontee", "nom_table", "periode"), pl.String) | dict.fromkeys(
    ("periode_debut", "periode_fin"), pl.Date
)
#: Something said about a row, or about a table (no line). `precision` and `attendu` complete the rule's sentence.
REMARK = {"siren_adherent": pl.String, "id_remontee": pl.String, "ligne": pl.Int64} | dict.fromkeys(
    ("nom_table", "colonne", "regle", "precision", "attendu"), pl.String
)
#: The rule of a row that falls with another one of its return: there is nothing to mend in it.
FOLLOWS = "reference_ecartee"
_STAY = ["id_salarie", "siret", "type_structure"]
_CONTRACT_DATES = ("date_debut", "date_fin_prevue", "date_fin_reelle")
#: Tables that others refer to.
_PARENTS = {reference.table for contract in RETURN_TABLES for reference in contract.references}


@dataclass(frozen=True)
class Ground:
    """What the returns judged together are judged on: `lake(table)` and `kept` are of all members concerned."""

    carried: pl.DataFrame
    verdicts: dict[str, Verdict]
    kept: pl.DataFrame
    lake: Callable[[str], pl.DataFrame]


@dataclass
class View:
    """One guess of which tables and returns are refused, and what follows.

    Rows of a return see a table of their own return unless that table is refused; those of another return unless it,
    or its whole return, is. `upright`: rows without fault of their own. `whole`: these, and those that only refer to
    a refused table. `aside`: REMARKs on rows that fall, `excused` when only for that reason.
    """

    ground: Ground
    refused_tables: pl.DataFrame
    refused_returns: pl.DataFrame
    upright: dict[str, pl.DataFrame] = field(default_factory=dict)
    whole: dict[str, pl.DataFrame] = field(default_factory=dict)
    aside: dict[str, pl.DataFrame] = field(default_factory=dict)

    def __post_init__(self):
        #: What each return judged here puts in place of an earlier one, as seen by its own rows.
        self.own = self.ground.carried.join(self.refused_tables, on=[*RETURN, "nom_table"], how="anti")
        fresh = self.own.join(self.refused_returns, on=RETURN, how="anti")
        self.deliveries = succession(pl.concat([self.ground.kept, fresh]))

    def standing(self, table: str) -> pl.DataFrame:
        """Rows of the returns judged here, as their own return sees them."""
        refused = self.refused_tables.filter(nom_table=table)
        return self.upright[table].join(refused, on=RETURN, how="anti", maintain_order="left")

    def lines(self, table: str) -> pl.DataFrame:
        """Every kept row of the members, with its delivery and the return that replaced it, if any."""
        fresh = self.standing(table).join(self.refused_returns, on=RETURN, how="anti")
        delivered = self.deliveries.filter(nom_table=table).drop("nom_table")
        return pl.concat([self.ground.lake(table).select(fresh.columns), fresh]).join(delivered, on=RETURN)

    def seen(self, rows: pl.DataFrame, table: str, keys: Iterable[str], columns: Iterable[str] = ()) -> pl.DataFrame:
        """`rows` beside each row of an earlier return in force on their arrival that has the same keys."""
        if rows.is_empty():  # the usual return brings all it refers to: the lake is not even opened
            lines = CONTRACTS["returns", table].empty.join(self.deliveries.clear().drop("nom_table"), on=RETURN)
        else:
            lines = self.lines(table)
        others = lines.select(
            "siren_adherent", *keys, "periode", "periode_fin", "remplacee_par", id_autre="id_remontee",
            **{f"{name}_autre": name for name in columns},
        )  # fmt: skip
        own = self.own.filter(nom_table=table).select(*RETURN, periode_propre="periode")
        return (
            rows.join(others, on=["siren_adherent", *keys])
            .join(own, on=RETURN, how="left")
            .filter(in_force_for("id_autre", "id_remontee"), pl.col("periode").ne_missing(pl.col("periode_propre")))
            .drop("periode_propre")
        )


def succession(deliveries: pl.DataFrame) -> pl.DataFrame:
    """Kept deliveries, each with the return that replaced it (`remplacee_par`, null while it is in force)."""
    scope = ("siren_adherent", "nom_table", "periode")
    return deliveries.sort("id_remontee").with_columns(remplacee_par=pl.col("id_remontee").shift(-1).over(scope))


def in_force_for(theirs: str, mine: str) -> pl.Expr:
    """The return `theirs` came before the return `mine`, and nothing had replaced it by then."""
    replaced = pl.col("remplacee_par") <= pl.col(mine)
    return (pl.col(theirs) < pl.col(mine)) & ~replaced.fill_null(False)


def resolve(ground: Ground, refused_tables: pl.DataFrame, refused_returns: pl.DataFrame) -> View:
    """What stands if these tables and returns are refused, table by table in the order of references."""
    view = View(ground, refused_tables, refused_returns)
    for contract in RETURN_TABLES:
        table, rows = contract.table, ground.verdicts[contract.table].accepted
        found = [_orphans(view, contract, rows, reference) for reference in contract.references]
        if table == "contrats":
            found.append(remarks(_in_a_loop(rows), table, "id_contrat_parent", "contrats_en_boucle"))
        elif table == "missions":
            early = _with_contract(view, rows).filter(pl.col("date_debut") < pl.col("debut"))
            found.append(remarks(early, table, "date_debut", "mission_avant_contrat"))
        elif table == "sorties":
            early = _without_contract(view, rows).filter("is_early")
            found.append(remarks(early, table, "date_sortie", "sortie_avant_contrat"))
        aside = pl.concat([no_remarks().with_columns(excused=pl.lit(False)), *found], how="diagonal")
        aside = aside.with_columns(pl.col("excused").fill_null(False))
        fallen = aside.filter(~pl.col("excused"))
        view.aside[table] = aside
        view.whole[table] = rows.join(fallen, on=TRACE, how="anti", maintain_order="left")
        view.upright[table] = rows.join(aside, on=TRACE, how="anti", maintain_order="left")
    return view


def doubts(view: View) -> pl.DataFrame:
    """Warnings about rows and tables of the returns judged, once it is known what stands."""
    missions, hours = (_with_contract(view, view.upright[table]) for table in ("missions", "heures"))
    late = missions.filter(_stated("date_fin") > pl.col("fin"))
    outside = hours.filter((pl.col("mois").dt.month_end() < pl.col("debut")) | (pl.col("mois") > pl.col("fin")))
    alone = _without_contract(view, view.upright["sorties"])
    return pl.concat(
        [
            remarks(late, "missions", "date_fin", "mission_apres_contrat"),
            remarks(outside, "heures", "mois", "heures_hors_contrat"),
            remarks(alone, "sorties", "date_sortie", "sortie_sans_contrat"),
            *_renewals(view),
            _not_repeated(view),
            _taken_away(view),
        ]
    )


def no_remarks() -> pl.DataFrame:
    return pl.DataFrame(schema=REMARK)


def remarks(rows: pl.DataFrame, table: str, column: str, rule: str, *kept: str, attendu: str = "") -> pl.DataFrame:
    """One REMARK per row."""
    line = "ligne" if "ligne" in rows.columns else pl.lit(None, pl.Int64).alias("ligne")
    precision = "precision" if "precision" in rows.columns else pl.lit(None, pl.String).alias("precision")
    constants = {"nom_table": table, "colonne": column or None, "regle": rule, "attendu": attendu or None}
    return rows.select(
        *RETURN, line, precision, *kept, **{name: pl.lit(value, pl.String) for name, value in constants.items()}
    ).select(*REMARK, *kept)


def _orphans(view: View, contract: Contract, rows: pl.DataFrame, reference: Reference) -> pl.DataFrame:
    """Rows whose reference is found nowhere; a null reference is no reference."""
    keys = list(reference.columns)
    mine = [*RETURN, *keys]
    missing = rows.drop_nulls(keys).join(view.standing(reference.table), on=mine, how="anti", maintain_order="left")
    before = view.seen(missing.select(mine).unique(), reference.table, keys)
    missing = missing.join(before, on=mine, how="anti", maintain_order="left")
    if reference.table in view.whole:
        whole = view.whole[reference.table].select(mine).unique().with_columns(excused=pl.lit(True))
        missing = missing.join(whole, on=mine, how="left", maintain_order="left")
    # What is there but falls is named itself; the row that follows it is told apart, and by the line it follows.
    judged = view.ground.verdicts[reference.table]
    place = "ligne " + pl.col("ligne").cast(pl.String) + f" de {reference.table}"
    there = pl.concat([judged.accepted, judged.quarantined]).sort("ligne")
    there = there.select(*mine, precision=place).unique(mine, keep="first", maintain_order=True)
    missing = missing.join(there, on=mine, how="left", maintain_order="left")
    is_alone = pl.col("precision").is_null()
    return pl.concat(
        remarks(missing.filter(which), contract.table, keys[0], rule, "excused", attendu=reference.table)
        for which, rule in ((is_alone, "reference_inconnue"), (~is_alone, FOLLOWS))
    )


def _stated(column: str) -> pl.Expr:
    """A date, or null when it is one of those that mean "no end"."""
    return pl.when(~pl.col(column).is_in(OPEN_ENDED_DATES)).then(pl.col(column))


def _effective_end(suffix: str = "") -> pl.Expr:
    return pl.coalesce(_stated(f"date_fin_reelle{suffix}"), _stated(f"date_fin_prevue{suffix}"))


def _with_contract(view: View, rows: pl.DataFrame) -> pl.DataFrame:
    """`rows` with `debut` and `fin` of their contract: as their own return states it, else as it was stated last."""
    mine = [*RETURN, "id_contrat"]
    own = view.whole["contrats"].select(*mine, debut="date_debut", fin=_effective_end())
    elsewhere = rows.join(own, on=mine, how="anti").select(mine).unique()
    before = _last(view.seen(elsewhere, "contrats", ("id_contrat",), _CONTRACT_DATES), mine)
    before = before.select(*mine, debut="date_debut_autre", fin=_effective_end("_autre"))
    return rows.join(pl.concat([own, before]), on=mine, maintain_order="left")


def _last(seen: pl.DataFrame, per: list[str]) -> pl.DataFrame:
    """Of several statements, the current one: that of the latest period, then the one received last."""
    return seen.sort("periode_fin", "id_autre").unique(per, keep="last", maintain_order=True)


def _without_contract(view: View, rows: pl.DataFrame) -> pl.DataFrame:
    """Exits without a known contract of the person there, begun on that day or before; `is_early`: one is, later.

    No exit is early whose person entered the pathway before: an older contract, never sent, is likely. Contracts set
    aside for another fault count all the same: the member has one thing to mend, not two.
    """
    person, stay = [*RETURN, "id_salarie"], [*RETURN, *_STAY]
    judged = view.ground.verdicts["contrats"]
    own = pl.concat([judged.accepted, judged.quarantined])
    exits = rows.select(*TRACE, *_STAY, "date_sortie")
    first = own.group_by(stay).agg(debut=pl.col("date_debut").min())
    exits = exits.join(first, on=stay, how="left", maintain_order="left")
    doubtful = exits.filter((pl.col("debut") <= pl.col("date_sortie")).not_().fill_null(True))
    before = view.seen(doubtful.select(stay).unique(), "contrats", _STAY, ("date_debut",))
    before = before.group_by(stay).agg(avant=pl.col("date_debut_autre").min())
    doubtful = doubtful.join(before, on=stay, how="left", maintain_order="left").with_columns(
        debut=pl.min_horizontal("debut", "avant")
    )
    doubtful = doubtful.filter((pl.col("debut") <= pl.col("date_sortie")).not_().fill_null(True))
    entered = view.whole["salaries"].select(*person, entree="date_entree_parcours")
    unstated = doubtful.select(person).unique().join(entered.drop_nulls(), on=person, how="anti")
    seen = view.seen(unstated, "salaries", ("id_salarie",), ("date_entree_parcours",))
    seen = _last(seen, person).select(*person, entree_avant="date_entree_parcours_autre")
    doubtful = (
        doubtful.join(entered, on=person, how="left", maintain_order="left")
        .join(seen, on=person, how="left", maintain_order="left")
        .with_columns(entree=pl.coalesce("entree", "entree_avant"))
    )
    entered_later = (pl.col("entree") <= pl.col("date_sortie")).not_().fill_null(True)
    return doubtful.with_columns(is_early=pl.col("debut").is_not_null() & entered_later)


def _in_a_loop(contracts: pl.DataFrame) -> pl.DataFrame:
    """Contracts of one return that are, through their parents, their own ancestor."""
    edges = contracts.filter(pl.col("id_contrat_parent").is_not_null()).select(
        *TRACE, "id_contrat", ancetre="id_contrat_parent"
    )
    hops = 1
    while edges.height and hops <= edges.height:  # each pass doubles the distance; whoever runs out of parents is out
        further = edges.select(*RETURN, ancetre="id_contrat", plus_loin="ancetre")
        edges = edges.join(further, on=[*RETURN, "ancetre"]).drop("ancetre").rename({"plus_loin": "ancetre"})
        hops *= 2
    # What is left leads into a loop; its ancestors, that far up, are the loop.
    return edges.join(edges, left_on=[*RETURN, "id_contrat"], right_on=[*RETURN, "ancetre"], how="semi")


def _renewals(view: View) -> list[pl.DataFrame]:
    """Renewals of a contract that the member should have sent: begun after the first period it ever spoke of."""
    judged = view.ground.verdicts["contrats"]
    own = pl.concat([judged.accepted, judged.quarantined])
    spoken = view.own.filter(nom_table="contrats").select(*RETURN, "periode_debut")
    every = pl.concat([view.deliveries.filter(nom_table="contrats").select(*RETURN, "periode_debut"), spoken])
    before = every.select("siren_adherent", autre="id_remontee", debut="periode_debut")
    first = (
        spoken.join(before, on="siren_adherent")
        .filter(pl.col("autre") <= pl.col("id_remontee"))
        .group_by(RETURN)
        .agg(depuis=pl.col("debut").min())
    )
    rows = (
        view.upright["contrats"]
        .join(first, on=RETURN, maintain_order="left")
        .filter(pl.col("date_debut") > pl.col("depuis"))
    )

    child = rows.filter(pl.col("id_contrat_parent").is_not_null()).select(*TRACE, "id_contrat_parent")
    parents = own.select(*RETURN, id_contrat_parent="id_contrat")
    alone = child.join(parents, on=[*RETURN, "id_contrat_parent"], how="anti", maintain_order="left")
    known = view.seen(alone.rename({"id_contrat_parent": "id_contrat"}), "contrats", ("id_contrat",))
    alone = alone.join(known, on=TRACE, how="anti", maintain_order="left")

    stay = [*RETURN, *_STAY]
    later = rows.filter(pl.col("id_contrat_parent").is_null() & (pl.col("rang") > 0)).select(
        *TRACE, *_STAY, "date_debut"
    )
    beside = later.join(own.select(*stay, date_debut_autre="date_debut"), on=stay)
    later = later.join(beside.filter(_began_before()), on=TRACE, how="anti", maintain_order="left")
    beside = view.seen(later, "contrats", _STAY, ("date_debut",))
    later = later.join(beside.filter(_began_before()), on=TRACE, how="anti", maintain_order="left")
    return [
        remarks(alone, "contrats", "id_contrat_parent", "contrat_parent_inconnu"),
        remarks(later, "contrats", "rang", "renouvellement_sans_origine"),
    ]


def _began_before() -> pl.Expr:
    return pl.col("date_debut_autre") < pl.col("date_debut")


def _not_repeated(view: View) -> pl.DataFrame:
    """Contracts open at the end of the member's period before, of which the return says nothing more."""
    mine = view.own.filter(nom_table="contrats").select(*RETURN, "periode_debut")
    earlier = view.deliveries.filter(nom_table="contrats").select(
        "siren_adherent", "periode_fin", "remplacee_par", "periode", id_autre="id_remontee"
    )
    before = (
        mine.join(earlier, on="siren_adherent")
        .filter(in_force_for("id_autre", "id_remontee"), pl.col("periode_fin") < pl.col("periode_debut"))
        .filter(pl.col("periode_fin") == pl.col("periode_fin").max().over(RETURN))
    )
    if before.is_empty():
        return no_remarks()
    rows = view.lines("contrats").select("siren_adherent", "id_contrat", *_CONTRACT_DATES[1:], id_autre="id_remontee")
    stated = before.join(rows, on=["siren_adherent", "id_autre"]).sort("id_autre")
    stated = stated.unique([*RETURN, "id_contrat"], keep="last", maintain_order=True)
    expected = (_stated("date_fin_prevue") > pl.col("periode_fin")).fill_null(True)
    still_open = stated.filter(_stated("date_fin_reelle").is_null() & expected)
    judged = view.ground.verdicts["contrats"]
    named = pl.concat([judged.accepted, judged.quarantined]).select(*RETURN, "id_contrat")
    counted = (
        still_open.join(named, on=[*RETURN, "id_contrat"], how="anti")
        .group_by(RETURN)
        .agg(precision=pl.format("{} (période {})", pl.len(), pl.col("periode").first()))
    )
    return remarks(counted, "contrats", "", "contrats_non_repetes")


def _taken_away(view: View) -> pl.DataFrame:
    """Rows already accepted, of other tables or periods, whose reference goes with the return that is replaced."""
    judged = view.ground.carried["id_remontee"].unique().implode()
    replaced = view.deliveries.filter(pl.col("remplacee_par").is_in(judged), pl.col("nom_table").is_in(_PARENTS))
    if replaced.is_empty():
        return no_remarks()
    concerned = replaced["siren_adherent"].unique().implode()
    lost: dict[str, pl.DataFrame] = {}
    found = [no_remarks()]
    for contract in RETURN_TABLES:
        lines = view.lines(contract.table).filter(pl.col("siren_adherent").is_in(concerned))
        orphans = [
            _in_force_then(lines.join(lost[reference.table], on=["siren_adherent", *reference.columns]))
            .with_columns(parent=pl.lit(reference.table))
            for reference in contract.references
        ]  # fmt: skip
        orphaned = pl.concat(orphans, how="diagonal") if orphans else lines.clear().with_columns(
            correction=pl.lit(""), parent=pl.lit("")
        )  # fmt: skip
        orphaned = orphaned.unique([*TRACE, "correction"], keep="first", maintain_order=True)
        counted = orphaned.group_by("siren_adherent", "correction", "parent").len().sort(pl.all())
        for siren, correction, parent, count in counted.iter_rows():
            what = f"{count} ligne{'s' * (count > 1)} de « {contract.table} »"
            told = (siren, correction, None, parent, None, "lignes_orphelines", what, parent)
            found.append(pl.DataFrame([told], schema=REMARK, orient="row"))
        if contract.table in _PARENTS:
            keys = ["siren_adherent", *_key_referred_to(contract.table)]
            pairs = replaced.filter(nom_table=contract.table).select(*RETURN, correction="remplacee_par")
            gone = pl.concat([lines.join(pairs, on=RETURN).select(*keys, "correction"),
                              orphaned.select(*keys, "correction")]).unique()  # fmt: skip
            beside = lines.join(gone, on=keys)
            still = pl.concat([_in_force_then(beside), beside.filter(pl.col("id_remontee") == pl.col("correction"))])
            still = still.join(orphaned, on=[*TRACE, "correction"], how="anti")
            lost[contract.table] = gone.join(still, on=[*keys, "correction"], how="anti")
    return pl.concat(found)


def _in_force_then(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(in_force_for("id_remontee", "correction"))


def _key_referred_to(table: str) -> tuple[str, ...]:
    return next(r.columns for contract in RETURN_TABLES for r in contract.references if r.table == table)
