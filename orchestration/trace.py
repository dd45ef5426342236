"""From a published figure back to the rows it is made of, and from a return to the figures it feeds.

Here: the questions asked of a release (`lineage_row`, `bridge_coverage`…) and of the lake (superseded rows), as data.
Not here: what counts in a measure (`dbt_project/macros/countings.sql`), what was believed when
(`returns/history.py`), the words (`trace_text.py`). Internal use: names of members, rows of persons under pseudonym.
"""

import re
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime

import duckdb
import polars as pl

from contracts import CONTRACTS, FIELDS
from orchestration import releases
from orchestration.resources import INTERNAL_DB, SettingError, Storage
from orchestration.returns import history

#: Measures that are not sums over rows of returns, but that such rows decide: the measure whose rows do.
_DECIDED_BY = {"epcis_covered": "cooperations_in_force", "people_with_monthly_hours": "monthly_hours"}
#: Of the whole of an EPCI, be it in several territories.
_BY_EPCI = "epcis_covered"
#: Rows that do not count by themselves but place, describe or decide the row `r` that does: by table, how `s` is found.
_SUPPORT = {
    "structures": "marts.dim_structure as s on r.structure_id = s.structure_id",
    # The entry of a pathway is the earliest that the member states, under any of its numbers of the person.
    "salaries": """marts.dim_person as o
        on r.member_siren = o.member_siren and r.member_person_id = o.member_person_id
        inner join marts.dim_person as s
        on o.member_siren = s.member_siren and o.person_id = s.person_id and (
            o.member_person_id = s.member_person_id or r.measure like 'exits%' or r.measure = 'pathways_begun'
        )""",
    "contrats": "marts.fct_contract as s on r.other_contract_key = s.contract_key",
    "sorties": "marts.fct_exit as s on r.exit_key = s.exit_key and s.is_returned",
    "annexes_financieres": """(
            select e.exit_key, a.member_siren, e.annex_return_id as return_id, e.annex_line_number as line_number
            from marts.fct_exit as e
            inner join (select distinct member_siren, return_id from marts.fct_return) as a
                on e.annex_return_id = a.return_id
        ) as s on r.exit_key = s.exit_key and r.measure in ('exits_with_target', 'exits_dynamic_over_target')""",
    "heures": """marts.fct_contract as c
        on r.measure like 'exits%' and r.unit_id = c.person_id and r.structure_id = c.structure_id
        inner join (
            select h.*, o.member_siren
            from marts.fct_contract_month as h inner join marts.fct_contract as o on h.contract_key = o.contract_key
        ) as s on c.contract_key = s.contract_key""",
}
#: Columns that no measure or breakdown reads, or some only: a correction of nothing else changes no other figure. What
#: is not listed is shown whatever the figure is.
_READ_BY = {
    "duree_hebdo": {"weekly_hours", "contracts_stating_hours", "contracts_full_time", "contracts_under_15h"},
    "salaire_brut": {"gross_pay", "smic_pay", "paid_months", "months_below_smic"},
    "code_rome": {"rome_domain"},
    "naf": {f"births_observable_{months}m_same_sections" for months in (12, 24, 36)},
    "commune_travail": {"contracts_with_home_work_km"},
    "remuneration_brute_mensuelle": set(), "part_etp": set(), "denomination": set(), "intitule": set(),
}  # fmt: skip
#: First and last day of a row, in the order they are looked for: does it touch a period at all?
_STARTS = ("date_debut", "mois", "date_sortie")
_ENDS = ("date_fin_reelle", "date_fin", "date_fin_prevue", "mois", "date_sortie")


@dataclass(frozen=True)
class Cell:
    """The key of one row of `fct_territory_metric`."""

    metric: str
    level: str
    code: str
    period: str
    period_type: str = "rolling_year"
    basis: str = "structure"
    breakdown: str = "all"
    category: str = "all"


def open_release(storage: Storage, release_id: str | None = None) -> duckdb.DuckDBPyConnection:
    """The internal database of a release (the current one by default), read-only."""
    chosen = release_id or releases.current_id(storage)
    known = [release.id for release in releases.listed(storage)]
    if chosen not in known:
        raise SettingError(
            f"no release {chosen or 'yet'}; there are: {', '.join(known) or 'none (territoires refresh)'}"
        )
    db = duckdb.connect(str(storage.releases / chosen / INTERNAL_DB), read_only=True)
    if not db.execute("select 1 from duckdb_views() where view_name = 'lineage_row'").fetchone():
        raise SettingError(f"release {chosen} was made before figures could be traced: territoires refresh --force")
    return db


