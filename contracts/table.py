"""What a contract is: the shape of one table, built on a Pandera schema, and the judgement of a frame by it.

Here: `contract(...)` (declaration), `validate(...)` (judgement), `Verdict`. Not here: any particular table.
"""

from dataclasses import dataclass
from functools import cached_property

import pandera.polars as pa
import polars as pl
from pandera.errors import SchemaErrors

from contracts.codes import code_labels, commune_codes, naf_divisions
from contracts.fields import FIELDS, Field
from contracts.parsing import KINDS, SPREADSHEET_ERRORS, cleaned, parsed, polars_type, repaired
from contracts.rules import RULES

#: Columns that trace a row back to its return; they lead every table that members send.
TRACE = ("siren_adherent", "id_remontee", "ligne")
#: Facts of the return that row rules may use; they do not enter the lake with the rows.
CONTEXT = {"date_extraction": pl.Date(), "periode_fin": pl.Date()}


@dataclass(frozen=True)
class Reference:
    """`columns` must be found, together, in the accepted rows of `table` of the same member."""

    columns: tuple[str, ...]
    table: str


@dataclass(frozen=True)
class RowRule:
    """`holds` is true on a good row (null counts as good); `column` is the one shown to the member."""

    code: str
    column: str
    holds: pl.Expr


@dataclass(frozen=True)
class Contract:
    """The shape of one table. `trace` columns come first, then `columns` in the order members know."""

    schema_name: str
    table: str
    description_fr: str
    trace: tuple[str, ...]
    columns: tuple[str, ...]
    mandatory: frozenset[str]
    key: tuple[str, ...]
    references: tuple[Reference, ...]
    schema: pa.DataFrameSchema

    @cached_property
    def polars_schema(self) -> dict[str, pl.DataType]:
        """Column -> type of the accepted table."""
        return {name: polars_type(FIELDS[name]) for name in (*self.trace, *self.columns)}

    @cached_property
    def empty(self) -> pl.DataFrame:
        """A frame of this shape without rows."""
        return pl.DataFrame(schema=self.polars_schema)


@dataclass(frozen=True)
class Verdict:
    """Every row of the judged frame is in exactly one of `accepted`, `quarantined`, `folded` (same columns each).

    `failures`: one row per broken rule and cell: `row` (position in the judged frame), trace columns, `colonne`,
    `regle`, `valeur` (the text as received).
    `repairs`: one row per cell that was harmlessly wrong and is right now: `row`, trace columns, `colonne`,
    `reparation` (a code of `contracts.repairs.REPAIRS`), whatever became of the row.
    """

    accepted: pl.DataFrame
    quarantined: pl.DataFrame
    folded: pl.DataFrame
    failures: pl.DataFrame
    repairs: pl.DataFrame


def contract(
    schema_name: str,
    table: str,
    description_fr: str,
    *,
    columns: str,
    key: str,
    references: tuple[Reference, ...] = (),
    rows: tuple[RowRule, ...] = (),
    from_member: bool = True,
    has_line: bool = True,
) -> Contract:
    """Declares a table. `columns` are names of `FIELDS` in the order of the layout; a star marks the mandatory ones."""
    trace = tuple(c for c in TRACE if c != "ligne" or has_line) if from_member else ()
    names = tuple(name.rstrip("*") for name in columns.split())
    mandatory = frozenset(name.rstrip("*") for name in columns.split() if name.endswith("*"))
    fields = [FIELDS[name] for name in (*trace, *names)]
    schema = pa.DataFrameSchema(
        {
            f.name: pa.Column(polars_type(f), _checks(f, from_member), nullable=f.name not in {*mandatory, *trace})
            for f in fields
        },
        checks=[pa.Check(_row_check(rule), name=f"{rule.code}:{rule.column}") for rule in rows],
    )
    return Contract(schema_name, table, description_fr, trace, names, mandatory, tuple(key.split()), references, schema)


