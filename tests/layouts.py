"""One return, typed the many ways members' software types it: styles of values, dress of sheets, containers.

Here: typed rows -> cells -> files, and the federation that `test_layouts.py` writes so. Not here: a test; the small
return that most tests share (`intake.py`).
"""

import csv
import io
import random
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

import xlsxwriter
from intake import as_open_document

from contracts import FIELDS, RETURN_TABLES
from contracts.codes import code_labels
from sample.facts import Member, quarters_until
from sample.federation import draw_federation
from sample.returns import draw_returns

Cell = str | int | float | date | bool | None
#: Name and rows, the header first.
Sheet = tuple[str, list[list[Cell]]]
Files = dict[str, bytes]

COLUMNS = {contract.table: contract.columns for contract in RETURN_TABLES}
EXCEL_EPOCH = date(1899, 12, 30)


# --- what is written ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TypedReturn:
    """A return free of any layout: `tables` hold official codes, dates, numbers and booleans in contract order."""

    siren: str
    period: str
    extracted: date
    tables: dict[str, list[list[Cell]]]


def federation() -> tuple[list[Member], list[TypedReturn]]:
    """Three members of the sample with rows in every table, and the values that layouts are known to spoil."""
    window = quarters_until("2025T3", 1)
    chosen = ("000229880", "000181453", "000453712")  # several structures and kinds, a workshop, an association
    members = [m for m in draw_federation(2024, 0.3, window) if m.siren in chosen]
    returns = []
    for member in members:
        (drawn,) = draw_returns(random.Random(member.siren), window, member)
        tables = {table: [_typed(table, row) for row in rows] for table, rows in drawn.tables.items()}
        _spoilable(tables)
        returns.append(TypedReturn(member.siren, drawn.period, drawn.extracted, tables))
    return members, returns


def _typed(table: str, row: Iterable) -> list[Cell]:
    """The sample types a label for a code, a month as text, a whole number for a decimal: here each has its kind."""
    cells: list[Cell] = []
    for column, value in zip(COLUMNS[table], row, strict=True):
        field = FIELDS[column]
        if value is None:
            cells.append(None)
        elif field.kind == "code":
            codes = {label: code for code, label in code_labels(field.code_list).items()}
            cells.append(codes.get(value, value))
        elif field.kind == "month":
            cells.append(date.fromisoformat(f"{value}-01"))
        elif field.kind in ("decimal", "duration_hours"):
            cells.append(round(float(value), 4))
        elif field.kind == "naf":
            cells.append(value.replace(".", ""))
        elif field.kind in ("text", "identifier"):
            cells.append(str(value))
        else:
            cells.append(value)
    return cells


def _spoilable(tables: dict[str, list[list[Cell]]]) -> None:
    """Zeros at the start, Corsica and overseas, accents, La Poste, identifiers that look like numbers."""

    def put(table: str, row: int, **values: Cell) -> None:
        for column, value in values.items():
            tables[table][row][COLUMNS[table].index(column)] = value

    def rename(column: str, old: Cell, new: str) -> None:
        for table, columns in COLUMNS.items():
            for name in (column, "id_contrat_parent") if column == "id_contrat" else (column,):
                if name in columns:
                    for row in tables[table]:
                        place = columns.index(name)
                        row[place] = new if row[place] == old else row[place]

    rename("id_salarie", tables["salaries"][0][0], "000123")
    rename("id_salarie", tables["salaries"][1][0], "Œ-É 7")
    rename("id_contrat", tables["contrats"][0][0], "0042")
    rename("id_contrat", tables["contrats"][1][0], "1E5")
    put("salaries", 0, commune_residence="01004", niveau_formation="00", brsa="OUI-NM", rqth=True, ass=False)
    put("salaries", 1, commune_residence="2A004", niveau_formation="01", brsa="NON", pass_iae="999991234567")
    put("salaries", 2, commune_residence="2B033", pass_iae=None)
    put("structures", 0, denomination="Régie d'Œuvre « l'Été » ; Noël, Ça & là", commune_insee="97105", id_ges="007")
    put("contrats", 0, remuneration_brute_mensuelle=1234.5, duree_hebdo=26.25, commune_travail="2A004")
    put("contrats", 1, date_fin_prevue=date(2099, 1, 1), rang=0, commune_travail="01004")
    put("heures", 0, heures_travaillees=0.0, salaire_brut=1098.07, part_etp=0.0625)
    put("activites", 0, siret_activite="35600000000015", intitule="Épicerie à 1 € | « L'Îlot »", commune="05061")
    put("activites", 0, non_delocalisable=True, ressources_marchandes_eur=1234567.89, besoin="garde_enfants")
    put("activites", 1, siret_activite="06000000000012")  # 2 + 2·1 + 6 = 10
    place = tables["structures"][0][:2]
    tables["annexes_financieres"] = [
        [f"{place[1]}035250012", *place, date(2025, 1, 1), date(2025, 12, 31), 3.5, 60.0, 25.0, 20.5, None]
    ]
    tables["bilans"] = [[*place, date(2025, 1, 1), date(2025, 6, 30), 12, 4, 2, 1, 0]]
    put("cooperations", 0, types_partenaires="commune, mission locale ; été", nb_partenaires=12)