def figure(db: duckdb.DuckDBPyConnection, cell: Cell) -> dict:
    """The figure, with what `dim_metric` and `dim_period` say of it; raises SettingError when there is none."""
    found = _dicts(
        db,
        """
        select f.*, m.* exclude (metric), p.start_date, p.end_date, p.years, p.period_type_label
        from marts.fct_territory_metric as f
        inner join marts.dim_metric as m on f.metric = m.metric
        inner join marts.dim_period as p on f.period_type = p.period_type and f.period = p.period
        where f.metric = $metric and f.territory_level = $level and f.territory_code = $code and f.period = $period
            and f.period_type = $period_type and f.basis = $basis and f.breakdown = $breakdown
            and f.category = $category
        """,
        asdict(cell),
    )
    if not found:
        raise SettingError(_absent(db, cell))
    return found[0]


def sides(db: duckdb.DuckDBPyConnection, cell: Cell, shown: dict) -> list[dict]:
    """The figures that a gap compares, women's then men's: category, value, ci_low, ci_high, people_count,
    structure_count; none for other figures."""
    return _dicts(
        db,
        """
        select category, value, ci_low, ci_high, people_count, structure_count
        from marts.fct_territory_metric
        where metric = $compared and territory_level = $level and territory_code = $code and period = $period
            and period_type = $period_type and basis = $basis and breakdown = 'sex' and category in ('F', 'H')
        order by category
        """,
        _only(cell, "level", "code", "period", "period_type", "basis") | {"compared": shown["compared_metric"]},
    )


def _absent(db: duckdb.DuckDBPyConnection, cell: Cell) -> str:
    """Which part of the key no figure has, and what there is instead."""
    parts = {
        "metric": "metric", "level": "territory_level", "code": "territory_code", "period": "period",
        "period_type": "period_type", "basis": "basis", "breakdown": "breakdown", "category": "category",
    }  # fmt: skip
    condition, values = "true", []
    for option, column in parts.items():
        asked = getattr(cell, option)
        offered = db.execute(
            f"select distinct {column} from marts.fct_territory_metric where {condition} order by 1", values
        ).fetchall()
        if (asked,) not in offered:
            shown = ", ".join(str(value) for (value,) in offered[:100])
            if len(offered) > 100:
                shown += f"… ({len(offered):,} in all)"
            return f"no figure with --{option.replace('_', '-')} {asked}; there are: {shown}"
        condition, values = f"{condition} and {column} = ?", [*values, asked]
    return "no such figure"


def rows(db: duckdb.DuckDBPyConnection, cell: Cell, shown: dict) -> pl.DataFrame:
    """The rows that count in the figure, exactly: columns of `lineage_row` and `role` (numerator, denominator, or
    counted: the people and structures, or the durations of a distribution)."""
    frames = []
    # Whatever ends a wait, it was at risk of every destination.
    by_category = cell.breakdown not in ("all", "destination")
    for role in ("numerator", "denominator", "counted"):
        measure = shown[f"{role}_measure"]
        told_already = role == "counted" and measure in (shown["numerator_measure"], shown["denominator_measure"])
        if measure and not told_already:
            frames.append(
                db.execute(
                    f"""
                    select $role as role, r.*
                    from marts.lineage_row as r
                    inner join marts.bridge_coverage as c
                        on r.member_siren = c.member_siren and r.period_type = c.period_type and r.period = c.period
                    where r.measure = $measure and r.period = $period and r.period_type = $period_type
                        and c.coverage_set = $coverage_set
                        and r.{cell.basis}_commune_code in ({_communes(measure)})
                        {f"and r.{cell.breakdown} = $category" if by_category else ""}
                    order by r.member_siren, r.table_name, r.return_id, r.line_number, r.event_date
                    """,
                    _only(cell, "level", "code", "period", "period_type")
                    | {"role": role, "measure": _DECIDED_BY.get(measure, measure)}
                    | {"coverage_set": shown["coverage_set"]}
                    | ({"category": cell.category} if by_category else {}),
                ).pl()
            )
    if not frames:
        return db.execute("select '' as role, * from marts.lineage_row limit 0").pl()
    return pl.concat(frames)


