"""Parts of a deposit -> its tables as text, and the header of the return.

Here: names of tables and columns, total rows, what must not be received, the sheet `remontee`. Not here: bytes,
encodings, archives (`formats.py`), whether a value is right (`contracts`), how much may be wrong (`judging.py`).
Nothing is guessed: what cannot be read is a Problem, never an empty table.
"""

import logging
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import PurePosixPath

import polars as pl

from contracts import FIELDS, RETURN_TABLES
from contracts.codes import plain
from contracts.documents import EXPLAINING_SHEETS, example_row
from contracts.french import agreed
from contracts.parsing import parsed
from orchestration.returns import adapters
from orchestration.returns.formats import AGAIN, SURE, Part, Reader, UnreadableError
from orchestration.returns.periods import Period

LOG = logging.getLogger("territoires")
HEADER_TABLE = "remontee"
#: In a correction: the line that a row has in the return it corrects. The file calls it `ligne`, see `formats.framed`.
CORRECTED_LINE = "ligne_2"
_HEADER_COLUMNS = {"champ", "valeur"}
_TABLES = {contract.table: contract for contract in RETURN_TABLES}
_HEADER_NAMES = {
    "siren_adherent", "periode", "version_modele", "date_extraction", "corrige", "heures_total",
    *(f"lignes_{table}" for table in _TABLES),
}  # fmt: skip
_COLUMNS = {column for contract in RETURN_TABLES for column in contract.columns}
_FORBIDDEN_COLUMNS = {
    "nom", "nom usage", "nom naissance", "nom salarie", "prenom", "prenoms", "prenom salarie", "nom prenom", "email",
    "nom de famille", "nom de naissance", "nom d usage", "nom du salarie", "prenom du salarie", "adresse mail",
    "adresse e mail", "adresse email", "adresse courriel", "numero de telephone", "numero telephone", "no telephone",
    "telephone portable", "telephone mobile", "telephone fixe", "numero nir", "no securite sociale", "securite sociale",
    "e mail", "mail", "courriel", "telephone", "tel", "portable", "mobile", "adresse", "adresse postale", "nir",
    "numero securite sociale", "num secu", "numero de securite sociale", "date naissance", "date de naissance",
}  # fmt: skip
_NIR_WITH_KEY = r"^[1-478]\d{2}(0[1-9]|1[0-2]|[2-9]\d)(\d{2}|2[AB])\d{8}$"
_NIR_SOMEWHERE = re.compile(r"[1-478](?:[\s./_-]*\d){4}[\s./_-]*\d[\s./_-]*[\dABab](?:[\s./_-]*\d){6}")
_NIR_IN_A_SENTENCE = re.compile(
    r"(?<!\d)([12] ?\d{2} ?(?:0[1-9]|1[0-2]) ?(?:\d{2}|2[ABab]) ?\d{3} ?\d{3}[ /-]?\d{2})(?!\d)"
)
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]+[.][A-Za-z]{2,}")
_PHONE = re.compile(r"(?<![\d.-])0[1-9](?:[ .]\d{2}){4}(?![\d.-])")
_NIR_WITHOUT_KEY = r"^[1278]\d{2}(0[1-9]|1[0-2])(\d{2}|2[AB])\d{6}$"


@dataclass(frozen=True)
class Problem:
    """A reason to refuse a whole return: a rule of `contracts.rules`, what it is about, and the cell that shows it."""

    rule: str
    about: str = ""
    table: str | None = None
    line: int | None = None
    column: str | None = None
    value: str | None = None


@dataclass
class Reading:
    """What a deposit says: `tables` of text with a `ligne` column each, `header` champ -> valeur.

    `problems` refuse the return; `notes` are French sentences for the receipt about what was left aside.
    Rows of persons who were erased are not in `tables` (`forgotten.py`): `erased` has their lines, per table, where
    they were refused at the door, and `gone` where they were taken out later. `instead` is what the vault keeps in
    place of the files, when these held such rows. `is_whole`: a correction kept with what it was laid over.
    """

    tables: dict[str, pl.DataFrame] = field(default_factory=dict)
    header: dict[str, str] = field(default_factory=dict)
    period: Period | None = None
    extracted_on: date | None = None
    #: What the SIRETs of another software's export say, "" when they disagree: the deposit folder decides.
    siren_of_export: str | None = None
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    erased: dict[str, list[int]] = field(default_factory=dict)
    gone: dict[str, list[int]] = field(default_factory=dict)
    instead: "Reading | None" = None
    is_whole: bool = False

    def missing_lines(self, table: str) -> list[int]:
        """Lines that were there once."""
        return [*self.erased.get(table, []), *self.gone.get(table, [])]

    def copy(self) -> "Reading":
        """Another one, which is not altered by what becomes of this one."""
        copied = ("tables", "header", "problems", "notes", "erased", "gone")
        return replace(self, instead=None, **{name: type(getattr(self, name))(getattr(self, name)) for name in copied})

    def refuse(self, rule: str, about: str = "", **place) -> None:
        if (problem := Problem(rule, about, **place)) not in self.problems:
            self.problems.append(problem)