# --- how a value is typed ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Style:
    """How one software types values, headers and the order of columns."""

    decimal: str = "."
    dates: str = "iso"
    yes_no: tuple[str, str] = ("oui", "non")
    codes: str = "code"
    durations: str = "decimal"
    siret: str = "plain"
    communes: str = "plain"
    headers: str = "plain"
    naf: str = "plain"
    pass_iae: str = "plain"
    order: str = "contract"


_DATES: dict[str, Callable[[date], str]] = {
    "iso": lambda d: f"{d:%Y-%m-%d}",
    "french": lambda d: f"{d:%d/%m/%Y}",
    "short": lambda d: f"{d.day}/{d.month}/{d.year}",
    "iso with time": lambda d: f"{d:%Y-%m-%d} 00:00:00",
    "french with time": lambda d: f"{d:%d/%m/%Y} 00:00:00",
    "serial": lambda d: str((d - EXCEL_EPOCH).days),
}
_SIRETS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "spaced": lambda s: f"{s[:3]} {s[3:6]} {s[6:9]} {s[9:]}",
    "no-break spaces": lambda s: f"{s[:3]}\u00a0{s[3:6]}\u00a0{s[6:9]}\u00a0{s[9:]}",
    "as a float": lambda s: f"{s}.0",
    "first zero lost": lambda s: s[1:] if s[0] == "0" != s[1] else s,  # what is left of more lost zeros is no SIRET
}
_COMMUNES: dict[str, Callable[[str], str]] = {
    "plain": str, "lower case": str.lower, "first zero lost": lambda c: c.removeprefix("0"),
}  # fmt: skip
_HEADERS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "upper case": str.upper,
    "in words": lambda name: name.replace("_", " ").capitalize(),
    "accents": lambda name: name.replace("annee", "Année").replace("prevue", "Prévue").replace("salarie", "Salarié"),
    "padded": lambda name: f" {name} ",
}


def spelled(column: str, value: Cell, style: Style) -> str:
    """`value` as text, the way `style` types it."""
    field, text = FIELDS[column], "" if value is None else str(value)
    if isinstance(value, bool):
        text = style.yes_no[0] if value else style.yes_no[1]
    elif field.kind == "month" and style.dates in ("iso", "french"):
        text = f"{value:%Y-%m}" if style.dates == "iso" else f"{value:%m/%Y}"
    elif isinstance(value, date):
        text = _DATES[style.dates](value)
    elif field.kind == "duration_hours" and style.durations == "clock" and _is_clock(value):
        text = f"{int(value)}:{round(value % 1 * 60):02}"
    elif isinstance(value, float):
        text = f"{value:.4f}".rstrip("0").rstrip(".").replace(".", style.decimal)
    typed: dict[str, Callable[[str], str]] = {
        "siret": _SIRETS[style.siret],
        "commune": _COMMUNES[style.communes],
        "code": lambda code: code_labels(field.code_list)[code] if style.codes == "label" else _cased(code, style),
        "naf": lambda code: f"{code[:2]}.{code[2:]}" if style.naf == "dotted" else code,
        "pass_iae": lambda text: f"{text[:5]} {text[5:7]} {text[7:]}" if style.pass_iae == "spaced" else text,
    }
    return typed.get(field.kind, str)(text) if text else ""


def _cased(code: str, style: Style) -> str:
    return code.lower() if style.codes == "lower case" else code


def _is_clock(hours: float | None) -> bool:
    if hours is None:
        return False
    minutes = round(hours % 1 * 60)
    return hours < 1000 and minutes < 60 and int(hours) + minutes / 60 == hours


def sheets(ret: TypedReturn, style: Style, typed: bool = False, **header: str) -> list[Sheet]:
    """The return as sheets of text; `typed` leaves numbers, dates and booleans to the container."""
    facts = {
        "siren_adherent": ret.siren, "periode": ret.period, "version_modele": "1",
        "date_extraction": spelled("date_extraction", ret.extracted, style),
        **{f"lignes_{table}": str(len(rows)) for table, rows in ret.tables.items()}, **header,
    }  # fmt: skip
    made: list[Sheet] = [("remontee", [["champ", "valeur"], *([name, text] for name, text in facts.items())])]
    for table, rows in ret.tables.items():
        columns = COLUMNS[table]
        places = list(range(len(columns)))
        if style.order == "shuffled":
            random.Random(table).shuffle(places)
        head: list[Cell] = [_HEADERS[style.headers](columns[i]) for i in places]
        cells = [[_cell(columns[i], row[i], style, typed) for i in places] for row in rows]
        made.append((table, [head, *cells]))
    return made


