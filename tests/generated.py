"""Deposits nobody would write by hand: returns with odd contents, in any layout, then spoiled byte by byte.

Here: a recipe (what hypothesis draws and shrinks: named choices and a seed) and the deposit it makes. The small draws
inside come from the seed, so that a deposit costs a millisecond and the same recipe always makes the same bytes.
Not here: what must hold of it (`test_properties.py`).
"""

import io
import random
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import strategies as st
from intake import NIR, OTHER_SIREN, OTHER_SIRET, SECOND_SIRET, SIREN, SIRET, Tables, a_return
from layouts import COLUMNS, Files, Sheet, csv_files, dressed, open_document, workbook, zipped

from contracts import FIELDS

#: Members that send anything, and one that only sends good returns: (SIREN, its SIRET, kind).
THIRD_SIREN, THIRD_SIRET = "000300038", "00030003800007"
SENDERS = {SIREN: (SIRET, "ACI"), THIRD_SIREN: (THIRD_SIRET, "ACI")}
GOOD_SIREN = OTHER_SIREN
MEMBERS_CSV = f"""siren_adherent,nom,siret,type_structure,region,id_ges
{SIREN},Le Fil,{SIRET},ACI,53,
{SIREN},Le Fil,{SECOND_SIRET},AI,53,
{THIRD_SIREN},La Trame,{THIRD_SIRET},ACI,53,
{OTHER_SIREN},La Navette,{OTHER_SIRET},AI,53,
"""

TEXTS = (
    "\x01\x02\x1b[31m", "a\x00b", "\ufeffx", "\u2028\u2029", "\u202eيمين", "🦔" * 40, "x" * 5000, "=1+1",
    "=HYPERLINK(1)", "<script>alert(1)</script>", "]]>", "&amp;", "{{ 7*7 }}", "{label}", "%s%n", "NaN", "null", "None",
    "NULL", "#REF!", 'un "guillemet', "deux\nlignes", "a;b,c\td|e", "\\", "é" * 300, "ﬁ", "İ", "ß", "\u0301", "s", "nd",
    "s.s", "*", "-", "\ud7ff", "Ａ１", "'; drop table contrats; --", "../../etc", " \u00a0\u202f ", "\ufffd",
)  # fmt: skip
NUMBERS = (
    "9" * 40, "-" + "9" * 18, "1e999", "1E5", "-0", "-1", "∞", "inf", "nan", "12,5,3", "0x1A", "１２", "٣",
    "1 000 000,00", "1.000,5", "1,000.5", "0,0000000001", "745", "24:61", "26:30", "999:59", "26h30",
    "8.07469E+13", "1/3", "100 %", "007",
)  # fmt: skip
DATES = (
    "2025-02-30", "0000-00-00", "0001-01-01", "31/12/2199", "1899-12-30", "1900-02-29", "2040-01-01", "2099-01-01",
    "45000", "45000.5", "99999", "20000", "12/31/2025", "2025-07-01T00:00:00", "2025-07-01 23:59:59.999999", "20250701",
    "1/7/25", "hier", "01.07.2025", "2025-13", "13/2025", "2025", "juillet 2025", "2025-7-1", "29/02/2024",
    "9999-12-31", "-2025-01-01",
)  # fmt: skip
HEADERS = (
    "", " ", "ligne", "row", "index", "x" * 400, "é\x01", "id_remontee", "siren_adherent", "date_extraction",
    "periode_fin", "recue_le", "valeur", "colonne", "regle", "select", "\ufeffid", "nom_table", "*", "rang ",
    "RANG",
)  # fmt: skip
SIRETS = (SIRET[1:], SIRET + "0", "00010001600006", "8.07469E+13", OTHER_SIRET, SECOND_SIRET)
CODES = ("CDX", "cddi", "Contrat à durée déterminée d'insertion", "ÀCI", "03", "3.0", "77", "96")
FORBIDDEN = (NIR, "1 85 05 78 006 084 91", "camille@exemple.fr", "06 12 34 56 78")
PERIODS = ("2025T3", "2025T2", "2025-08", "2024T4")


# --- contents ----------------------------------------------------------------------------------------------------


def _some(rng: random.Random, tables: dict[str, list[list[str]]], kinds: tuple[str, ...] = ()) -> tuple:
    """(rows of a table, number of a column of one of `kinds`)."""
    found = [
        (rows, place)
        for name, rows in tables.items()
        for place, column in enumerate(rows[0])
        if not kinds or (column in FIELDS and FIELDS[column].kind in kinds)
    ]
    return rng.choice(found) if found else ([[""]], 0)