#: A row of sums that people add below, or between, their rows.
_TOTAL_WORDS = ("otal", "OTAL", "otaux", "OTAUX", "omme", "OMME")
_TOTAL = r"(?i)^\s*(?:sous[ -]?)?(?:total|totaux|somme)(?:\s|:|$)"


def read(contents: Iterable[tuple[str, bytes]], obstacles: Iterable[tuple[str, str]] = ()) -> Reading:
    """Reads the files of one deposit. Whatever is wrong is in `problems`; nothing is raised for bad input.

    `obstacles`: (rule, what about) of what `deposits` found before a byte was read.
    """
    reading, parts, is_whole = Reading(), [], True
    reader = Reader(_shown, _fit, reading.notes)
    for rule, about in obstacles:
        reading.refuse(rule, about)
        is_whole = False
    for rank, (name, content) in enumerate(contents, start=1):
        try:
            for part in reader.parts(name, rank, content):
                _refuse_forbidden(reading, part)
                parts.append(part)
        except UnreadableError as error:  # the others are read all the same: they may hold what must not be kept
            reading.refuse(error.rule, str(error))
            is_whole = False
        except Exception as error:  # one member's file, whatever is in it, must not stop the others
            LOG.exception("unforeseen failure while reading a deposit")
            reading.refuse("fichier_illisible", f"le fichier {_shown(name, rank)} ({type(error).__name__})")
            is_whole = False
    if not is_whole:
        return reading
    # The header first: it says whether the tables are whole, or a correction of some rows.
    is_foreign = [adapters.view_of(part) is not None for part in parts]
    examples: dict[str, bool] = {}
    own = [part for part, foreign in zip(parts, is_foreign, strict=True) if not foreign]
    others = [part for part, foreign in zip(parts, is_foreign, strict=True) if foreign]
    try:
        for part in sorted(own, key=lambda part: _plain_name(part.name) != HEADER_TABLE):
            _place(reading, part, examples)
        foreign = [replace(part, frame=_plainly_named(part.frame)) for part in others]
        for part in adapters.adapt(foreign, reading):
            _place(reading, part, examples)
    except Exception as error:  # as above: tables that nobody foresaw cost their own return
        LOG.exception("unforeseen failure while placing the tables of a deposit")
        reading.refuse("fichier_illisible", f"une table ({type(error).__name__})")
    reading.notes += _of_examples(examples)
    understand_header(reading)
    if not reading.tables and not reading.problems:
        reading.refuse("aucune_table")
    return reading


def _of_examples(found: dict[str, bool]) -> list[str]:
    """One sentence about the example rows of the template, however many sheets hold one."""
    if not found:
        return []
    alone = [table for table, has_more in found.items() if not has_more]
    unsent = f" Sans autre ligne, donc non envoyée{'s' * (len(alone) > 1)} : {', '.join(alone)}." if alone else ""
    return [f"La ligne d'exemple du modèle est laissée de côté ({', '.join(found)}).{unsent}"]


def _fit(names: set[str]) -> int:
    """How well plain names fit the header of one of our tables."""
    is_ours = names >= _HEADER_COLUMNS or any(contract.mandatory <= names for contract in RETURN_TABLES)
    if is_ours or adapters.view_with(names):
        return SURE
    return len(names & _COLUMNS)


def _shown(name: str, rank: int) -> str:
    """What a receipt calls a file: the name of its table, else its rank; members put names of persons in file names."""
    stem, ending = PurePosixPath(name).stem, PurePosixPath(name).suffix
    known = plain(stem).replace(" ", "_") in (HEADER_TABLE, *_TABLES) or Period.parse(stem)
    return name if known else f"n° {rank}{f' ({ending})' if re.fullmatch(r'[.][A-Za-z]{2,4}', ending) else ''}"