def _communes(measure: str = "") -> str:
    """Communes of the territory; for its EPCI, all the communes of each EPCI that lies in it, even in part."""
    inside = "select commune_code from marts.bridge_territory where territory_level = $level and territory_code = $code"
    if measure != _BY_EPCI:
        return inside
    return f"""
        select commune_code from marts.bridge_territory
        where territory_level = 'epci' and territory_code not in ('unknown', 'ZZZZZZZZZ') and territory_code in (
            select territory_code from marts.bridge_territory
            where territory_level = 'epci' and commune_code in ({inside})
        )"""


def total(db: duckdb.DuckDBPyConnection, shown: dict, found: pl.DataFrame, role: str) -> float | None:
    """The numerator or denominator again, from the rows alone; None when it does not come from rows of returns."""
    if shown["formula"] in ("distribution", "gap") or not shown[f"{role}_measure"]:
        return None
    if shown[f"{role}_of"] == "period" and shown[role] is None:
        return None
    of, mine = shown[f"{role}_of"], found.filter(pl.col("role") == role)
    if of == "territory":
        if shown[f"{role}_measure"] != _BY_EPCI:
            return None
        codes = mine["structure_commune_code"].unique().to_list()
        sql = "select count(distinct territory_code) from marts.bridge_territory where territory_level = 'epci'"
        return float(db.execute(f"{sql} and commune_code in (select unnest($codes))", {"codes": codes}).fetchone()[0])
    value = {
        "sum": mine["value"].sum,
        "sum_per_year": lambda: mine["value"].sum() / shown["years"],
        "units": lambda: mine["unit_id"].drop_nulls().n_unique(),
        "structures": lambda: mine["structure_id"].drop_nulls().n_unique(),
        "period": lambda: shown["years"],
    }[of]()
    return value / shown["scale"] if role == "denominator" else float(value)


def members(db: duckdb.DuckDBPyConnection, cell: Cell, shown: dict) -> list[dict]:
    """Members with a structure there in the period, and whether their returns cover it."""
    return _dicts(
        db,
        f"""
        select s.member_siren, min(m.member_name) as member_name, count(distinct s.structure_id) as structure_count,
            bool_or(c.member_siren is not null) as covers
        from marts.dim_structure as s
        left join marts.dim_member as m on s.member_siren = m.member_siren
        left join marts.bridge_coverage as c
            on s.member_siren = c.member_siren and c.coverage_set = $coverage_set
            and c.period = $period and c.period_type = $period_type
        where s.commune_code in ({_communes()})
            and coalesce(s.start_date, $start) <= $end and coalesce(s.end_date, $end) >= $start
        group by s.member_siren
        order by covers desc, s.member_siren
        """,
        _only(cell, "level", "code", "period", "period_type")
        | {"coverage_set": shown["coverage_set"], "start": shown["start_date"], "end": shown["end_date"]},
    )


def sources(db: duckdb.DuckDBPyConnection, found: pl.DataFrame) -> pl.DataFrame:
    """Every row of a return behind the rows that count, once: member_siren, table_name, return_id, line_number, counts
    (false: it only places, describes or decides)."""
    db.register("counted_rows", found)
    supports = " union all ".join(
        f"select s.member_siren, '{table}', s.return_id, s.line_number, false from counted_rows as r inner join {join}"
        for table, join in _SUPPORT.items()
    )
    return db.execute(
        f"""
        select member_siren, table_name, return_id, line_number, bool_or(counts) as counts
        from (
            select member_siren, table_name, return_id, line_number, true as counts from counted_rows
            union all {supports}
        )
        where return_id is not null
        group by all
        order by all
        """
    ).pl()