def _put(values: tuple[str, ...], kinds: tuple[str, ...] = ()) -> Callable:
    """Writes one of `values` into one cell in most cases, into a tenth or most of a column in some."""

    def change(rng: random.Random, tables: dict[str, list[list[str]]]) -> None:
        rows, place = _some(rng, tables, kinds)
        share = rng.choice((0.0, 0.0, 0.0, 0.1, 0.9))
        chosen = [row for row in rows[1:] if rng.random() < share] or rng.sample(rows[1:], min(1, len(rows) - 1))
        for row in chosen:
            row[place] = rng.choice(values)

    return change


def _repeat_rows(rng: random.Random, tables, contradicting: bool = False) -> None:
    rows, place = _some(rng, tables)
    for row in rng.sample(rows[1:], min(len(rows) - 1, rng.randint(1, 3))):
        again = list(row)
        if contradicting:
            again[place] = rng.choice((*TEXTS, *NUMBERS, *DATES, "2", "2025-03-01"))
        rows.insert(rng.randint(1, len(rows)), again)


def _drop_column(rng: random.Random, tables) -> None:
    rows, place = _some(rng, tables)
    for row in rows:
        del row[place]


def _add_column(rng: random.Random, tables) -> None:
    rows, place = _some(rng, tables)
    for number, row in enumerate(rows):
        row.insert(place, rng.choice(TEXTS if number else HEADERS))


def _rename_column(rng: random.Random, tables) -> None:
    rows, place = _some(rng, tables)
    rows[0][place] = rng.choice(HEADERS)


def _shuffle_columns(rng: random.Random, tables) -> None:
    for rows in tables.values():
        places = list(range(len(rows[0])))
        rng.shuffle(places)
        rows[:] = [[row[i] for i in places] for row in rows]


def _shuffle_rows(rng: random.Random, tables) -> None:
    for rows in tables.values():
        rest = rows[1:]
        rng.shuffle(rest)
        rows[1:] = rest


def _empty_table(rng: random.Random, tables) -> None:
    rows, _ = _some(rng, tables)
    del rows[rng.choice((0, 1)) :]
    if not rows:
        rows.append([""])


def _drop_table(rng: random.Random, tables) -> None:
    tables.pop(rng.choice(list(tables)), None)


def _add_table(rng: random.Random, tables) -> None:
    name = rng.choice(("feuille 1", "annexe", "contrats_2", "Contrats ", "instructions", "x" * 30, "é~"))
    tables[name] = [["a", "b"], ["1", rng.choice(TEXTS)], [rng.choice(DATES), ""]]


def _orphans(rng: random.Random, tables) -> None:
    _put(("JAMAIS-1", "JAMAIS-2"), ("identifier",))(rng, tables)


def _header(rng: random.Random, tables) -> None:
    rows = tables.get("remontee", [["champ", "valeur"]])
    rows.append([rng.choice(("periode", "siren_adherent", "date_extraction", "version_modele", "lignes_contrats",
                             "heures_total", "lignes_heures", "x")),
                 rng.choice((*NUMBERS, *DATES, *TEXTS, SIREN, "2025T5", "1.0", "20", ""))])  # fmt: skip


def _totals(rng: random.Random, tables) -> None:
    if "remontee" in tables:
        tables["remontee"] += [[f"lignes_{t}", str(len(rows) - 1)] for t, rows in tables.items() if t in COLUMNS]


def _forbidden(rng: random.Random, tables) -> None:
    rows, place = _some(rng, tables)
    if rng.random() < 0.3:
        rows[0][place] = rng.choice(("nom", "Prénom", "NIR", "courriel"))
    else:
        rows[-1][place] = rng.choice(FORBIDDEN)