def _place(reading: Reading, part: Part, examples: dict[str, bool]) -> None:
    """Puts one part where its name, else its columns, say: the header, a table, or nowhere (and says so).

    `examples`: tables that held the example of the template, and whether they hold anything else.
    """
    name, frame = part.name, _plainly_named(part.frame)
    named, table = _plain_name(name), _table_of(name, frame.columns)
    if table == HEADER_TABLE:
        if set(frame.columns) >= _HEADER_COLUMNS:
            pairs = frame.select("champ", "valeur").drop_nulls().iter_rows()
            said = {plain(key).replace(" ", "_"): value.strip() for key, value in pairs}
            reading.header |= {name: value for name, value in said.items() if name in _HEADER_NAMES}
            if strange := len(said.keys() - _HEADER_NAMES):  # whatever they say, of whomever, is kept nowhere
                reading.notes.append(
                    f"Table {HEADER_TABLE} : {agreed(strange, 'champ(s) inconnu(s) laissé(s) de côté.')}"
                )
    elif table is None:
        if frame.height and _plain_name(name) not in EXPLAINING_SHEETS:
            reading.notes.append(f"La feuille ou le fichier {part.shown} n'est pas une table connue : non lu.")
    elif table in reading.tables:
        reading.refuse("table_en_double", table)
    elif frame.columns == ["ligne"] or not frame.columns:
        reading.notes.append(f"La table {table} est entièrement vide, sans même ses colonnes : non lue.")
    else:
        rows = _table(reading, table, frame, part.text)
        kept = _without_example(table, rows)
        if kept.height < rows.height:
            examples[table] = bool(kept.height)
        if kept.height or not rows.height:
            reading.tables[table] = kept
    if table and table != named and named in (HEADER_TABLE, *_TABLES):
        reading.notes.append(f"La feuille ou le fichier {named} a les colonnes de « {table} » : lu comme « {table} ».")


def _plainly_named(frame: pl.DataFrame) -> pl.DataFrame:
    """Column names without accents, case and punctuation; one of ours that is there again is marked AGAIN."""
    seen: Counter[str] = Counter()
    names = []
    for given in frame.columns:
        name = _plain_name(given.partition(AGAIN)[0])
        seen[name] += 1
        again = f"{AGAIN if name in _COLUMNS else '_'}{seen[name]}" if seen[name] > 1 else ""
        names.append(f"{name}{again}")
    return frame.rename(dict(zip(frame.columns, names, strict=True))) if len(set(names)) == len(names) else frame


def _plain_name(name: str) -> str:
    return plain(name).replace(" ", "_")


def _table_of(name: str, columns: list[str]) -> str | None:
    """The table a sheet or file is: the one that its name says, unless its columns clearly say another."""
    named = _plain_name(name)
    given = set(columns)
    if given >= _HEADER_COLUMNS:
        return HEADER_TABLE
    shared = {contract.table: len(given.intersection(contract.columns)) for contract in RETURN_TABLES}
    if named in _TABLES and given >= _TABLES[named].mandatory:
        return named
    fitting = {c.table: shared[c.table] for c in RETURN_TABLES if c.mandatory <= given}
    best = [table for table, count in fitting.items() if count == max(fitting.values())]
    if named in _TABLES or named == HEADER_TABLE:
        return best[0] if len(best) == 1 and fitting[best[0]] > shared.get(named, 0) else named
    return best[0] if len(best) == 1 else None


def _table(reading: Reading, table: str, frame: pl.DataFrame, text: str) -> pl.DataFrame:
    """Rows that hold something, as text, with the columns that the layout knows."""
    frame = _once(reading, table, frame)
    given = [c for c in frame.columns if c != "ligne"]
    known = [c for c in _TABLES[table].columns if c in given]
    ours = {CORRECTED_LINE, "a_corriger"} & set(given)  # our own workbook of corrections, sent back
    is_correction = bool(reading.header.get("corrige"))
    if len(ours) == 2 and not is_correction:
        reading.refuse("correction_sans_remontee", table=table)
    missing = [] if is_correction else sorted(_TABLES[table].mandatory - set(known))
    for column in missing:
        reading.refuse("colonne_absente", f"{column} ({table})")
    # Without a header the "columns" are the cells of a person's row: they must not reach the receipt.
    strange = [c for c in given if c not in known and not (is_correction and c in ours)]
    if strange and not missing:
        named = [c for c in strange if c in FIELDS]  # any other name may be a cell that slipped into the header
        listed = f", dont {', '.join(named)}" if named else ""
        reading.notes.append(
            f"Table {table} : {agreed(len(strange), 'colonne(s) inconnue(s) laissée(s) de côté')}{listed}."
        )
    # Formulas, quotes and open documents make cells of empty text; a row of them holds nothing.
    # Columns are not named here: a header such as * would stand for all of them.
    given_cells = pl.exclude("ligne")
    cells = pl.when(given_cells != "").then(given_cells).name.keep()
    rows = frame.lazy().with_columns(cells).filter(pl.any_horizontal(given_cells.is_not_null()))
    rows = rows.with_columns(pl.col("ligne").cast(pl.Int64)).collect()
    if any(word in text for word in _TOTAL_WORDS):
        rows = _without_totals(reading, table, rows)
    return rows[["ligne", *([CORRECTED_LINE] if is_correction and CORRECTED_LINE in ours else []), *known]]