def returns(db: duckdb.DuckDBPyConnection, behind: pl.DataFrame, as_of: datetime | None = None) -> list[dict]:
    """The returns those rows come from, and every other one received for the same member, table and period: in force,
    superseded (valid_from, valid_to) or not kept. `as_of`: only what had been received, and what was in force then."""
    db.register("source_rows", behind)
    moment = as_of or datetime.max
    return _dicts(
        db,
        """
        with used as (
            select member_siren, table_name, return_id, count(*) as row_count, count(*) filter (where counts) as counted
            from source_rows
            group by all
        )
        select r.* exclude (is_in_force),
            r.is_kept and r.valid_from <= $moment and coalesce(r.valid_to > $moment, true) as is_in_force,
            m.member_name,
            coalesce(u.row_count, 0) as source_rows, coalesce(u.counted, 0) as counted_rows
        from marts.fct_return as r
        left join used as u
            on r.member_siren = u.member_siren and r.table_name = u.table_name and r.return_id = u.return_id
        left join marts.dim_member as m on r.member_siren = m.member_siren
        where r.received_at <= $moment and (r.member_siren, r.table_name, r.period_as_sent) in (
            select (f.member_siren, f.table_name, f.period_as_sent)
            from marts.fct_return as f
            inner join used as w
                on f.member_siren = w.member_siren and f.table_name = w.table_name and f.return_id = w.return_id
        )
        order by r.member_siren, r.period_start, r.received_at, r.table_name
        """,
        {"moment": moment},
    )


def broken_rules(storage: Storage, involved: list[dict]) -> list[dict]:
    """Anomalies of those returns and tables, by rule: member_siren, table_name, rule, is_warning, count."""
    used = {(row["member_siren"], row["return_id"], row["table_name"]) for row in involved}
    frames = [
        pl.read_parquet(path)
        for siren in sorted({siren for siren, _, _ in used})
        if (path := storage.member_file("anomalies", siren)).exists()
    ]
    if not frames:
        return []
    keys = pl.DataFrame(sorted(used), schema=["siren_adherent", "id_remontee", "nom_table"], orient="row")
    return (
        pl.concat(frames)
        .join(keys, on=["siren_adherent", "id_remontee", "nom_table"])
        .group_by(
            member_siren="siren_adherent", return_id="id_remontee", table_name="nom_table", rule="regle",
            is_warning=pl.col("gravite") == "avertissement", message="message",
        )
        .agg(count=pl.len())
        .sort("member_siren", "return_id", "table_name", "rule", "message")
        .to_dicts()
    )  # fmt: skip


def corrections(
    db: duckdb.DuckDBPyConnection,
    storage: Storage,
    cell: Cell,
    shown: dict,
    behind: pl.DataFrame,
    as_of: datetime | None = None,
) -> list[dict]:
    """What corrections changed among the rows behind the figure, or that would be: `history.changes` of the members and
    tables concerned, where the row counts today or, before or after, touches the period there."""
    used = set(behind.select("member_siren", "return_id", "table_name", "line_number").iter_rows())
    places = dict(db.execute("select structure_id, commune_code from marts.dim_structure").fetchall())
    inside = {code for (code,) in db.execute(_communes(), _only(cell, "level", "code")).fetchall()}
    found = []
    for siren, table in behind.select("member_siren", "table_name").unique().sort(pl.all()).iter_rows():
        structure_of = _structures(storage, siren) if table == "heures" else {}

        def concerns(row: dict | None, table=table, siren=siren, structure_of=structure_of) -> bool:
            if row is None:
                return False
            if (siren, row["id_remontee"], table, row["ligne"]) in used:
                return True
            start = next((row[name] for name in _STARTS if row.get(name)), None)
            end = next((row[name] for name in _ENDS if row.get(name)), date.max)
            if start is None or start > shown["end_date"] or end < shown["start_date"]:
                return False
            structure = structure_of.get(row.get("id_contrat")) or f"{row.get('siret')}-{row.get('type_structure')}"
            if cell.breakdown == "kind" and not structure.endswith(f"-{cell.category}"):
                return False
            place = row.get("commune") or places.get(structure)
            return cell.basis == "residence" or place is None or place in inside

        for change in history.changes(storage, siren, table):
            received = as_of is None or change["moment"] <= as_of
            is_read = _is_read(change, shown, cell.breakdown)
            if received and is_read and (concerns(change["avant"]) or concerns(change["apres"])):
                found.append(change)
    return sorted(found, key=lambda change: (change["moment"], change["siren"], change["table"]))


def _is_read(change: dict, shown: dict, breakdown: str) -> bool:
    """False when only columns have changed that neither the figure's measures nor its breakdown read."""
    before, after = change["avant"], change["apres"]
    if before is None or after is None:
        return True
    measures = {shown[f"{role}_measure"] for role in ("numerator", "denominator", "counted")} | {breakdown}
    differing = [name for name in CONTRACTS["returns", change["table"]].columns if before[name] != after[name]]
    return any(name not in _READ_BY or _READ_BY[name] & measures for name in differing)


