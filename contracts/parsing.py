"""How the text of a cell becomes a value, one way per kind of field.

Here: text -> typed column, the rule that a non-empty cell breaks when it has no value of its kind, and what was
repaired on the way. A cell that can be read in two ways (`01/02/03`, `8.07E+13`) has no value: nothing is guessed.
Not here: whether a value is allowed (`members.py`), what a rule says (`rules.py`).
"""

import re
from datetime import date

import polars as pl

from contracts.codes import commune_codes, naf_divisions, official_code, plain
from contracts.fields import Field

#: Digits are [0-9] here: `\d` would let through digits of other scripts, of which no number can be made.
_SPACES = r"[\s\u00a0\u202f\u2007]+"
_BOOLEANS = dict.fromkeys(("oui", "o", "vrai", "true", "1", "x", "y", "yes"), True) | dict.fromkeys(
    ("non", "n", "faux", "false", "0", "no"), False
)
_EXCEL_EPOCH = date(1899, 12, 30)
#: What a cell shows whose formula failed, in English and in French.
SPREADSHEET_ERRORS = (
    "#N/A", "#REF!", "#VALUE!", "#VALEUR!", "#DIV/0!", "#NAME?", "#NOM?", "#NUM!", "#NOMBRE!", "#NULL!", "#NUL!",
    "#ERREUR!",
)  # fmt: skip
#: La Poste's establishments do not follow the Luhn key: their digits sum to a multiple of five.
_LA_POSTE = "356000000"
#: What people put between the digits of an identifier.
_SEPARATORS = r"[ .-]"
#: A day as a spreadsheet stores it: days since its epoch, from 1954 to 2119.
_SERIAL = r"^[2-7][0-9]{4}(\.0+)?$"

#: kind -> (polars type, rule broken by a cell that cannot be read)
KINDS: dict[str, tuple[pl.DataType, str]] = {
    "text": (pl.String(), ""),
    "identifier": (pl.String(), ""),
    "siren": (pl.String(), "siren_invalide"),
    "siret": (pl.String(), "siret_invalide"),
    "pass_iae": (pl.String(), "pass_iae_invalide"),
    "commune": (pl.String(), "commune_invalide"),
    "zone_emploi": (pl.String(), "code_inconnu"),
    "epci": (pl.String(), "siren_invalide"),
    "naf": (pl.String(), "naf_invalide"),
    "rome": (pl.String(), "rome_invalide"),
    "code": (pl.String(), "code_inconnu"),
    "date": (pl.Date(), "date_illisible"),
    "month": (pl.Date(), "mois_illisible"),
    "integer": (pl.Int64(), "entier_illisible"),
    "decimal": (pl.Float64(), "nombre_illisible"),
    "duration_hours": (pl.Float64(), "duree_illisible"),
    "boolean": (pl.Boolean(), "booleen_illisible"),
    "timestamp": (pl.Datetime("us"), "date_illisible"),
}


def polars_type(field: Field) -> pl.DataType:
    """Type of the column in an accepted table."""
    return KINDS[field.kind][0]


def cleaned(frame: pl.DataFrame) -> pl.DataFrame:
    """Every text column stripped, inner runs of spaces folded, empty text as null."""
    text = pl.col(pl.String)
    return frame.with_columns(text.str.replace_all(_SPACES, " ").str.strip_chars(" ").replace("", None))


def luhn_is_valid(digits: str) -> bool:
    """Key of a SIREN or SIRET; La Poste's establishments are the published exception."""
    doubled = (int(d) * (1 + i % 2) for i, d in enumerate(reversed(digits)))
    if sum(d - 9 * (d > 9) for d in doubled) % 10 == 0:
        return True
    return len(digits) == 14 and digits.startswith(_LA_POSTE) and sum(map(int, digits)) % 5 == 0