def _once(reading: Reading, table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The table without the columns that only say again what another of the same name says; refuses what differs."""
    again = [c for c in frame.columns if AGAIN in c and c.partition(AGAIN)[0] in _TABLES[table].columns]
    said = frame.select(pl.col(pl.String).str.strip_chars().fill_null("")) if again else frame
    for column in again:
        name = column.partition(AGAIN)[0]
        if not said[column].equals(said[name]):
            reading.refuse("colonne_en_double", f"{name} ({table})")
    return frame.drop(again)


def _without_example(table: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows but for the example of the template, where it was left as it is in every cell."""
    example = example_row(_TABLES[table])
    first = _TABLES[table].columns[0]
    if not set(example) <= set(rows.columns) or not (rows[first] == example[first]).any():
        return rows
    untouched = pl.all_horizontal(pl.col(c).fill_null("").str.strip_chars() == text for c, text in example.items())
    return rows.filter(~untouched)


def _without_totals(reading: Reading, table: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Sets aside rows that begin with the word total, whose key says nothing else, and that are no whole row."""
    contract, given = _TABLES[table], [c for c in rows.columns if c != "ligne"]
    if not given or contract.mandatory - set(given):
        return rows
    says_total = pl.coalesce(pl.exclude("ligne")).str.contains(_TOTAL)
    keys_are_free = pl.all_horizontal(
        pl.col(c).is_null() | pl.col(c).str.contains(_TOTAL) for c in contract.key if c in given
    )
    lacks = pl.any_horizontal(pl.col(c).is_null() for c in sorted(contract.mandatory))
    is_total = rows.select((says_total & keys_are_free & lacks).fill_null(False)).to_series()
    if is_total.any():
        lines = ", ".join(map(str, rows.filter(is_total)["ligne"].head(5)))
        reading.notes.append(
            f"Table {table} : {agreed(is_total.sum(), 'ligne(s) de total laissée(s) de côté')} (ligne {lines})."
        )
        rows = rows.filter(~is_total)
    return rows


def _refuse_forbidden(reading: Reading, part: Part) -> None:
    frame, text = _plainly_named(part.frame), part.text
    for column in frame.columns:
        if plain(column) in _FORBIDDEN_COLUMNS:
            reading.refuse("donnee_interdite", f"la colonne {column}")
    for column in adapters.personal_columns(part):
        reading.refuse("donnee_interdite", f"la colonne {column} de l'export")
    if "@" in text and _EMAIL.search(text):
        reading.refuse("donnee_interdite", "une adresse de courriel")
    if _PHONE.search(text):
        reading.refuse("donnee_interdite", "un numéro de téléphone")
    if not _NIR_SOMEWHERE.search(text):  # one pass over the whole table; columns are looked at on a hit
        return
    if any(_nir_key_fits(re.sub(r"[ /-]", "", found).upper()) for found in _NIR_IN_A_SENTENCE.findall(text)):
        reading.refuse("donnee_interdite", "un numéro de sécurité sociale")
        return
    columns = [c for c in frame.columns if frame[c].dtype == pl.String and "siret" not in c]
    for column in ("", *columns):
        below = frame[column].rename("") if column else pl.Series(part.above, dtype=pl.String)
        cells = pl.concat([pl.Series([column]), below])  # a file without header has a row as header
        digits = cells.str.replace_all(r"[\s./_-]", "").str.to_uppercase()
        keyed = digits.filter(digits.str.contains(_NIR_WITH_KEY)).unique()
        # Software numbers contracts and missions with 13 digits too: without a key, only a person's columns count.
        is_number_of_things = column.startswith("id_") and column != "id_salarie"
        if any(map(_nir_key_fits, keyed)) or (not is_number_of_things and digits.str.contains(_NIR_WITHOUT_KEY).any()):
            known = any(column in contract.columns for contract in RETURN_TABLES)
            place = f"colonne {column}" if known else "hors des colonnes du modèle"
            reading.refuse("donnee_interdite", f"un numéro de sécurité sociale, {place}")


def _nir_key_fits(text: str) -> bool:
    number = int(text[:13].replace("2A", "19").replace("2B", "18"))
    return 97 - number % 97 == int(text[13:])


def understand_header(reading: Reading) -> None:
    """Period and date of extraction from the texts of the header, or why they cannot be had."""
    for needed in ("siren_adherent", "periode"):
        is_known = needed == "siren_adherent" and reading.siren_of_export is not None
        if not reading.header.get(needed) and not is_known:
            reading.refuse("entete_absente", needed)
    if reading.header.get("version_modele", "1").removesuffix(".0") != "1":
        reading.refuse("version_inconnue")
    if reading.header.get("periode"):
        reading.period = Period.parse(reading.header["periode"])
        if reading.period is None:
            reading.refuse("periode_illisible")
    extracted = reading.header.get("date_extraction")
    if extracted:
        reading.extracted_on = parsed(pl.Series([extracted]), FIELDS["date_extraction"])[0]
        if reading.extracted_on is None:
            reading.refuse("extraction_illisible")