#: kind -> (rule broken by a code of the right shape that nothing bears, how codes are looked up)
_KNOWN = {
    "commune": ("commune_inconnue", lambda code: code.is_in(commune_codes())),
    "naf": ("naf_inconnu", lambda code: code.str.slice(0, 2).is_in(naf_divisions())),
}


def _checks(field: Field, from_member: bool) -> list[pa.Check]:
    """Range of a column, or the codes of a nomenclature; those of a code list are settled when the text is read.

    A reference table says which codes there are: it is not held against those that are known.
    """
    if field.kind in _KNOWN and from_member:
        rule, is_known = _KNOWN[field.kind]
        return [pa.Check(lambda data: data.lazyframe.select(is_known(pl.col(data.key)).fill_null(True)), name=rule)]
    if field.low is None and field.high is None:
        return []

    def plausible(data) -> pl.LazyFrame:
        value = pl.col(data.key)
        return data.lazyframe.select(
            (value >= (field.low if field.low is not None else value))
            & (value <= (field.high if field.high is not None else value))
        ).fill_null(True)

    return [pa.Check(plausible, name="valeur_improbable")]


def _row_check(rule: RowRule):
    return lambda data: data.lazyframe.select(rule.holds.fill_null(True))


def validate(frame: pl.DataFrame, contract: Contract) -> Verdict:
    """Judges every row of `frame` by `contract`.

    `frame`: text columns as received (missing optional columns are null; unknown ones are dropped), with the
    contract's trace columns and, when row rules need them, the columns of CONTEXT. Typed columns are taken as they are.
    """
    received = cleaned(frame).with_columns(
        [pl.lit(None, pl.String).alias(c) for c in contract.columns if c not in frame.columns]
        + [pl.lit(None, dtype).alias(c) for c, dtype in CONTEXT.items() if c not in (*frame.columns, *contract.columns)]
    )
    typed, unread, repairs = _typed(received, contract)
    broken = pl.concat([unread, _broken_rules(typed, contract)])
    broken = _without_echo(broken)
    good = typed.filter(~pl.col("row").is_in(broken["row"].implode()))
    folded, doubled = _repeated(good, contract)
    broken = pl.concat([broken, doubled])

    columns = list(contract.polars_schema)
    bad, again = broken["row"].implode(), folded["row"].implode()
    texts = (
        received.with_row_index("row")
        .filter(pl.col("row").is_in(bad))
        .select("row", pl.col([c for c in contract.columns if c in received.columns]).cast(pl.String))
        .unpivot(index="row", variable_name="colonne", value_name="valeur")
    )
    failures = (
        broken.join(texts, on=["row", "colonne"], how="left")
        .join(typed.select("row", *contract.trace), on="row", how="left")
        .sort("row", "colonne", "regle")
    )
    return Verdict(
        accepted=typed.filter(~pl.col("row").is_in(bad) & ~pl.col("row").is_in(again)).select(columns),
        quarantined=typed.filter(pl.col("row").is_in(bad)).select(columns),
        folded=folded.select(columns),
        failures=failures,
        repairs=repairs.join(typed.select("row", *contract.trace), on="row", how="left", maintain_order="left"),
    )


_BROKEN = {"row": pl.UInt32, "colonne": pl.String, "regle": pl.String}
_REPAIRED = {"row": pl.UInt32, "colonne": pl.String, "reparation": pl.String}