def parsed(column: pl.Series, field: Field) -> pl.Series:
    """`column` of clean text as values of `field`'s kind; null where the text has no such value."""
    by_kind = {
        "date": _dates,
        "month": _months,
        "timestamp": lambda text: text.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us", strict=False),
        "integer": lambda text: _numbers(text, r"^-?[0-9]{1,15}([.,]0+)?$").cast(pl.Int64),
        "decimal": lambda text: _numbers(text, r"^-?[0-9]{1,15}([.,][0-9]+)?$"),
        "duration_hours": _durations,
        "boolean": lambda text: _distinct(text, lambda t: _BOOLEANS.get(t.casefold()), pl.Boolean()),
        "code": lambda text: _distinct(text, lambda t: official_code(field.code_list or "", t), pl.String()),
        "siren": lambda text: _identifiers(text, 9),
        "siret": lambda text: _identifiers(text, 14),
        "pass_iae": lambda text: _matching(
            text.str.replace(r"\.0$", "").str.replace_all(_SEPARATORS, "").str.to_uppercase(), r"^[A-Z0-9]{5}[0-9]{7}$"
        ),
        "commune": lambda text: _distinct(text, _commune, pl.String()),
        "naf": lambda text: _distinct(text, _naf, pl.String()),
        "zone_emploi": lambda text: _matching(text, r"^[0-9]{4}$"),
        "epci": lambda text: _distinct(text, lambda t: t if t == "ZZZZZZZZZ" else _numbered(t, 9), pl.String()),
        "rome": lambda text: _matching(text.str.to_uppercase(), r"^[A-N][0-9]{4}$"),
    }  # fmt: skip
    return by_kind[field.kind](column) if field.kind in by_kind else column


def repaired(text: pl.Series, values: pl.Series, field: Field) -> pl.DataFrame:
    """`row` and `reparation` (a code of `contracts.repairs`) of the cells whose value is not quite what they say.

    Told is what a member may want to check, or to mend in the software. Case, a decimal comma, midnight after a date,
    `17:30`, `O` for oui, a month as its first day are ways of writing, not mistakes.
    """
    cells = pl.DataFrame({"t": text, "v": values}).with_row_index("row")
    suspect, repair = _REPAIRED.get(field.kind, (pl.lit(False), pl.lit(None, pl.String)))
    cells = cells.filter(pl.col("v").is_not_null() & suspect)
    if field.kind == "code" and cells.height:
        repair = _distinct(cells["t"], lambda cell: _code_repair(field.code_list or "", cell), pl.String())
    return cells.select("row", reparation=repair).drop_nulls()


def _first_repair(*cases: tuple[pl.Expr, str]) -> pl.Expr:
    return pl.coalesce(pl.when(case).then(pl.lit(repair)) for case, repair in cases)


def _identifier_repaired(length: int) -> tuple[pl.Expr, pl.Expr]:
    text = pl.col("t")
    digits = text.str.replace(r"\.0$", "").str.replace_all(_SEPARATORS, "")
    return text.str.len_bytes() != length, _first_repair(
        (digits.str.len_bytes() < length, "zero_initial_remis"),
        (text.str.ends_with(".0"), "nombre_de_tableur"),
        (pl.lit(True), "espaces_retires"),
    )


_GROUPED = (pl.col("t").str.contains(" ", literal=True), pl.lit("espaces_retires"))
_IS_SERIAL = (pl.col("t").str.contains(_SERIAL), "date_de_tableur")
#: kind -> (a cheap sign that a cell may have been repaired, what was done to one that shows it)
_REPAIRED: dict[str, tuple[pl.Expr, pl.Expr]] = {
    "siren": _identifier_repaired(9),
    "siret": _identifier_repaired(14),
    "pass_iae": _identifier_repaired(12),
    "commune": (pl.col("t").str.len_bytes() == 4, pl.lit("zero_initial_remis")),
    "naf": (
        pl.lit(True),
        _first_repair(
            (pl.col("t").str.replace_all(_SEPARATORS, "").str.len_bytes() == 4, "zero_initial_remis"),
            (pl.col("t").str.contains("[ -]"), "espaces_retires"),
        ),
    ),
    "integer": _GROUPED,
    "decimal": _GROUPED,
    "duration_hours": _GROUPED,
    "date": (pl.col("t").str.len_bytes() != len("2025-07-01"), _first_repair(_IS_SERIAL)),
    "month": (
        pl.col("t").str.len_bytes() != len("2025-07"),
        _first_repair(
            _IS_SERIAL,
            (
                pl.col("t").str.contains(r"^[0-9]{4}-[0-9]{2}-(0[2-9]|[1-3])|^(0?[2-9]|[12][0-9]|3[01])/[0-9]{1,2}/"),
                "mois_d_une_date",
            ),
        ),
    ),
    "code": (pl.col("t") != pl.col("v"), pl.lit(None, pl.String)),
}


def _code_repair(code_list: str, text: str) -> str | None:
    """A label was read as its code, or a number as a code; other case and punctuation are not told."""
    code, typed = plain(official_code(code_list, text) or ""), plain(text)
    if typed.lstrip("0") == code.lstrip("0"):
        return "zero_initial_remis" if len(typed) < len(code) else None
    return "nombre_de_tableur" if typed.removesuffix(" 0").isdigit() else "libelle_reconnu"


