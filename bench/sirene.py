"""How long, and in how much memory, stocks of Sirene are judged and summarised: `python -m bench.sirene`.

Here: stocks made from row numbers, so that anything can be counted by construction; the two steps, each in a process of
its own; a bare scan of four columns as the floor; a row of `bench/results.json`. Not here: whether figures are right
(`tests/test_sirene.py`).
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import duckdb

RESULTS = Path(__file__).with_name("results.json")
EDITION, PUBLISHED = "2026-11", "2026-11-01"
ROUNDS = 3
STOCKS = {"etablissements": "StockEtablissement", "unites_legales": "StockUniteLegale",
          "historique": "StockEtablissementHistorique", "successions": "StockEtablissementLiensSuccession"}  # fmt: skip

# Row i of the stock: legal unit i // 2; one in a thousand has a wrong SIRET, one in a hundred no known day of creation,
# one in three was closed i % 2000 days after, one in twenty succeeds to the one before it, one legal unit in twelve is
# of the ESS, and one in five hundred was closed for a while. As in life, a few communes have most of them.
_FACTS = """
create macro created(i) as cast(date '2008-01-01' + cast(i * 31 % 6800 as integer) as date);
create macro is_closed(i) as i % 3 = 0 and created(i) + cast(i % 2000 as integer) < date '2026-10-01';
create macro closed_on(i) as cast(created(i) + cast(i % 2000 as integer) as date);
create macro commune_of(i) as cast(floor(35150 * pow(i * 7919 % 10007 / 10007, 4)) as bigint);
create macro is_known(i) as i % 100 <> 50;
"""


def _keyed(name: str, places: int) -> str:
    """SQL: the number `name` of that many digits, followed by its key."""
    digits = [f"({name} // {10**place} % 10)" for place in range(places)]
    total = " + ".join(f"({d} * 2 - case when {d} > 4 then 9 else 0 end)" if not place % 2 else d
                       for place, d in enumerate(digits))  # fmt: skip
    return f"({name} * 10 + (10 - ({total}) % 10) % 10)"


_NUMBERS = f"""
create table numbers as
with units as (select i, i // 2 + 10000000 as unit from range({{rows}}) as r(i)),
sirens as (select i, {_keyed("unit", 8)} as siren from units),
establishments as (select i, siren, siren * 10000 + i % 2 + 1 as establishment from sirens)
select i, lpad(cast(siren as varchar), 9, '0') as siren,
    lpad(cast({_keyed("establishment", 13)} as varchar), 14, '0') as siret
from establishments
"""
_MADE = {
    "etablissements": """select
        siren,
        case when i % 1000 = 999 then '12345678901234' else siret end as siret,
        case when i % 7 = 0 then 'P' else 'O' end as statutDiffusionEtablissement,
        case when is_known(i) then created(i) else date '1900-01-01' end as dateCreationEtablissement,
        case when i % 9 = 0 then '12' else 'NN' end as trancheEffectifsEtablissement,
        cast(2024 as bigint) as anneeEffectifsEtablissement,
        i % 2 = 0 as etablissementSiege,
        'RUE ' || i as libelleVoieEtablissement,
        printf('%02d%03d', cast(commune_of(i) // 370 + 1 as integer), cast(commune_of(i) % 370 + 1 as integer))
            as codeCommuneEtablissement,
        case when is_closed(i) then closed_on(i) else created(i) end as dateDebut,
        case when is_closed(i) then 'F' else 'A' end as etatAdministratifEtablissement,
        'ENSEIGNE ' || i as enseigne1Etablissement,
        ['56.10A', '88.99B', '43.21A', '01.11Z', '47.11F', '70.22Z'][i % 6 + 1] as activitePrincipaleEtablissement,
        'NAFRev2' as nomenclatureActivitePrincipaleEtablissement,
        case when i % 4 = 0 then 'O' else 'N' end as caractereEmployeurEtablissement
        from numbers""",
    "unites_legales": """select
        siren, 'O' as statutDiffusionUniteLegale,
        created(i) as dateCreationUniteLegale, 'NOM ' || i as nomUniteLegale, 'NN' as trancheEffectifsUniteLegale,
        cast(null as bigint) as anneeEffectifsUniteLegale, 'A' as etatAdministratifUniteLegale,
        cast(9220 as bigint) as categorieJuridiqueUniteLegale, '88.99B' as activitePrincipaleUniteLegale,
        'NAFRev2' as nomenclatureActivitePrincipaleUniteLegale, '00011' as nicSiegeUniteLegale,
        case when i // 2 % 12 = 0 then 'O' else 'N' end as economieSocialeSolidaireUniteLegale
        from numbers where i % 2 = 0""",
    "historique": """select
        siret, p.state as etatAdministratifEtablissement,
        p.first_day as dateDebut, p.last_day as dateFin, '56.10A' as activitePrincipaleEtablissement,
        'NAFRev2' as nomenclatureActivitePrincipaleEtablissement, 'N' as caractereEmployeurEtablissement
        from (select siret, unnest(case
            when is_closed(i) then [
                {'state': 'A', 'first_day': created(i), 'last_day': closed_on(i) - 1},
                {'state': 'F', 'first_day': closed_on(i), 'last_day': null}]
            when i % 500 = 1 then [
                {'state': 'A', 'first_day': created(i), 'last_day': created(i) + 299},
                {'state': 'F', 'first_day': created(i) + 300, 'last_day': created(i) + 499},
                {'state': 'A', 'first_day': created(i) + 500, 'last_day': null}]
            else [{'state': 'A', 'first_day': created(i), 'last_day': null}] end) as p
        from numbers)""",
    "successions": """select
        p.siret as siretEtablissementPredecesseur, n.siret as siretEtablissementSuccesseur,
        created(n.i) as dateLienSuccession, false as transfertSiege, true as continuiteEconomique
        from numbers as n join numbers as p on p.i = n.i - 1 where n.i % 20 = 0""",
}


def generate(mirror: Path, rows: int) -> None:
    """Four stocks of `rows` establishments, laid out as a mirror."""
    folder = mirror / "sirene" / EDITION
    folder.mkdir(parents=True)
    with duckdb.connect(config={"threads": 2}) as db:
        db.execute(_FACTS)
        db.execute(_NUMBERS.format(rows=rows))
        for table, select in _MADE.items():
            file = folder / f"{STOCKS[table]}_utf8.parquet"
            db.execute(f"copy ({select}) to '{file}' (format parquet, compression zstd)")


def judge(home: Path, mirror: Path) -> None:
    """Takes the four stocks in."""
    from orchestration.open_data import take_in
    from orchestration.resources import Storage
    from orchestration.returns.publishing import prepare_lake
    from orchestration.sources import SOURCES

    storage = Storage(home)
    home.mkdir(parents=True, exist_ok=True)
    prepare_lake(storage)
    for source in SOURCES:
        if source.schema == "sirene":
            outcome = take_in(replace(source, minimum_rows=1), storage, str(mirror))
            if outcome.problems:
                raise SystemExit("; ".join(outcome.problems))


def summarise(home: Path, mirror: Path) -> None:
    """Makes the creations of what was taken in."""
    from orchestration.resources import Storage
    from orchestration.sirene import publish_creations

    if not (said := publish_creations(Storage(home))).startswith("made"):
        raise SystemExit(said)


def scan(home: Path, mirror: Path) -> None:
    """The floor: four columns of the stock as the lake holds it, read once."""
    stock = home / "lake" / "sirene" / "etablissements" / "stock.parquet"
    with duckdb.connect(config={"threads": 2}) as db:
        db.execute(
            "select max(date_creation), max(code_commune), max(activite_principale), max(etat_administratif) "
            f"from read_parquet('{stock}')"
        ).fetchall()


STEPS = {step.__name__: step for step in (judge, summarise, scan)}


def _measured(step: str, home: Path, mirror: Path) -> tuple[float, float]:
    """(seconds of the step itself, peak resident megabytes) of one process."""
    command = [sys.executable, "-m", "bench.sirene", "--step", step, "--home", str(home), "--mirror", str(mirror)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    seconds, megabytes = json.loads(said.splitlines()[-1])
    return seconds, megabytes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--folder", type=Path, help="where to work; a temporary folder unless told")
    for name in ("--step", "--home", "--mirror"):
        parser.add_argument(name, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        import orchestration.open_data  # noqa: F401 - a service has its modules at hand: they are no part of the step

        started = time.perf_counter()
        STEPS[options.step](Path(options.home), Path(options.mirror))
        seconds = time.perf_counter() - started
        # Not getrusage: what it says of a process begins with its parent's peak.
        (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
        print(json.dumps([seconds, int(peak) / 1024]))
        return
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        home, mirror = Path(folder) / "home", Path(folder) / "mirror"
        generate(mirror, options.rows)
        judging = _measured("judge", home, mirror)
        folds, scans = [], []
        for _ in range(ROUNDS):  # the two alternate: what the machine does besides weighs on both
            (home / "open_data" / "sirene" / "creations" / "made_of.txt").unlink(missing_ok=True)
            folds.append(_measured("summarise", home, mirror))
            scans.append(_measured("scan", home, mirror))
    fold, floor = sorted(folds)[ROUNDS // 2], sorted(scans)[ROUNDS // 2]
    row = {
        "bench": "sirene", "rows": options.rows, "scan_seconds": round(floor[0], 3),
        "judge_seconds": round(judging[0], 1), "judge_peak_mb": round(judging[1]),
        "judge_to_scan": round(judging[0] / floor[0], 1),
        "summary_seconds": round(fold[0], 2), "summary_peak_mb": round(max(peak for _, peak in folds)),
        "summary_to_scan": round(fold[0] / floor[0], 2),
    }  # fmt: skip
    held = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else []
    held = [one for one in held if (one["bench"], one.get("rows")) != (row["bench"], row["rows"])]
    RESULTS.write_text(json.dumps([*held, row], indent=1) + "\n", encoding="utf-8")
    print(json.dumps(row, indent=1))


if __name__ == "__main__":
    main()