def _typed(received: pl.DataFrame, contract: Contract) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The frame with every column of the contract as its kind, the cells that could not be read, and those repaired."""
    typed, unread, mended = received.with_row_index("row"), [], []
    for name in contract.columns:
        text = received[name]
        if text.dtype == polars_type(FIELDS[name]) != pl.String:
            continue
        if FIELDS[name].kind in ("text", "identifier"):  # anything is text, but for what a broken formula shows
            lost = typed.filter(text.is_in(SPREADSHEET_ERRORS))
            if lost.height:
                unread.append(lost.select("row", colonne=pl.lit(name), regle=pl.lit("erreur_de_tableur")))
            continue
        values = parsed(text.cast(pl.String), FIELDS[name]).alias(name)
        lost = typed.filter(text.is_not_null() & values.is_null())
        if lost.height:
            rule = KINDS[FIELDS[name].kind][1]
            unread.append(lost.select("row", colonne=pl.lit(name), regle=pl.lit(rule)))
        mended.append(repaired(text.cast(pl.String), values, FIELDS[name]).with_columns(colonne=pl.lit(name)))
        typed = typed.with_columns(values)
    found = pl.concat([pl.DataFrame(schema=_REPAIRED), *(cells.select(list(_REPAIRED)) for cells in mended)])
    return typed, pl.concat([pl.DataFrame(schema=_BROKEN), *unread]), found


def _broken_rules(typed: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """What Pandera finds, one row per broken rule and row."""
    try:
        contract.schema.validate(typed, lazy=True)
    except SchemaErrors as errors:
        cases = errors.failure_cases
        if cases["index"].null_count():  # not about a row: the contract itself does not fit what the code handed over
            raise TypeError(f"{contract.table}: {cases.filter(pl.col('index').is_null())}") from errors
        rule = pl.col("check").replace("not_nullable", "valeur_absente").str.split(":")
        return cases.select(
            row=pl.col("index").cast(pl.UInt32),
            colonne=pl.coalesce(rule.list.get(1, null_on_oob=True), "column"),
            regle=rule.list.first(),
        )
    return pl.DataFrame(schema=_BROKEN)


def _without_echo(broken: pl.DataFrame) -> pl.DataFrame:
    """One reason per cell: a mandatory cell that cannot be read is not also reported as empty."""
    echo = (pl.col("regle") == "valeur_absente") & (pl.len().over("row", "colonne") > 1)
    return broken.unique(maintain_order=True).filter(~echo)


def _repeated(good: pl.DataFrame, contract: Contract) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of one return with the same key: exact repeats to fold, and those that contradict each other."""
    if not contract.key:
        return good.clear(), pl.DataFrame(schema=_BROKEN)
    scope = list(dict.fromkeys([*(c for c in contract.trace if c != "ligne"), *contract.key]))
    content = [c for c in contract.polars_schema if c != "ligne"]
    shared = good.filter(pl.struct(scope).is_duplicated()).with_columns(
        is_exact=pl.len().over(content) == pl.len().over(scope), rank=pl.int_range(pl.len()).over(scope)
    )
    conflict = shared.filter(~pl.col("is_exact"))
    rule = conflict.select("row", colonne=pl.lit(contract.key[0]), regle=pl.lit("cle_en_double"))
    return shared.filter(pl.col("is_exact") & (pl.col("rank") > 0)).select(good.columns), rule


def column_rules(contract: Contract) -> list[tuple[str, str]]:
    """(rule code, column) of the rules that hold on the value of one column."""
    columns = contract.schema.columns
    return [(check.name, name) for name in contract.columns for check in columns[name].checks]


def row_rules(contract: Contract) -> list[tuple[str, str]]:
    """(rule code, column it is shown on) of the rules that hold on a row."""
    return [tuple(check.name.split(":")) for check in contract.schema.checks]


def explanation(rule_code: str, column: str | None, allowed: str | None = None) -> tuple[str, str]:
    """Sentence and remedy of a rule for a column, in French."""
    rule = RULES[rule_code]
    field = FIELDS.get(column or "")
    values = {"label": field.label_fr if field else column or "", "allowed": allowed or _allowed(field)}
    return rule.sentence.format(**values), rule.remedy.format(**values)


def _allowed(field: Field | None) -> str:
    if field is None:
        return ""
    if field.code_list:
        return ", ".join(code_labels(field.code_list))
    bounds = (("au moins", field.low), ("au plus", field.high))
    return " et ".join(f"{side} {bound:,.0f}".replace(",", " ") for side, bound in bounds if bound is not None)
