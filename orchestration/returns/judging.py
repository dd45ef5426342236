"""Tables of all pending returns -> what is accepted, and the verdict of each return.

Here: one contract call per table over every pending return together, whose SIRET it is, control totals, how many
wrong rows are too many. Not here: a single cell or row (`contracts`), rows among others (`references.py`,
`identity.py`), files (`reading.py`, `publishing.py`). Pure but for reading the lake, so `territoires check` judges the
same way.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from math import isnan

import polars as pl

from contracts import FIELDS, RETURN_TABLES, Contract, Verdict, explanation, validate
from contracts.codes import parameter
from contracts.french import agreed
from contracts.repairs import REPAIRS
from contracts.table import CONTEXT, TRACE
from orchestration.resources import Keyring
from orchestration.returns import identity, references
from orchestration.returns.deposits import Deposit
from orchestration.returns.reading import Problem, Reading
from orchestration.returns.references import DELIVERY, FOLLOWS, RETURN, Ground, View

#: What a PASS IAE or a social-security number looks like; SIRETs, dates and amounts do not.
_PERSON_SHAPED = re.compile(r"^[A-Za-z0-9]{5} ?\d{2} ?\d{5}$|^[12][ \d]{12,}(\d{2})?$|@")
#: A return refused for one of these leaves no original in the vault.
NOT_KEPT = ("donnee_interdite", "fichier_trop_gros", "trop_de_fichiers", "pas_un_fichier_ordinaire")
#: One row per broken rule; a rule of a whole file or table has no line.
_FAILURE = {"nom_table": pl.String, "ligne": pl.Int64, "colonne": pl.String, "regle": pl.String, "message": pl.String,
            "remede": pl.String, "valeur": pl.String}  # fmt: skip
_REPAIR_COUNT = {"nom_table": pl.String, "colonne": pl.String, "reparation": pl.String, "message": pl.String,
          "premiere_ligne": pl.Int64, "lignes_reparees": pl.Int64}  # fmt: skip


#: Column -> scope of its pseudonym. Many members number contracts and missions after the person.
_SCOPE_OF = {
    "id_salarie": "member", "pass_iae": "network",
    "id_contrat": "contract", "id_contrat_parent": "contract", "id_mission": "contract",
}  # fmt: skip


@dataclass
class TableCount:
    """received = accepted + quarantined + folded, always."""

    received: int
    accepted: int
    quarantined: int
    folded: int
    refused: bool = False

    def check(self) -> None:
        if self.received != self.accepted + self.quarantined + self.folded:
            raise AssertionError(f"rows lost or invented: {self}")


@dataclass
class Judgement:
    """Verdict of one return. `rows` and `wrong` hold its accepted and quarantined rows per table (pseudonymised)."""

    deposit: Deposit
    reading: Reading
    verdict: str = "accepted"
    tables: dict[str, TableCount] = field(default_factory=dict)
    failures: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_FAILURE))
    #: Same columns as `failures`: what the member should look at although the row is accepted.
    warnings: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_FAILURE))
    #: What was repaired at reading, per table, column and repair.
    repairs: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_REPAIR_COUNT))
    rows: dict[str, pl.DataFrame] = field(default_factory=dict)
    wrong: dict[str, pl.DataFrame] = field(default_factory=dict)
    repeats: str | None = None

    def let_go(self) -> None:
        """Forgets the rows and bytes once they are published; counts and reasons stay."""
        self.rows, self.wrong, self.reading.tables, self.reading.instead = {}, {}, {}, None
        self.deposit.__dict__.pop("contents", None)
        self.__dict__.pop("naming", None)

    @cached_property
    def naming(self) -> frozenset[str]:
        """Cells that name a person, be it in a column that is nobody's: in a row that lost a separator a number stands
        one column beside its own, or in one cell with what came before it."""
        columns = [f[name] for f in self.reading.tables.values() for name in f.select(pl.col(pl.String)).columns]
        cells = pl.concat([pl.Series(dtype=pl.String), *(c.drop_nulls().unique().str.strip_chars() for c in columns)])
        own = [c.drop_nulls().unique().str.strip_chars() for c in columns if c.name in ("id_salarie", "pass_iae")]
        # Short numbers are not told from ranks and hours, nor, within a longer one, from a piece of a SIRET.
        numbers = {number for column in own for number in column if len(number) > 3}
        long = [number for number in numbers if len(number) >= 8]
        return frozenset(numbers | set(cells.filter(cells.str.contains_any(long)) if long else ()))

    @property
    def keeps_original(self) -> bool:
        """False when the file brought what must not be received, or was not read at all: then nothing of it stays."""
        return not any(p.rule in NOT_KEPT for p in self.reading.problems)


@dataclass(frozen=True)
class Known:
    """What is already known of the members concerned."""

    #: siren -> SIRETs that may deposit under it; a member without entry is unknown
    sirets: dict[str, set[str]]
    #: (siren, period) -> (sha256, return_id, verdict) of the last return received
    last: dict[tuple[str, str], tuple[str, str, str]]
    #: the kept tables of these members' returns (DELIVERY), and table -> their accepted rows, those replaced included
    kept: pl.DataFrame
    lake: Callable[[str], pl.DataFrame]
    #: network pseudonyms -> rows of any member about these people, with their delivery
    people: Callable[[pl.Series], pl.DataFrame]


def judge(readings: list[tuple[Deposit, Reading]], known: Known, keyring: Keyring) -> list[Judgement]:
    """Judges returns in order of arrival. Deterministic: how returns are batched changes no verdict."""
    judgements = [Judgement(deposit, reading) for deposit, reading in readings]
    for judgement in judgements:
        _judge_file(judgement, known)
    _find_repeats(judgements, known)
    fresh = [j for j in judgements if not j.reading.problems and j.repeats is None]
    verdicts = {c.table: _pseudonymised(validate(_together(fresh, c), c), c, keyring) for c in RETURN_TABLES}
    _judge_whole(fresh, verdicts, known)
    fresh = [j for j in fresh if not j.reading.problems]
    _settle(fresh, verdicts, known)
    by_id = {j.deposit.return_id: j for j in judgements}
    for judgement in judgements:
        if judgement.reading.problems:
            _refuse_file(judgement)
        elif judgement.repeats is not None:
            _fold_repeat(judgement, by_id, known)
        for count in judgement.tables.values():
            count.check()
    return judgements


def _judge_file(judgement: Judgement, known: Known) -> None:
    """Who sent it, for whom, and whether the announced totals are there. Said once, be it judged again."""
    deposit, reading = judgement.deposit, judgement.reading
    if deposit.siren not in known.sirets:
        unknown = Problem("adherent_inconnu")
        reading.problems = [unknown, *(problem for problem in reading.problems if problem != unknown)]
    elif reading.header.get("siren_adherent", "").replace(" ", "").removesuffix(".0") not in ("", deposit.siren):
        reading.refuse("siren_du_dossier")
    received_on = deposit.received_at.date()
    first_period = date(int(parameter("first_period_year", received_on)), 1, 1)
    tolerance = timedelta(days=parameter("extraction_tolerance_days", received_on))
    if reading.period and not first_period <= reading.period.start <= received_on:
        reading.refuse("periode_impossible", reading.period.text)
    elif reading.extracted_on and reading.extracted_on > received_on + tolerance:
        reading.refuse("extraction_future")
    elif reading.extracted_on and reading.period and reading.extracted_on < reading.period.end:
        early = (
            f"La date d'extraction est antérieure à la fin de la période {reading.period.text} : "
            "s'il manque des faits, exportez de nouveau après la fin de la période et renvoyez."
        )
        reading.notes = [*(note for note in reading.notes if note != early), early]
    for contract in RETURN_TABLES:
        announced = reading.header.get(f"lignes_{contract.table}")
        found = reading.tables[contract.table].height if contract.table in reading.tables else 0
        if announced and _number(announced) != found:
            _refuse_total(reading, f"lignes_{contract.table}", announced, found)


def _find_repeats(judgements: list[Judgement], known: Known) -> None:
    """The same file twice running is a repeat, if all of it was accepted: else what it lacked may be there now."""
    last = dict(known.last)
    for judgement in judgements:
        deposit, reading = judgement.deposit, judgement.reading
        if reading.period is None or not reading.tables or deposit.siren not in known.sirets:
            continue
        key = (deposit.siren, reading.period.text)
        sha256, return_id, verdict = last.get(key, ("", "", ""))
        is_same = sha256 == deposit.sha256 and return_id != deposit.return_id
        if is_same and verdict == "accepted" and not reading.problems and not reading.erased:
            judgement.repeats = return_id
        last[key] = (deposit.sha256, deposit.return_id, judgement.verdict)


def _together(fresh: list[Judgement], contract: Contract) -> pl.DataFrame:
    """The rows of one table of every return, as one frame: a contract call costs the same for one row as for many."""
    carriers = [j for j in fresh if contract.table in j.reading.tables]
    frames = [j.reading.tables[contract.table] for j in carriers]
    facts = pl.DataFrame(
        [
            # What a file does not say was true at the latest on the day it came.
            (*_key(j), j.reading.extracted_on or j.deposit.received_at.date(), j.reading.period.end, f.height)
            for j, f in zip(carriers, frames, strict=True)
        ],
        schema={"siren_adherent": pl.String, "id_remontee": pl.String} | CONTEXT | {"rows": pl.UInt32},
        orient="row",
    )
    per_row = facts.filter(pl.col("rows") > 0).select(pl.exclude("rows").repeat_by("rows").explode())
    rows = pl.concat([pl.DataFrame(schema={"ligne": pl.Int64}), *frames], how="diagonal")
    return pl.concat([per_row, rows], how="horizontal")


def _pseudonymised(verdict: Verdict, contract: Contract, keyring: Keyring) -> Verdict:
    """Identifiers of persons and of contracts replaced before anything else sees the rows."""
    frames = {name: getattr(verdict, name) for name in ("accepted", "quarantined", "folded")}
    for column, scope in _SCOPE_OF.items():
        if column not in contract.columns:
            continue
        # All but a PASS IAE number mean nothing outside the member: the SIREN is part of what is hashed.
        owner = pl.lit("") if scope == "network" else pl.col("siren_adherent") + " "
        for name, frame in frames.items():
            clear = frame.select(owner + pl.col(column)).to_series()
            values = clear.drop_nulls().unique()
            hidden = [keyring.pseudonym(scope, value) for value in values]
            frames[name] = frame.with_columns(
                clear.replace_strict(values, hidden, default=None, return_dtype=pl.String).alias(column)
            )
    return replace(verdict, **frames)


def _judge_whole(fresh: list[Judgement], verdicts: dict[str, Verdict], known: Known) -> None:
    """What only the typed rows of a whole return show: foreign SIRETs, total of hours."""
    by_id = {_key(j): j for j in fresh}
    for contract in (c for c in RETURN_TABLES if "siret" in c.columns):
        verdict = verdicts[contract.table]
        rows = pl.concat([verdict.accepted, verdict.quarantined]).select(*TRACE, "siret").drop_nulls()
        first = rows.group_by(*TRACE[:2], "siret").agg(pl.col("ligne").min()).sort(pl.all())
        for siren, return_id, siret, line in first.iter_rows():
            if siret not in known.sirets[siren] and not siret.startswith(siren):
                place = {"table": contract.table, "line": line, "column": "siret", "value": siret}
                by_id[siren, return_id].reading.refuse("siret_d_un_autre", **place)
    heures = verdicts["heures"]
    every = pl.concat([heures.accepted, heures.quarantined, heures.folded])
    totals = {(s, r): t for s, r, t in every.group_by(TRACE[:2]).agg(pl.col("heures_travaillees").sum()).iter_rows()}
    unread = heures.failures.filter(pl.col("colonne") == "heures_travaillees", pl.col("regle") != "valeur_improbable")
    unsure = set(unread.select(TRACE[:2]).iter_rows())  # a cell without value is the better reason
    for judgement in fresh:
        announced, found = judgement.reading.header.get("heures_total"), totals.get(_key(judgement), 0.0)
        if announced and _key(judgement) not in unsure and not abs(found - _number(announced)) < 0.01:
            _refuse_total(judgement.reading, "heures_total", announced, found)


def _refuse_total(reading: Reading, total: str, announced: str, found: float) -> None:
    said = "un texte" if isnan(_number(announced)) else announced[:40]  # a text may be anything, even a name
    reading.refuse("total_de_controle", total, value=f"annoncé {said}, trouvé {found:g}")


def _number(text: str) -> float:
    """An announced total as spreadsheets write it; NaN, which equals nothing, when it is no number."""
    try:
        return float("".join(text.split()).replace(",", "."))
    except ValueError:
        return float("nan")


def _settle(fresh: list[Judgement], verdicts: dict[str, Verdict], known: Known) -> None:
    """References and budgets, until nothing changes: a refused table takes with it the rows that refer to it.

    What one return deserves hangs on earlier ones only, and in one return a table's on those before it: the rounds
    come to an end, and to the same one however the returns were batched.
    """
    carried = pl.DataFrame(
        [
            (*_key(j), table, j.reading.period.text, j.reading.period.start, j.reading.period.end)
            for j in fresh
            for table in j.reading.tables
        ],
        schema=DELIVERY,
        orient="row",
    )
    ground = Ground(carried, verdicts, known.kept, known.lake)
    folded = {table: _counts(verdict.folded) for table, verdict in verdicts.items()}
    refused: set[tuple[str, str, str]] = set()
    refused_returns: set[tuple[str, str]] = set()
    while True:
        view = references.resolve(
            ground,
            pl.DataFrame(sorted(refused), schema=dict.fromkeys([*RETURN, "nom_table"], pl.String), orient="row"),
            pl.DataFrame(sorted(refused_returns), schema=dict.fromkeys(RETURN, pl.String), orient="row"),
        )
        upright = {table: _counts(frame) for table, frame in view.upright.items()}
        over = {_key(j): _over_budget(j, upright, folded) for j in fresh}
        tables = {(*key, table) for key, extent in over.items() for table in extent.over}
        returns = {key for key, extent in over.items() if extent.is_whole}
        if (tables, returns) == (refused, refused_returns):
            break
        refused, refused_returns = tables, returns
    refused |= {(*_key(j), table) for j in fresh if _key(j) in refused_returns for table in j.reading.tables}
    parts = {
        table: {
            "upright": _split(view.upright[table]),
            "valid": _split(verdict.accepted),
            "quarantined": _split(verdict.quarantined),
            "failures": _split(verdict.failures),
            "repairs": _split(_counted_repairs(verdict, table)),
            "aside": _split(view.aside[table]),
        }
        for table, verdict in verdicts.items()
    }
    warnings = _split(_warnings(view, known, refused))
    for judgement in fresh:
        _conclude(judgement, parts, folded, refused, over[_key(judgement)], warnings.get(_key(judgement)))


def _warnings(view: View, known: Known, refused: set[tuple[str, str, str]]) -> pl.DataFrame:
    """REMARKs on what stands: a row that is set aside has a better reason, a refused table has nothing to say."""
    judged = view.ground.carried["siren_adherent"].unique().implode()

    def elsewhere(numbers: pl.Series) -> pl.DataFrame:
        return known.people(numbers).filter(~pl.col("siren_adherent").is_in(judged))

    found = pl.concat([references.doubts(view), identity.contradictions(view, elsewhere)])
    stands = pl.concat(rows.select(*TRACE, nom_table=pl.lit(table)) for table, rows in view.upright.items())
    out = pl.DataFrame(sorted(refused), schema=dict.fromkeys([*RETURN, "nom_table"], pl.String), orient="row")
    of_rows = found.join(stands, on=[*TRACE, "nom_table"], how="semi")
    of_tables = found.filter(pl.col("ligne").is_null())
    rank = {contract.table: rank for rank, contract in enumerate(RETURN_TABLES)}
    return (
        pl.concat([of_tables, of_rows])
        .join(out, on=[*RETURN, "nom_table"], how="anti")
        .sort(pl.col("nom_table").replace_strict(rank), "ligne", "colonne", "regle", "precision", nulls_last=False)
    )


def _key(judgement: Judgement) -> tuple[str, str]:
    return (judgement.deposit.siren, judgement.deposit.return_id)


def _counts(frame: pl.DataFrame) -> dict[tuple[str, str], int]:
    return {(siren, return_id): n for siren, return_id, n in frame.group_by(TRACE[:2]).len().iter_rows()}


def _split(frame: pl.DataFrame) -> dict[tuple[str, str], pl.DataFrame]:
    return frame.partition_by(TRACE[:2], as_dict=True)


def _budget(judgement: Judgement) -> float:
    """Above this share of wrong rows a table is refused, and above this share of its rows the whole return."""
    return parameter("rejection_budget", judgement.reading.period.end)


@dataclass(frozen=True)
class _Extent:
    """How much of one return is wrong, rows that fall with others included: per table, and with the whole of `over`,
    the tables that have too many, as `set_aside`; `is_whole` when that is too many for the return."""

    received: dict[str, int]
    wrong: dict[str, int]
    over: set[str]
    set_aside: int
    is_whole: bool


def _over_budget(judgement: Judgement, upright, folded) -> _Extent:
    """What of one return is beyond the budget."""
    key, budget = _key(judgement), _budget(judgement)
    received = {table: frame.height for table, frame in judgement.reading.tables.items()}
    wrong = {t: n - upright[t].get(key, 0) - folded[t].get(key, 0) for t, n in received.items()}
    over = {t for t in received if wrong[t] > budget * received[t]}
    set_aside = sum(received[t] if t in over else wrong[t] for t in received)
    return _Extent(received, wrong, over, set_aside, set_aside > budget * sum(received.values()))


def _conclude(judgement: Judgement, parts, folded, refused, extent: _Extent, warnings: pl.DataFrame | None) -> None:
    """Counts, failures, warnings and rows of one settled return."""
    key, budget = _key(judgement), f"{_budget(judgement):.0%}".replace("%", " %")
    failures: list[tuple] = []
    repairs: list[pl.DataFrame] = []
    erased = judgement.reading.erased  # outside the budget: the member could not know
    for contract in (c for c in RETURN_TABLES if c.table in judgement.reading.tables):
        table = contract.table
        of_return = {name: split.get(key) for name, split in parts[table].items()}
        is_refused = (*key, table) in refused
        upright, valid = (_or_empty(of_return[name], contract) for name in ("upright", "valid"))
        stands = upright.clear() if is_refused else upright
        wrong = _or_empty(of_return["quarantined"], contract)
        if stands.height < valid.height:  # valid by themselves, but what they refer to is not there
            wrong = pl.concat([wrong, valid.join(stands, on="ligne", how="anti")]).sort("ligne")
        received, repeats = judgement.reading.tables[table].height, folded[table].get(key, 0)
        gone = len(erased.get(table, []))
        judgement.rows[table] = stands
        judgement.wrong[table] = wrong
        judgement.tables[table] = TableCount(received + gone, stands.height, wrong.height + gone, repeats, is_refused)
        failures += _cell_failures(table, of_return["failures"], judgement)
        repairs += [of_return["repairs"]] if of_return["repairs"] is not None else []
        if of_return["aside"] is not None:
            for row in of_return["aside"].sort("ligne", maintain_order=True).iter_rows(named=True):
                if not (row["excused"] and is_refused):  # in a refused table only what is wrong by itself is named
                    failures.append(_reason(row))
    own = Counter(table for table, _ in {(table, line) for table, line, _, rule, *_ in failures if rule != FOLLOWS})
    over = [table for table, count in judgement.tables.items() if count.refused]
    if over and len(over) == len(judgement.tables):
        judgement.verdict = "refused"
        about = f"{extent.set_aside} sur {sum(extent.received.values())}"
        if rest := extent.set_aside - own.total():
            about += f", dont {agreed(rest, 'qui sui(t|vent) une ligne écartée ou (est|sont) dans une table refusée')}"
        failures.insert(0, _failure(None, None, None, "remontee_refusee", allowed=budget, about=about))
    else:
        for table in reversed(over):
            about = f"{extent.wrong[table]} sur {extent.received[table]}"
            if rest := extent.wrong[table] - own[table]:
                about += f", dont {agreed(rest, 'qui sui(t|vent) une ligne écartée')}"
            failures.insert(0, _failure(table, None, None, "table_refusee", allowed=budget, about=about))
    if judgement.verdict != "refused" and any(count.quarantined for count in judgement.tables.values()):
        judgement.verdict = "partial"
    failures += [_failure(table, line, None, "personne_effacee") for table, lines in erased.items() for line in lines]
    judgement.failures = pl.DataFrame(failures, schema=_FAILURE, orient="row")
    judgement.repairs = pl.concat([judgement.repairs, *(frame.select(list(_REPAIR_COUNT)) for frame in repairs)])
    if warnings is not None:
        told = [_reason(row) for row in warnings.iter_rows(named=True)]
        judgement.warnings = pl.DataFrame(told, schema=_FAILURE, orient="row")


def _counted_repairs(verdict: Verdict, table: str) -> pl.DataFrame:
    """The repairs of a table of every return, one row a return, column and repair, with what to say of it."""
    messages = {code: repair.sentence for code, repair in REPAIRS.items()}
    told = verdict.repairs.group_by(*TRACE[:2], "colonne", "reparation", maintain_order=True).agg(
        premiere_ligne=pl.col("ligne").min(), lignes_reparees=pl.len().cast(pl.Int64)
    )
    message = pl.col("reparation").replace_strict(messages, return_dtype=pl.String)
    return told.with_columns(nom_table=pl.lit(table), message=message)


def _reason(row: dict) -> tuple:
    """A REMARK as a reason of the receipt."""
    table, line, column, rule = (row[name] for name in ("nom_table", "ligne", "colonne", "regle"))
    place = row["precision"] if rule == FOLLOWS else None
    return _failure(table, line, column, rule, allowed=row["attendu"], value=place, about=row["precision"])


def _or_empty(frame: pl.DataFrame | None, contract: Contract) -> pl.DataFrame:
    return contract.empty if frame is None else frame


def _cell_failures(table: str, failures: pl.DataFrame | None, judgement: Judgement):
    keys = {contract.table: contract.key for contract in RETURN_TABLES}
    for row in failures.iter_rows(named=True) if failures is not None else ():
        value = masked(row["colonne"], row["valeur"], judgement.naming)
        allowed = ", ".join(keys[table]) if row["regle"] == "cle_en_double" else None
        yield _failure(table, row["ligne"], row["colonne"], row["regle"], allowed=allowed, value=value)


def masked(column: str | None, text: str | None, naming: frozenset[str] = frozenset()) -> str:
    """A value as a receipt may show it: nothing of a person, be it typed into the wrong column."""
    is_personal = (column in FIELDS and FIELDS[column].personal) or (text or "").strip() in naming
    return "•••" if text and (is_personal or _PERSON_SHAPED.search(text)) else (text or "")[:80]


def _failure(table, line, column, rule, allowed=None, value=None, about=None) -> tuple:
    sentence, remedy = explanation(rule, column or about, allowed)
    return (table, line, column, rule, sentence, remedy, value)


def _refuse_file(judgement: Judgement) -> None:
    """Every row of a refused file counts as set aside; none of them is stored."""

    def shown(problem: Problem) -> str | None:
        clear = problem.value if judgement.keeps_original else None
        return clear and masked(problem.column, clear, judgement.naming)

    judgement.verdict = "refused"
    judgement.rows, judgement.wrong = {}, {}
    for table, frame in judgement.reading.tables.items():
        received = frame.height + len(judgement.reading.erased.get(table, []))
        judgement.tables[table] = TableCount(received, 0, received, 0, True)
    reasons = [
        _failure(p.table, p.line, p.column, p.rule, about=p.about, value=shown(p)) for p in judgement.reading.problems
    ]
    judgement.failures = pl.DataFrame(reasons, schema=_FAILURE, orient="row")


def _fold_repeat(judgement: Judgement, by_id: dict[str, Judgement], known: Known) -> None:
    """The same file again: every row is a repeat, and the first verdict stands."""
    first = by_id.get(judgement.repeats or "")
    period = judgement.reading.period.text if judgement.reading.period else ""
    judgement.verdict = first.verdict if first else known.last[judgement.deposit.siren, period][2]
    judgement.tables = {
        table: TableCount(frame.height, 0, 0, frame.height) for table, frame in judgement.reading.tables.items()
    }