ODDITIES: dict[str, Callable] = {
    "odd text": _put(TEXTS),
    "odd text in a text column": _put(TEXTS, ("text",)),
    "odd numbers": _put(NUMBERS, ("integer", "decimal", "duration_hours")),
    "numbers anywhere": _put(NUMBERS),
    "odd dates": _put(DATES, ("date", "month")),
    "dates anywhere": _put(DATES),
    "odd identifiers": _put((*TEXTS, *NUMBERS), ("identifier", "pass_iae")),
    "wrong SIRET": _put(SIRETS, ("siret",)),
    "odd codes": _put(CODES, ("code",)),
    "odd places": _put(("1004", "2a004", "20004", "99999", "75056", "97105", "353"), ("commune",)),
    "empty cells": _put(("", " ")),
    "a cell filled": _put(("oui", "1", "2025-07-01", "35238", "CDI")),
    "repeats": _repeat_rows,
    "contradictions": lambda rng, tables: _repeat_rows(rng, tables, contradicting=True),
    "a column less": _drop_column,
    "a column more": _add_column,
    "an odd header": _rename_column,
    "columns shuffled": _shuffle_columns,
    "rows shuffled": _shuffle_rows,
    "a table without rows": _empty_table,
    "a table less": _drop_table,
    "a table more": _add_table,
    "orphans": _orphans,
    "an odd header sheet": _header,
    "totals": _totals,
    "forbidden": _forbidden,
}  # fmt: skip


# --- layouts -----------------------------------------------------------------------------------------------------


def _csv(separator: str = ";", encoding: str = "utf-8", end: str = "\r\n", box: bool = True) -> Callable:
    def pack(made: list[Sheet]) -> Files:
        files = csv_files(made, separator, encoding, end)
        return zipped(files) if box else files

    return pack


def _dressed(pack: Callable) -> Callable:
    return lambda made: pack(dressed(made, title=True, total=True, blank=True))


LAYOUTS: dict[str, Callable[[list[Sheet]], Files]] = {
    "zip": _csv(),
    "folder": _csv(box=False),
    "zip, comma, cp1252": _csv(",", "cp1252", "\n"),
    "zip, tab, mark": _csv("\t", "utf-8-sig"),
    "folder, pipe, cp1252": _csv("|", "cp1252", box=False),
    "folder, old Mac": _csv(end="\r", box=False),
    "zip, UTF-16": _csv("\t", "utf-16"),
    "zip, UTF-16 without mark": _csv(";", "utf-16-le"),
    "workbook": workbook,
    "open document": open_document,
    "zip, title and total": _dressed(_csv()),
    "workbook, title and total": _dressed(workbook),
    "a zip in a zip": lambda made: zipped(zipped(csv_files(made))),
    "a workbook among files": lambda made: csv_files(made[:1]) | {"b.xlsx": workbook(made[1:])["remontee.xlsx"]},
    "everything in one file": lambda made: {"tout.csv": b"".join(csv_files(made).values())},
    "names of nothing": lambda made: {f"{i}.dat": c for i, c in enumerate(csv_files(made).values())},
}


# --- spoiled bytes -----------------------------------------------------------------------------------------------


def _flip(rng: random.Random, data: bytes) -> bytes:
    spoiled = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        spoiled[rng.randrange(len(spoiled))] = rng.randrange(256)
    return bytes(spoiled)


def _insert(rng: random.Random, data: bytes) -> bytes:
    at, more = rng.randrange(len(data) + 1), rng.choice((b"\x00", b'"', b";", b"\n", b"\xff\xfe", rng.randbytes(20)))
    return data[:at] + more + data[at:]


def _delete(rng: random.Random, data: bytes) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + data[at + rng.choice((1, 1, 2, 30, 500)) :]


def _truncate(rng: random.Random, data: bytes) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def _double_lines(rng: random.Random, data: bytes) -> bytes:
    lines = data.split(b"\n")
    at = rng.randrange(len(lines))
    return b"\n".join(lines[:at] + lines[at : at + 2] * 2 + lines[at + 2 :])


def _shuffle_lines(rng: random.Random, data: bytes) -> bytes:
    lines = data.split(b"\n")
    rng.shuffle(lines)
    return b"\n".join(lines)


def _swap_separators(rng: random.Random, data: bytes) -> bytes:
    old, new = rng.sample((b";", b",", b"\t", b"|", b"\n", b" "), 2)
    return data.replace(old, new, rng.choice((1, 3, -1)))


def _twice(rng: random.Random, data: bytes) -> bytes:
    return data + data