def _structures(storage: Storage, siren: str) -> dict[str, str]:
    """Structure of each contract the member ever sent."""
    path = storage.member_file("contrats", siren)
    kept = pl.read_parquet(path, columns=["id_contrat", "siret", "type_structure"])
    return {contract: f"{siret}-{kind}" for contract, siret, kind in kept.iter_rows()}


def believed(storage: Storage, behind: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """The rows believed at that moment for the keys behind the figure, one row each: member_siren, table_name,
    return_id, line_number."""
    frames = []
    for (siren, table), group in behind.group_by("member_siren", "table_name", maintain_order=True):
        key = list(CONTRACTS["returns", table].key)
        known = history.versions(storage, siren, table)
        rows_of_today = group.select(id_remontee="return_id", ligne="line_number")
        today = known.join(rows_of_today, on=["id_remontee", "ligne"])
        then = known.filter(pl.col("cru_du") <= as_of, pl.col("cru_au").is_null() | (pl.col("cru_au") > as_of))
        frames.append(
            then.join(today.select(key).unique(), on=key, nulls_equal=True).select(
                member_siren="siren_adherent", table_name=pl.lit(table), return_id="id_remontee", line_number="ligne"
            )
        )
    return pl.concat(frames) if frames else behind.drop("counts")


def content(storage: Storage, table: str, siren: str, wanted: pl.DataFrame) -> dict[tuple[str, int], dict]:
    """(return, line) -> the row as the lake holds it, without the trace columns; personal columns other than the
    pseudonym of the person are left out."""
    path = storage.member_file(table, siren)
    if not path.exists():
        return {}
    held = pl.read_parquet(path).join(
        wanted.select("return_id", "line_number").unique(),
        left_on=["id_remontee", "ligne"],
        right_on=["return_id", "line_number"],
    )
    return {(row["id_remontee"], row["ligne"]): readable(row) for row in held.iter_rows(named=True)}


def readable(row: dict) -> dict:
    """What may be shown of a row: the columns filled; the person's pseudonym shortened, other personal columns not."""
    kept = {name: value for name, value in row.items() if name in FIELDS and value is not None}
    kept = {name: value for name, value in kept.items() if name not in ("siren_adherent", "id_remontee", "ligne")}
    return {
        name: f"{value[:8]}…" if name == "id_salarie" else value
        for name, value in kept.items()
        if name == "id_salarie" or not FIELDS[name].personal
    }


def figure_trace(
    storage: Storage, cell: Cell, release_id: str | None = None, limit: int = 10, as_of: datetime | None = None
) -> dict:
    """All that is known of one figure, ready for words or JSON. `limit`: how many source rows are given in full.

    `as_of`: the figure too is that of then, if a release of then is still there; `is_figure_of_then` says whether.
    """
    then = releases.of_then(storage, as_of) if as_of else None
    release_id = release_id or then or releases.current_id(storage)
    with open_release(storage, release_id) as db:
        shown = figure(db, cell)
        counted = rows(db, cell, shown)
        behind = sources(db, counted)
        involved = returns(db, behind, as_of)
        again = {role: total(db, shown, counted, role) for role in ("numerator", "denominator")}
        facts = {
            "release": release_id,
            "is_figure_of_then": as_of is None or release_id == then,
            "figure": shown,
            "sides": sides(db, cell, shown),
            "check": {
                role: {"published": shown[role], "from_rows": value, "same": _same(shown[role], value)}
                for role, value in again.items()
                if value is not None
            },
            "members": members(db, cell, shown),
            "returns": involved,
            "corrections": corrections(db, storage, cell, shown, behind, as_of),
        }
    in_force = [row for row in involved if row["is_in_force"]]
    source = behind if as_of is None else believed(storage, behind, as_of)
    return facts | {
        "as_of": as_of,
        "rules": broken_rules(storage, in_force),
        "counted_row_count": counted.height,
        "source_row_count": source.height,
        "rows": _shown_rows(storage, counted, source, limit, as_of),
    }


def _same(published: float | None, again: float) -> bool:
    """An empty figure is made of no row."""
    return abs((published or 0.0) - again) <= 1e-6 * max(1.0, abs(again))


def _shown_rows(storage: Storage, counted: pl.DataFrame, source: pl.DataFrame, limit: int, as_of) -> list[dict]:
    """The first source rows that count, with what they bring; as of a date, the rows believed then."""
    where = ["member_siren", "table_name", "return_id", "line_number"]
    if as_of is None:
        chosen = (
            counted.group_by(where, maintain_order=True)
            .agg(brings=pl.struct("role", "measure", "value", "observed_value", "is_event"))
            .head(limit)
        )
    else:
        tables = counted["table_name"].unique().to_list()
        chosen = source.filter(pl.col("table_name").is_in(tables)).with_columns(brings=pl.lit([])).head(limit)
    found = []
    for (siren, table), group in chosen.group_by("member_siren", "table_name", maintain_order=True):
        held = content(storage, table, siren, group) if table else {}
        for row in group.iter_rows(named=True):
            found.append(row | {"row": held.get((row["return_id"], row["line_number"]))})
    return found


def return_trace(storage: Storage, return_id: str, release_id: str | None = None) -> dict:
    """What one return feeds in a release: metrics and periods at the level France, the territories its rows lie in."""
    with open_release(storage, release_id) as db:
        tables = _dicts(db, "select * from marts.fct_return where return_id = $id order by all", {"id": return_id})
        if not tables:
            raise SettingError(f"no return {return_id} in release {release_id or 'current'} (see the receipts)")
        supports = " union all ".join(
            f"select r.* from mine as r inner join {join} where s.return_id = $id" for join in _SUPPORT.values()
        )
        db.execute(
            f"""
            create temporary table fed as
            with mine as (
                select measure, period_type, period, member_siren, structure_id, unit_id, member_person_id,
                    structure_commune_code, return_id, other_contract_key, exit_key
                from marts.lineage_row  -- of every member: a contract of this one may end a transition of another
            )
            select distinct measure, period_type, period, member_siren, structure_commune_code
            from (select * from mine where return_id = $id union all {supports})
            """,
            {"id": return_id},
        )
        decided = ", ".join(f"('{measure}', '{rows_of}')" for measure, rows_of in _DECIDED_BY.items())
        figures = f"""
            from fed as f
            inner join marts.bridge_coverage as c
                on f.member_siren = c.member_siren and f.period_type = c.period_type and f.period = c.period
            left join (values {decided}) as d (measure, rows_of) on f.measure = d.rows_of
            inner join marts.dim_metric as m
                on m.coverage_set = c.coverage_set and (
                    f.measure in (m.numerator_measure, m.denominator_measure, m.counted_measure)
                    or d.measure in (m.numerator_measure, m.counted_measure)
                )
        """
        return {
            "return_id": return_id,
            "release": release_id or releases.current_id(storage),
            "tables": tables,
            "figures": _dicts(
                db,
                f"select distinct m.metric, m.label_fr, f.period_type, f.period, 'france' as territory_level, "
                f"'FR' as territory_code {figures} order by all",
            ),
            "territories": _dicts(
                db,
                f"select distinct t.territory_level, t.territory_code {figures} inner join marts.bridge_territory as t "
                "on f.structure_commune_code = t.commune_code order by all",
            ),
        }


def period_named(text: str) -> str:
    """2025-Q3 for 2025-Q3, 2025T3, 2025-T3…"""
    match = re.fullmatch(r"(\d{4})-?[QT]([1-4])", text.strip().upper())
    if not match:
        raise SettingError(f"--period {text}: write it as 2025-Q3 (with --period-type quarter or rolling_year)")
    return f"{match[1]}-Q{match[2]}"


def moment_named(text: str) -> datetime:
    """The end of a day (2025-11-03) or a moment (2025-11-03T14:00), UTC."""
    try:
        if len(text) == len("2025-11-03"):
            return datetime.combine(date.fromisoformat(text), datetime.max.time())
        moment = datetime.fromisoformat(text)
        return (moment.astimezone(UTC) if moment.tzinfo else moment).replace(tzinfo=None)
    except ValueError:
        raise SettingError(f"--as-of {text}: write a date (2025-11-03) or a moment (2025-11-03T14:00)") from None


def _only(cell: Cell, *names: str) -> dict:
    return {name: getattr(cell, name) for name in names}


def _dicts(db: duckdb.DuckDBPyConnection, sql: str, values: dict | None = None) -> list[dict]:
    return db.execute(sql, values or {}).pl().to_dicts()
