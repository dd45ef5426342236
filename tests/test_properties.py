"""Nothing is lost, whatever is deposited: laws of the whole intake over thousands of generated and spoiled deposits.

Here: what holds for every deposit. Not here: how deposits are generated (`generated.py`), single cases with their
expected verdict (the rooms' own tests). The costly laws are tried twice: on some hundreds of deposits in every run of
the suite, on other thousands in the slow part. `make fuzz` runs this module on other seeds for as long as one likes.
"""

import html.parser
import json
import logging
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import zip_longest
from pathlib import Path

import fastexcel
import polars as pl
import pytest
from generated import (
    GOOD_SIREN,
    MEMBERS_CSV,
    MUTATIONS,
    Recipe,
    a_small_return,
    recipes,
    secrets_of,
    spoiled,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from intake import a_return, as_open_document, as_workbook, as_zip, csv_bytes, deposit, lake, landed, places_of, tree
from layouts import Files, csv_files, zipped

from contracts import CONTRACTS, RETURN_TABLES, validate
from orchestration.resources import Keyring, Storage
from orchestration.returns import deposits, publishing, reading, receipts
from orchestration.returns.judging import Judgement, judge

#: Deposits judged by this module, by verdict, counted by its tests; the slow ones judge so many by themselves.
JUDGED: Counter[str] = Counter()
LEAST = 3000
#: One noon for all: a batch judged in memory does not depend on the clock.
NOON = int(datetime(2026, 1, 15, 12).timestamp()) * 10**9

KEYS = {
    "structures": ["siret", "type_structure"], "salaries": ["id_salarie"], "contrats": ["id_contrat"],
    "missions": ["id_mission"], "heures": ["id_contrat", "mois"], "sorties": ["id_salarie", "siret", "type_structure"],
    "formations": ["id_salarie", "date_debut"], "activites": ["id_activite"], "cooperations": ["id_action"],
    "annexes_financieres": ["numero_annexe"], "bilans": ["siret", "type_structure", "date_debut"],
}  # fmt: skip
ORDERED = [("date_debut", "date_fin"), ("date_debut", "date_fin_reelle"), ("date_debut", "date_fin_prevue")]
PARENTS = [("heures", "id_contrat", "contrats"), ("missions", "id_contrat", "contrats"), ("contrats", "id_salarie",
           "salaries"), ("sorties", "id_salarie", "salaries"), ("contrats", "siret", "structures")]  # fmt: skip
_TEXT, _MAYBE = str, (str, type(None))
RECEIPT = {
    "return_id": _TEXT, "siren": _TEXT, "period": _MAYBE, "received_at": _TEXT, "verdict": _TEXT, "repeats": _MAYBE,
    "tables": [{"table": _TEXT, "received": int, "accepted": int, "quarantined": int, "folded": int}],
    "failures": [{"table": _MAYBE, "line": (int, type(None)), "column": _MAYBE, "rule": _TEXT, "message": _TEXT,
                  "value": _MAYBE}],
    "notes": [_TEXT],
}  # fmt: skip


def some(share: float) -> settings:
    """A share of the examples of the profile in force (`tests/conftest.py`)."""
    return settings(max_examples=max(1, round(settings().max_examples * share)))


def batches(least: int, most: int) -> st.SearchStrategy[list[Recipe]]:
    return st.lists(recipes(), min_size=least, max_size=most)


def counted(judged: list[Judgement]) -> list[Judgement]:
    JUDGED.update("repeat" if judgement.repeats else judgement.verdict for judgement in judged)
    return judged


@contextmanager
def told(about: object) -> Iterator[None]:
    """A failure inside names the deposit it is about."""
    try:
        yield
    except AssertionError as error:
        error.add_note(f"about {about}")
        raise


# --- what holds of a receipt, and of accepted rows ---------------------------------------------------------------


def fits(value: object, shape: object) -> bool:
    """Has what `shape` says, and maybe more."""
    if isinstance(shape, dict):
        return isinstance(value, dict) and all(name in value and fits(value[name], shape[name]) for name in shape)
    if isinstance(shape, list):
        return isinstance(value, list) and all(fits(one, shape[0]) for one in value)
    return isinstance(value, shape)  # type: ignore[arg-type]


class _Balanced(html.parser.HTMLParser):
    """Every tag that is opened is closed, in order."""

    VOID = ("meta", "br", "hr", "img", "link", "input", "col")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, tag


def check_receipt(text: str, page: str, workbook: bytes) -> dict:
    """The three forms of one receipt."""
    receipt = json.loads(text)
    assert fits(receipt, RECEIPT), receipt
    assert receipt["verdict"] in ("accepted", "partial", "refused")
    for count in receipt["tables"]:
        parts = [count[name] for name in ("accepted", "quarantined", "folded")]
        assert count["received"] == sum(parts) and min(parts) >= 0, count
    if receipt["verdict"] != "accepted" and receipt["repeats"] is None:
        assert receipt["failures"], "whatever is set aside has a reason"
    if receipt["verdict"] == "refused":
        assert not any(count["accepted"] for count in receipt["tables"])
    for failure in receipt["failures"]:
        assert failure["message"].strip() and "{" not in failure["message"], failure
    parser = _Balanced()
    parser.feed(page)
    parser.close()
    assert not parser.open and '<html lang="fr">' in page
    assert fastexcel.read_excel(workbook).sheet_names
    return receipt


def luhn(digits: str) -> bool:
    weighed = [int(d) * (2 if i % 2 else 1) for i, d in enumerate(digits[::-1])]
    return sum(w // 10 + w % 10 for w in weighed) % 10 == 0


def check_rows(table: str, rows: pl.DataFrame, facts: pl.DataFrame) -> None:
    """Accepted rows are valid: by the contract, and by a checker that shares nothing with it.

    `facts`: siren_adherent, id_remontee, date_extraction and periode_fin of each return.
    """
    contract = CONTRACTS["returns", table]
    assert rows.schema == contract.polars_schema
    again = rows.join(facts, on=["siren_adherent", "id_remontee"], how="left", maintain_order="left")
    if "pass_iae" in rows.columns:  # a pseudonym by now
        assert rows["pass_iae"].drop_nulls().str.contains("^[0-9a-f]{32}$").all()
        again = again.with_columns(pass_iae=pl.when(pl.col("pass_iae").is_not_null()).then(pl.lit("999990000000")))
    verdict = validate(again, contract)
    assert verdict.failures.is_empty() and verdict.folded.is_empty(), verdict.failures
    assert verdict.accepted.height == rows.height
    assert not rows.select("siren_adherent", "id_remontee", *KEYS[table]).is_duplicated().any()
    assert rows.select(pl.any_horizontal(pl.col(KEYS[table]).is_null().any())).item() is False
    if "siret" in rows.columns:
        assert all(len(s) == 14 and luhn(s) for s in rows["siret"].unique())
        assert rows.filter(~pl.col("siret").str.starts_with(pl.col("siren_adherent"))).is_empty()
    for start, end in ORDERED:
        if {start, end} <= set(rows.columns):
            assert rows.filter(pl.col(end) < pl.col(start)).is_empty()
    for column in rows.select(pl.col(pl.Float64)).columns:
        assert rows[column].drop_nulls().is_finite().all() and (rows[column].drop_nulls() >= 0).all(), column
    if table == "heures":
        assert (rows["heures_travaillees"] <= 31 * 24).all()


def returns_in(registry: pl.DataFrame) -> pl.DataFrame:
    read = pl.coalesce("date_extraction", pl.col("recue_le").dt.date()).alias("date_extraction")
    return registry.select("siren_adherent", "id_remontee", read, "periode_fin").unique()


class Unforeseen(logging.Handler):
    """What the intake's last nets caught: it costs one return only, but the member is not told what to mend."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(record)


@pytest.fixture
def unforeseen() -> Iterator[Unforeseen]:
    handler, logger = Unforeseen(), logging.getLogger("territoires")
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)


def assert_all_foreseen(unforeseen: Unforeseen) -> None:
    found, unforeseen.found = unforeseen.found, []
    assert not found, [record.exc_info for record in found]


# --- homes -------------------------------------------------------------------------------------------------------


@pytest.fixture
def homes(tmp_path: Path) -> Iterator[object]:
    """A new home at each call, with the members of `generated`."""
    numbers = iter(range(10**9))

    def new() -> Storage:
        home = Storage(tmp_path / f"{next(numbers)}" / "home")
        home.home.mkdir(parents=True)
        home.members_csv.write_text(MEMBERS_CSV, encoding="utf-8")
        return home

    return new


def a_good_one(number: int) -> Files:
    """A return without fault of the member that sends no other kind; no two numbers give the same bytes."""
    tables = a_small_return(GOOD_SIREN, "2025T3", 2 + number % 3)
    tables["remontee"] = [*tables["remontee"], {"champ": "logiciel", "valeur": str(number)}]
    return {"remontee.zip": as_zip(tables)}


def in_memory(siren: str, files: Files, number: int) -> deposits.Deposit:
    paths = tuple(Path(name) for name in sorted(files))
    one = deposits.Deposit(siren, (), paths, NOON + number * 1000)
    one.__dict__["contents"] = sorted(files.items())
    return one


# --- laws --------------------------------------------------------------------------------------------------------


def _forms(judgement: Judgement) -> tuple[str, str, bytes]:
    receipt = receipts.as_dict(judgement)
    text = json.dumps(receipt, ensure_ascii=False)
    return text, receipts.as_page(receipt), receipts.as_workbook(judgement, receipt)


#: A large batch costs little more to judge than a small one.
@some(0.05)
@given(batch=batches(60, 66))
def test_every_deposit_is_judged_whole_and_alike_every_time(unforeseen, known, batch):
    every_deposit_is_judged_whole_and_alike_every_time(unforeseen, known, batch)


@pytest.mark.slow
@some(0.4)
@given(batch=batches(60, 66))
def test_thousands_of_deposits_are_judged_whole_and_alike_every_time(unforeseen, known, batch):
    every_deposit_is_judged_whole_and_alike_every_time(unforeseen, known, batch)


def every_deposit_is_judged_whole_and_alike_every_time(unforeseen, known, batch: list[Recipe]) -> None:
    """In memory, so that it is cheap: no exception, conservation, a receipt in three forms, valid rows, same bytes."""
    storage, keyring = known
    made = [(r.siren, r.files(number)) for number, r in enumerate(batch)] + [(GOOD_SIREN, a_good_one(1))]
    ready = [in_memory(siren, files, number) for number, (siren, files) in enumerate(made)]
    about = [*batch, "the good one"]

    def judged(some: list[deposits.Deposit]) -> list[Judgement]:
        pairs = [(one, reading.read(one.contents)) for one in some]
        return judge(pairs, publishing._known(storage, {one.siren for one in some}), keyring)

    first, second = judged(ready), judged(ready[:8])  # nothing that comes later changes what is said of a return
    counted(first)
    assert [j.deposit for j in first] == ready
    assert_all_foreseen(unforeseen)
    assert first[-1].verdict == "accepted", "another member's return goes through whatever the others send"
    for recipe, one, again in zip_longest(about, first, second):
        with told(recipe):
            forms = _forms(one)
            check_receipt(*forms)
            if again:
                assert forms == _forms(again)
                assert all(one.rows[table].equals(again.rows[table]) for table in one.rows)
            for table, number in one.tables.items():
                kept = one.rows[table].height if table in one.rows else 0
                assert kept == number.accepted, table
    facts = pl.DataFrame(
        [
            (j.deposit.siren, j.deposit.return_id, j.reading.extracted_on or j.deposit.received_at.date(),
             j.reading.period.end)
            for j in first if j.reading.period
        ],
        schema=["siren_adherent", "id_remontee", "date_extraction", "periode_fin"], orient="row",
    )  # fmt: skip
    for contract in RETURN_TABLES:
        rows = pl.concat([contract.empty, *(j.rows[contract.table] for j in first if contract.table in j.rows)])
        check_rows(contract.table, rows, facts)


@pytest.fixture
def known(homes) -> tuple[Storage, Keyring]:
    """A home that has taken nothing in, to judge against."""
    home = homes()
    keyring = Keyring.open(home)
    publishing.prepare_lake(home)
    return home, keyring


@some(0.04)
@given(batch=batches(18, 24))
def test_a_home_loses_nothing_and_keeps_nothing_it_should_not(homes, unforeseen, batch):
    a_home_loses_nothing_and_keeps_nothing_it_should_not(homes, unforeseen, batch)


@pytest.mark.slow
@some(0.22)
@given(batch=batches(18, 24))
def test_hundreds_of_deposits_on_disk_leave_nothing_they_should_not(homes, unforeseen, batch):
    a_home_loses_nothing_and_keeps_nothing_it_should_not(homes, unforeseen, batch)


def a_home_loses_nothing_and_keeps_nothing_it_should_not(homes, unforeseen, batch: list[Recipe]) -> None:
    """Through the real intake, on disk: every law of the house about what a pass leaves behind."""
    home = homes()
    keyring = Keyring.open(home)
    for siren in (GOOD_SIREN, *{recipe.siren for recipe in batch}):
        deposit(home, {"remontee.zip": as_zip(a_small_return(siren, "2025T1", 3))}, siren)
    begun = counted(publishing.take_in(home, keyring))
    assert all(judgement.verdict == "accepted" for judgement in begun)
    before = {table: lake(home, table) for table in KEYS}

    owners: dict[str, object] = {}
    for number, recipe in enumerate(batch):
        placed = deposit(home, recipe.files(number), recipe.siren)
        owners[placed.name] = recipe
    owners[deposit(home, a_good_one(1), GOOD_SIREN).name] = "the good one"
    judged = counted(publishing.take_in(home, keyring))

    assert [j.deposit.place[0].name for j in judged] == list(owners), "a receipt for every deposit, in order"
    assert not landed(home) and not list(home.landing.glob("*/*"))
    assert_all_foreseen(unforeseen)
    assert judged[-1].verdict == "accepted"
    registry = lake(home, "remontees")
    after = {table: lake(home, table) for table in KEYS}
    for judgement in judged:
        recipe = owners[judgement.deposit.place[0].name]
        with told(recipe):
            _check_on_disk(home, judgement, registry, after)
    earlier = pl.Series([judgement.deposit.return_id for judgement in begun])
    for table, rows in after.items():
        assert rows.filter(pl.col("id_remontee").is_in(earlier.implode())).equals(before[table]), table
        check_rows(table, rows, returns_in(registry))
    for child, column, parent in PARENTS:
        pair = ["siren_adherent", column]
        assert after[child].join(after[parent], on=pair, how="anti").filter(pl.col(column).is_not_null()).is_empty()
    secrets = [s for number, r in enumerate(batch) if r.keeps_cells_in_place for s in secrets_of(number)]
    assert not places_of(home, *secrets) if secrets else True

    state = tree(home)
    assert publishing.take_in(home, keyring) == [] and tree(home) == state, "nothing left to do"


def _check_on_disk(home: Storage, judgement: Judgement, registry: pl.DataFrame, after: dict[str, pl.DataFrame]) -> None:
    siren, return_id = judgement.deposit.siren, judgement.deposit.return_id
    base = home.receipts / siren / return_id
    receipt = check_receipt(
        base.with_suffix(".json").read_text(encoding="utf-8"),
        base.with_suffix(".html").read_text(encoding="utf-8"),
        base.with_suffix(".xlsx").read_bytes(),
    )
    assert (receipt["siren"], receipt["return_id"], receipt["verdict"]) == (siren, return_id, judgement.verdict)
    listed = {row["nom_table"]: row for row in registry.filter(id_remontee=return_id).iter_rows(named=True)}
    for count in receipt["tables"]:
        table = count["table"]
        rows = after[table].filter(id_remontee=return_id).height
        assert rows == count["accepted"], table
        if judgement.reading.period:
            row = listed.pop(table)
            parts = [row[f"lignes_{name}"] for name in ("recues", "acceptees", "quarantaine", "repliees")]
            assert parts == [count[name] for name in ("received", "accepted", "quarantined", "folded")]
            assert row["retenue"] or rows == 0
        aside = home.quarantine / table / f"{siren}-{return_id}.parquet"
        if aside.exists():
            assert pl.read_parquet(aside).height == count["quarantined"]
    assert not listed, "the registry knows no table that the receipt does not name"
    sealed = (home.vault / siren / f"{return_id}.sealed").exists()
    assert sealed == judgement.keeps_original, "the original is kept, but for what must not be received"


@some(0.02)
@given(batch=batches(6, 12))
def test_many_returns_in_one_pass_are_judged_as_one_by_one(homes, batch):
    many_returns_in_one_pass_are_judged_as_one_by_one(homes, batch)


@pytest.mark.slow
@some(0.09)
@given(batch=batches(6, 12))
def test_more_returns_in_one_pass_are_judged_as_one_by_one(homes, batch):
    many_returns_in_one_pass_are_judged_as_one_by_one(homes, batch)


def many_returns_in_one_pass_are_judged_as_one_by_one(homes, batch: list[Recipe]) -> None:
    together, apart = homes(), homes()
    files = [(recipe.siren, recipe.files(number)) for number, recipe in enumerate(batch)]
    for siren, one in files:
        deposit(together, one, siren)
    at_once = counted(publishing.take_in(together, Keyring.open(together)))
    one_by_one = []
    for siren, one in files:
        deposit(apart, one, siren)
        one_by_one += counted(publishing.take_in(apart, Keyring.open(apart)))
    for recipe, one, other in zip(batch, at_once, one_by_one, strict=True):
        with told(recipe):
            assert _outcome(one) == _outcome(other)
    for table in KEYS:
        rows = [lake(home, table).drop("id_remontee").sort(pl.all(), nulls_last=True) for home in (together, apart)]
        assert rows[0].equals(rows[1]), table


def _outcome(judgement: Judgement) -> dict:
    receipt = receipts.as_dict(judgement)
    return {name: receipt[name] for name in ("period", "verdict", "tables", "failures", "notes")} | {
        "repeats": receipt["repeats"] is not None
    }


@some(0.1)
@given(recipe=recipes())
def test_a_check_without_storing_says_what_the_receipt_will_say(homes, recipe):
    home = homes()
    folder = home.home.parent / "files"
    folder.mkdir()
    for name, content in recipe.files().items():
        (folder / name).write_bytes(content)
    (said,) = counted([publishing.judge_only(home, sorted(folder.iterdir()), recipe.siren)])
    deposit(home, recipe.files(), recipe.siren)
    (done,) = counted(publishing.take_in(home, Keyring.open(home)))
    assert _outcome(said) == _outcome(done)


CORPUS: dict[str, Files] = {
    "zip": {"a.zip": as_zip(a_return())},
    "workbook": {"a.xlsx": as_workbook(a_return())},
    "open document": {"a.ods": as_open_document(a_return())},
    "csv, cp1252": {"contrats.csv": csv_bytes(a_return()["contrats"], encoding="cp1252")},
    "csv, UTF-8": {"structures.csv": csv_bytes(a_return()["structures"], ",", "utf-8-sig", "\n")},
    "csv, UTF-16": {"salaries.csv": csv_bytes(a_return()["salaries"], "\t", "utf-16")},
    "a zip in a zip": zipped(zipped(csv_files([("heures", [["id_contrat", "mois"], ["C1", "2025-07"]])]))),
    "nothing": {"a.csv": b""},
}


@pytest.mark.parametrize("name", CORPUS)
@some(0.3)
@given(
    seed=st.integers(0, 2**32 - 1),
    mutations=st.lists(st.sampled_from(tuple(MUTATIONS)), min_size=1, max_size=4).map(tuple),
)
def test_whatever_the_bytes_reading_raises_nothing(unforeseen, name, seed, mutations):
    rng = random.Random(seed)
    for _ in range(10):
        contents = [(file, spoiled(rng, content, mutations)) for file, content in CORPUS[name].items()]
        found = reading.read(contents)
        assert found.problems or found.tables, "what cannot be read is a reason to refuse, never an empty return"
    assert_all_foreseen(unforeseen)


# --- small cases of the laws ---------------------------------------------------------------------------------------


def test_a_row_that_lost_a_separator_shows_no_number_of_a_person(homes):
    home = homes()
    number, agreement = secrets_of(7)
    files = {f"{table}.csv": csv_bytes(rows) for table, rows in a_small_return(GOOD_SIREN, "2025T3", 12, 7).items()}
    lines = files["contrats.csv"].split(b"\r\n")
    lines[3] = lines[3].replace(b";", b"", 1)  # every later cell is one column to the left of its name
    deposit(home, files | {"contrats.csv": b"\r\n".join(lines)}, GOOD_SIREN)
    (judgement,) = publishing.take_in(home, Keyring.open(home))
    assert judgement.verdict == "partial"
    assert not places_of(home, number, agreement)


@pytest.mark.parametrize(
    "path",
    [f"{GOOD_SIREN}/T3/envoi/a.zip", "a.zip", f"{GOOD_SIREN}/x.depot/.a.zip", f"{GOOD_SIREN}/T3.depot/a.zip.tmp"],
)
def test_no_file_waits_unseen_in_the_landing_folder(homes, path):
    home = homes()
    file = home.landing / path
    file.parent.mkdir(parents=True)
    file.write_bytes(a_good_one(1)["remontee.zip"])
    ready, arriving = deposits.pending(home, file.stat().st_ctime + 3600)
    assert file in [path for one in ready for path in one.paths] + arriving


@pytest.mark.slow
def test_thousands_of_deposits_were_judged(request, record_testsuite_property, capsys):
    """Last of the module: counts what the tests above have judged (and says nothing when not all slow ones ran)."""
    ran = {item.function.__name__ for item in request.session.items if item.path == request.path}
    total = JUDGED.total()
    record_testsuite_property("deposits_judged", total)
    with capsys.disabled():
        print(f"\n{total} deposits judged: {dict(JUDGED)}")
    if not ran >= SLOW or settings.get_current_profile_name() != "suite":
        return
    assert total >= LEAST
    # Deposits that are all refused, or all accepted, would prove little.
    for verdict in ("accepted", "partial", "refused"):
        assert JUDGED[verdict] > total / 20, verdict


SLOW = {name for name, test in globals().items() if pytest.mark.slow.mark in getattr(test, "pytestmark", ())}