def _cell(column: str, value: Cell, style: Style, typed: bool) -> Cell:
    if typed and isinstance(value, int | float | date):
        return value
    return spelled(column, value, style)


# --- how a sheet is dressed --------------------------------------------------------------------------------------


def dressed(made: list[Sheet], title: bool = False, total: bool = False, blank: bool = False) -> list[Sheet]:
    """Sheets with a title above the header, a row of totals below, blank rows between; the header sheet stays bare."""
    found = [made[0]]
    for name, (head, *rows) in made[1:]:
        width = len(head)
        above = [[f"Export {name} du 01/10/2025", *[""] * (width - 1)], [""] * width] if title else []
        below = (
            [["TOTAL", *(_sum_of(column, place, rows) for place, column in enumerate(head[1:], 1))]] if total else []
        )
        between = [[""] * width] if blank else []
        found.append((name, [*above, head, *between, *rows[:2], *between, *rows[2:], *below, *between]))
    return found


def _sum_of(column: Cell, place: int, rows: list[list[Cell]]) -> Cell:
    """Below a column of amounts, some amount; other columns stay empty in a row of totals."""
    if column not in FIELDS or FIELDS[str(column)].kind not in ("decimal", "duration_hours"):
        return ""
    return "1234,50" if any(isinstance(row[place], str) for row in rows) else 1234.5


# --- containers --------------------------------------------------------------------------------------------------


def csv_files(
    made: list[Sheet], separator: str = ";", encoding: str = "utf-8", end: str = "\r\n", quoting=csv.QUOTE_MINIMAL
) -> Files:
    files = {}
    for name, rows in made:
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=separator, lineterminator=end, quoting=quoting).writerows(rows)
        files[f"{name}.csv"] = text.getvalue().encode(encoding, "replace")
    return files


def zipped(files: Files, folder: str = "") -> Files:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(folder + name), content)
    return {"remontee.zip": packed.getvalue()}


def workbook(made: list[Sheet], formulas: bool = False, serials: bool = False, hidden: bool = False) -> Files:
    """An .xlsx of typed cells. `formulas`: numbers computed; `serials`: dates unformatted; `hidden`: sheets hidden."""
    packed = io.BytesIO()
    with xlsxwriter.Workbook(packed, {"in_memory": True, "strings_to_numbers": False}) as book:
        day = book.add_format({"num_format": "General" if serials else "dd/mm/yyyy"})
        for name, rows in made:
            sheet = book.add_worksheet(name)
            for y, row in enumerate(rows):
                for x, value in enumerate(row):
                    if isinstance(value, bool):
                        sheet.write_boolean(y, x, value)
                    elif isinstance(value, date):
                        sheet.write_datetime(y, x, datetime(value.year, value.month, value.day), day)
                    elif isinstance(value, int | float) and formulas:
                        sheet.write_formula(y, x, f"={value}+0", None, value)
                    elif isinstance(value, int | float):
                        sheet.write_number(y, x, value)
                    elif value:
                        sheet.write_string(y, x, value)
            if hidden and name == "heures":
                sheet.hide()
        if hidden:
            aside = book.add_worksheet("brouillon")
            aside.write_column(0, 0, ["à vérifier", 1, 2])
            aside.merge_range("B1:D2", "une note")
            aside.very_hidden()
    return {"remontee.xlsx": packed.getvalue()}


class _Line:
    """A row as the writer of `intake` wants it: it is the header when iterated, the cells when asked for values."""

    def __init__(self, head: list[str], cells: list[str]) -> None:
        self.head, self.cells = head, cells

    def __iter__(self):
        return iter(self.head)

    def values(self) -> list[str]:
        return self.cells


def open_document(made: list[Sheet]) -> Files:
    """An .ods of text cells; a table without rows is left out."""
    lines = {
        name: [_Line([str(c) for c in head], [str(c) for c in row]) for row in rows] for name, (head, *rows) in made
    }
    return {"remontee.ods": as_open_document({name: rows for name, rows in lines.items() if rows})}  # type: ignore[arg-type]


STYLES: dict[str, Style] = {
    "plain": Style(),
    "French office": Style(decimal=",", dates="french", yes_no=("Oui", "Non"), naf="dotted", pass_iae="spaced"),
    "labels": Style(decimal=",", dates="short", codes="label", headers="in words", yes_no=("O", "N")),
    "clock": Style(durations="clock", dates="iso with time", siret="spaced", yes_no=("vrai", "faux")),
    "serials": Style(dates="serial", siret="as a float", yes_no=("1", "0"), order="shuffled"),
    "shuffled": Style(order="shuffled", headers="accents", siret="no-break spaces", communes="lower case"),
    "shouting": Style(headers="upper case", codes="lower case", dates="french with time", yes_no=("VRAI", "FAUX")),
}


def styled(name: str, **changes: str) -> Style:
    return replace(STYLES[name], **changes)