def _matching(text: pl.Series, pattern: str) -> pl.Series:
    return text.to_frame("t").select(_if_like(pattern)).to_series()


def _distinct(text: pl.Series, read, dtype: pl.DataType) -> pl.Series:
    """`read` applied once per distinct text: codes and keys have few, rows are many."""
    values = text.drop_nulls().unique()
    return text.replace_strict(values, [read(v) for v in values], default=None, return_dtype=dtype)


def _identifiers(text: pl.Series, length: int) -> pl.Series:
    """`_numbered`; those that are right as they stand are seen whole columns at a time, since stocks have millions."""
    number = pl.col("t").cast(pl.Int64, strict=False)
    digits = [number // 10**place % 10 for place in range(length)]
    sums = pl.sum_horizontal(
        digit * 2 - (digit > 4).cast(pl.Int64) * 9 if place % 2 else digit for place, digit in enumerate(digits)
    )
    plain = text.to_frame("t").select(_if_like(rf"^[0-9]{{{length}}}$")).select(
        pl.when(sums % 10 == 0).then(pl.col("t"))
    ).to_series()  # fmt: skip
    others = text.zip_with(plain.is_null(), pl.Series([None], dtype=pl.String))
    if others.null_count() == others.len():
        return plain
    return plain.zip_with(plain.is_not_null(), _distinct(others, lambda t: _numbered(t, length), pl.String()))


def _numbered(text: str, length: int) -> str | None:
    """A SIREN or SIRET, its first zero put back when a spreadsheet took it for a number and the key then fits."""
    digits = re.sub(_SEPARATORS, "", text.removesuffix(".0"))
    if len(digits) == length - 1 and not digits.startswith("0"):  # a number never begins with a zero
        digits = f"0{digits}"
    return digits if len(digits) == length and digits.isascii() and digits.isdigit() and luhn_is_valid(digits) else None


def _commune(text: str) -> str | None:
    """Five characters, known or not; four only when they are a known commune that lost its first zero."""
    code = text.upper()
    if re.fullmatch(r"[1-9][0-9]{3}", code):
        return f"0{code}" if f"0{code}" in commune_codes() else None
    return code if re.fullmatch(r"([0-9]{2}|2A|2B)[0-9]{3}", code) else None


def _naf(text: str) -> str | None:
    code = re.sub(_SEPARATORS, "", text.upper())
    if re.fullmatch(r"[1-9][0-9]{2}[A-Z]", code):
        return f"0{code}" if f"0{code[0]}" in naf_divisions() else None
    return code if re.fullmatch(r"[0-9]{4}[A-Z]", code) else None


def _numbers(text: pl.Series, pattern: str) -> pl.Series:
    return _matching(text.str.replace_all(" ", ""), pattern).str.replace(",", ".").cast(pl.Float64)


def _durations(text: pl.Series) -> pl.Series:
    clock = (
        text.str.extract_groups(r"^(?<h>[0-9]{1,3})[:h](?<m>[0-5][0-9])(:00)?$")
        .struct.unnest()
        .cast({"h": pl.Float64, "m": pl.Float64})
    )
    return _numbers(text, r"^-?[0-9]{1,15}([.,][0-9]+)?$").zip_with(clock["h"].is_null(), clock["h"] + clock["m"] / 60)


def _dates(text: pl.Series) -> pl.Series:
    day = text.str.replace(r"^(\d{4}-\d{2}-\d{2}|\d{1,2}/\d{1,2}/\d{4})[ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?$", "$1")
    serial = _numbers(day, _SERIAL).cast(pl.Int32)
    return (
        day.to_frame("t")
        .select(
            pl.coalesce(
                _if_like(r"^(19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}$").str.to_date("%Y-%m-%d", strict=False),
                _if_like(r"^[0-9]{1,2}/[0-9]{1,2}/(19|20)[0-9]{2}$").str.to_date("%d/%m/%Y", strict=False),
                pl.lit(_EXCEL_EPOCH) + pl.duration(days=pl.lit(serial)),
            )
        )
        .to_series()
    )


def _if_like(pattern: str) -> pl.Expr:
    return pl.when(pl.col("t").str.contains(pattern)).then(pl.col("t"))


def _months(text: pl.Series) -> pl.Series:
    """First day of the month: 2025-03, 03/2025, or any date of that month."""
    whole = text.str.replace(r"^([0-9]{4}-[0-9]{2})$", "$1-01").str.replace(r"^([0-9]{1,2}/[0-9]{4})$", "01/$1")
    return _dates(whole).dt.month_start()