def _corrupt_member(rng: random.Random, data: bytes) -> bytes:
    """One file inside a zip (of CSV or of XML) spoiled, and packed again with a checksum that fits."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            contents = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    except (zipfile.BadZipFile, zlib.error, RuntimeError, OSError, EOFError, ValueError):
        return _flip(rng, data)  # spoiled already
    name = rng.choice(sorted(contents))
    contents[name] = MUTATIONS[rng.choice(_OF_CONTENT)](rng, contents[name] or b"x")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, content in contents.items():
            archive.writestr(zipfile.ZipInfo(each), content)
    return packed.getvalue()


MUTATIONS: dict[str, Callable[[random.Random, bytes], bytes]] = {
    "flip": _flip,
    "insert": _insert,
    "delete": _delete,
    "truncate": _truncate,
    "double lines": _double_lines,
    "shuffle lines": _shuffle_lines,
    "swap separators": _swap_separators,
    "twice": _twice,
    "corrupt member": _corrupt_member,
}
_OF_CONTENT = ("flip", "insert", "delete", "truncate", "double lines", "shuffle lines", "swap separators", "twice")
#: These may push a person's number under the name of a column that is nobody's: then nothing says that it is one.
SHIFTING = {"flip", "insert", "delete", "swap separators", "corrupt member"}


def spoiled(rng: random.Random, data: bytes, mutations: tuple[str, ...]) -> bytes:
    for mutation in mutations:
        data = MUTATIONS[mutation](rng, data or b"x")
    return data


# --- a deposit ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Recipe:
    """Everything that a generated deposit depends on. `seed` draws what the names leave open."""

    siren: str
    period: str
    people: int
    layout: str
    oddities: tuple[str, ...]
    mutations: tuple[str, ...]
    seed: int

    @property
    def keeps_cells_in_place(self) -> bool:
        return not SHIFTING & set(self.mutations) and self.layout != "everything in one file"

    def files(self, marker: int = 0) -> Files:
        """The deposit; persons carry `secrets_of(marker)`."""
        rng = random.Random(self.seed)
        tables = {
            name: [list(rows[0]), *(list(row.values()) for row in rows)]
            for name, rows in a_small_return(self.siren, self.period, self.people, marker).items()
            if rows
        }
        for oddity in self.oddities:
            if tables:
                ODDITIES[oddity](rng, tables)
        packed = LAYOUTS[self.layout](list(tables.items()))
        for name in rng.sample(sorted(packed), min(len(packed), rng.randint(1, 2))):
            packed[name] = spoiled(rng, packed[name], self.mutations)
        return packed


def secrets_of(marker: int) -> tuple[str, str]:
    """How a member's numbers of persons, and PASS IAE numbers, begin in the deposit with this marker."""
    return f"PRIV{marker % 10000:04}-", f"ZQ{marker % 1000:03}00000"


def a_small_return(siren: str, period: str, people: int, marker: int = 0) -> Tables:
    """The return of `intake`, of few people, with persons that can be found again."""
    number, agreement = secrets_of(marker)
    siret, kind = SENDERS.get(siren, (OTHER_SIRET, "AI"))
    known = {f"MATRICULE-{i:04}" for i in range(1, people + 1)}
    contracts = {f"C{i}" for i in range(1, people + 1)}
    tables = {}
    for table, rows in a_return(SIREN if siren in SENDERS else siren, period).items():
        kept = [
            row for row in rows
            if row.get("id_salarie", "MATRICULE-0001") in known | {"MATRICULE-0001"}
            and row.get("id_contrat", "C1") in contracts | {"C1"}
        ]  # fmt: skip
        tables[table] = [
            {
                column: siret if column == "siret" else kind if column == "type_structure"
                else text.replace("MATRICULE-", number) if column == "id_salarie"
                else agreement + text[-2:] if column == "pass_iae"
                else siren if text == SIREN
                else text
                for column, text in row.items()
            }
            for row in kept
        ]  # fmt: skip
    return tables


#: Layouts that are read without ado: half of all deposits, so that what is in them gets judged.
EASY = ("zip", "folder", "zip, comma, cp1252", "workbook", "open document")


def recipes() -> st.SearchStrategy[Recipe]:
    """Half in an easy layout, two thirds not spoiled: most deposits must get as far as being judged row by row."""
    spoiling = st.lists(st.sampled_from(tuple(MUTATIONS)), min_size=1, max_size=2).map(tuple)
    return st.builds(
        Recipe,
        siren=st.sampled_from(tuple(SENDERS)),
        period=st.sampled_from(PERIODS),
        people=st.integers(1, 20),
        layout=st.one_of(st.sampled_from(EASY), st.sampled_from(tuple(LAYOUTS))),
        oddities=st.lists(st.sampled_from(tuple(ODDITIES)), max_size=3).map(tuple),
        mutations=st.one_of(st.just(()), st.just(()), spoiling),
        seed=st.integers(0, 2**32 - 1),
    )
