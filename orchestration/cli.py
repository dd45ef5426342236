"""The command `territoires`: what people type, and what they are told.

Here: arguments, progress, the words of the outcome, the two processes of the service. Not here: the work itself.
Heavy libraries are imported by the command that needs them, so that `deposit` or `releases` answer at once.
"""

import argparse
import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from orchestration.resources import PROJECT, BusyError, Keyring, SettingError, Storage

#: Longest wait of `refresh` for files that may still be arriving, in seconds.
_WAIT_ARRIVING = 5.0


def main(arguments: list[str] | None = None) -> int:
    """Exit codes: 0 done or nothing to do, 1 refused or failed, 2 wrong use or setting, 141 nobody reads any more."""
    _show_progress()
    options = _parser().parse_args(arguments)
    if arguments is None:
        del sys.argv[2:]  # dbt writes the command line into its log, and the one of `erase` names a person
    try:
        code = options.run(options)
        sys.stdout.flush()  # what a closed pipe refuses shows here, not when the interpreter ends
        return code
    except (SettingError, BusyError) as error:
        print(f"territoires {options.command}: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # whoever read has enough, as `head` has: what is left to say goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE


def _show_progress() -> None:
    """Lines of the project's own logger, plain; Dagster keeps its log in the pages of the run."""
    progress = logging.getLogger("territoires")
    progress.setLevel(logging.INFO)
    progress.propagate = False
    handler = logging.Handler()

    def show(record: logging.LogRecord) -> None:
        with contextlib.suppress(BrokenPipeError):  # work that has begun goes on, whoever reads of it
            print(record.getMessage(), flush=True)

    handler.emit = show
    progress.handlers = [handler]
    # When nothing is rebuilt the checks of the marts say nothing, and Dagster would wonder on the terminal.
    logging.getLogger("dagster._core.execution.plan.active").setLevel(logging.ERROR)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="territoires",
        description="From a member's return to a territorial data warehouse, on TERRITOIRES_HOME (default ./var).",
    )
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name: str, run, help_text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=help_text, description=help_text)
        sub.set_defaults(run=run)
        return sub

    sub = command("refresh", refresh, "Takes in what waits, builds the marts, publishes a release.")
    sub.add_argument(
        "--open-data",
        action="store_true",
        help="also ask the producers of open data on their own servers; otherwise only OPEN_DATA_MIRROR is read",
    )
    sub.add_argument("--force", action="store_true", help="build although nothing has changed")
    sub = command("check", check, "Judges a return without storing anything, and prints the receipt.")
    sub.add_argument("files", nargs="+", type=Path, metavar="FILE")
    sub.add_argument("--member", metavar="SIREN", help="whose return it is; by default what the file says")
    sub.add_argument("--json", action="store_true", help="print the receipt as JSON instead")
    sub.add_argument("--html", type=Path, metavar="FILE", help="also write the receipt as a page")
    sub.add_argument("--xlsx", type=Path, metavar="FILE", help="also write the wrong rows and their reasons")
    sub = command("deposit", deposit, "Puts files into a member's deposit folder, as one return.")
    sub.add_argument("files", nargs="+", type=Path, metavar="FILE")
    sub.add_argument("--member", metavar="SIREN", required=True)
    _open_data_commands(command)
    command("releases", list_releases, "Lists the releases, newest first.")
    command("rollback", roll_back, "Makes an older release current.").add_argument("release", metavar="ID")
    sub = command("trace", trace, "The returns, rows and rules behind one figure, or the figures that a return feeds.")
    sub.add_argument("--metric")
    sub.add_argument("--level", help="commune, epci, zone_emploi, arrondissement, departement, region or france")
    sub.add_argument("--code", help="official code of the territory; FR for France")
    sub.add_argument("--period", help="2025-Q3")
    sub.add_argument("--period-type", default="rolling_year", help="quarter or rolling_year (default)")
    sub.add_argument("--basis", default="structure", help="structure (default) or residence")
    sub.add_argument(
        "--breakdown",
        default="all",
        help="kind, sex, age_band, strategy… (marts.dim_category lists them); with --category",
    )
    sub.add_argument("--category", default="all")
    sub.add_argument("--return", dest="return_id", metavar="ID", help="what this return feeds, instead of a figure")
    sub.add_argument("--release", metavar="ID", help="the current one by default")
    sub.add_argument("--as-of", metavar="DATE", help="the returns and rows that were believed at the end of that day")
    sub.add_argument("--rows", type=int, default=10, metavar="N", help="how many source rows are shown")
    sub.add_argument("--json", action="store_true", help="everything, as JSON")
    sub = command("sample", load_sample, "Puts the synthetic sample federation into an empty home.")
    sub.add_argument("--scale", type=float, default=0.5, help="how many people: 0.5 is about 1,400, in 40 members")
    sub.add_argument("--seed", type=int, default=2024)
    sub = command("serve", serve, "Web pages and daemon (sensor, schedule) on 127.0.0.1.")
    sub.add_argument("--port", type=int, default=3000)
    sub = command("template", write_template, "Writes an empty return template (.xlsx) for members.")
    sub.add_argument("file", type=Path, metavar="FILE")
    sub = command(
        "replay",
        replay,
        "Judges every return of the vault again, in order of arrival, with the members.csv and rules of today: makes "
        "the rows of returns in the lake, quarantine and receipts anew. Then run `territoires refresh`.",
    )
    sub.add_argument("--into", type=Path, metavar="HOME", help="write into a new home, instead of in place")
    sub = command("erase", erase, "Removes one person everywhere, for good, then refreshes. Backups are not touched.")
    sub.add_argument("--member", metavar="SIREN", default="")
    sub.add_argument("--person", metavar="ID_SALARIE", default="", help="the member's number of the person")
    sub.add_argument("--pass", metavar="NUMBER", default="", dest="pass_number", help="PASS IAE number, at any member")
    sub.add_argument("--shared", choices=("all", "none"), help="when a member knows the PASS IAE number by several "
                     "numbers of its own: all are this person, or none but --person, at --member")  # fmt: skip
    command(
        "rotate-key",
        rotate_key,
        "Seals every original under TERRITOIRES_NEW_KEY instead of TERRITOIRES_KEY; pseudonyms stay the same.",
    )
    command("new-key", new_key, "Prints a new federation key for TERRITOIRES_KEY.")
    return parser


def _open_data_commands(command: Callable[..., argparse.ArgumentParser]) -> None:
    sub = command("provide", provide, "Lays a file of open data, got by hand, where the next refresh takes it in.")
    sub.add_argument("source", metavar="SCHEMA/TABLE")
    sub.add_argument("file", type=Path, metavar="FILE")
    sub.add_argument("--edition", required=True, metavar="2024", help="or 2024T3, 2024-11, 2024-11-01")
    sub.add_argument("--from", required=True, metavar="URL", help="where the file was got")
    sub.add_argument("--obtained", required=True, metavar="DATE", help="when, as 2026-11-01")
    sub.add_argument("--by", required=True, metavar="ROLE", help="role or organisation that got it, no person's name")
    sub.add_argument("--licence", help="the source's by default")
    sub = command("sources", list_sources, "What is in use of each source of open data, from where, and what is wrong.")
    sub.add_argument("--versions", metavar="SCHEMA/TABLE", help="every version received of one source, instead")


def refresh(options: argparse.Namespace) -> int:
    """One refresh, as the same Dagster job that the sensor and the schedule run."""
    from orchestration import holdings, releases
    from orchestration.open_data import has_news, publish_commune_vintages, publish_communes
    from orchestration.returns import deposits, publishing
    from orchestration.sirene import publish_creations

    storage, started = Storage.from_environment(), time.monotonic()
    deadline = started + _WAIT_ARRIVING
    while (arriving := deposits.pending(storage)[1]) and time.monotonic() < deadline:
        time.sleep(0.1)  # a loose file counts as whole once it has been quiet for a while: only time can tell
    if arriving:
        print(f"{len(arriving)} file(s) still arriving: left for the next refresh.")
    waiting = deposits.pending(storage)[0] or options.force or options.open_data or has_news(storage)
    if not waiting:
        with storage.lock():
            Keyring.open(storage, remember=False)  # else a wrong key would show with the next return only
            publishing.prepare_lake(storage)
            publishing.publish_members(storage)
            publish_communes(storage)
            publish_commune_vintages(storage)
            publish_creations(storage)
            if releases.is_up_to_date(storage):
                current, newest = releases.current_id(storage), releases.listed(storage)[0].id
                rolled_back = "" if current == newest else f" (rolled back; {newest} is newer)"
                if stands := holdings.summary(storage):
                    print(stands)
                print(f"Nothing has changed: release {current} stays current{rolled_back}, nothing is rebuilt.")
                return 0
    publishing.members(storage)  # says at once when members.csv is wrong
    with storage.lock():  # …or when another refresh is at work
        Keyring.open(storage)  # …or when the key is missing
    result = _run_refresh_job(storage, options.force, options.open_data)
    return _tell(storage, result, time.monotonic() - started)


def _run_refresh_job(storage: Storage, force: bool, is_live: bool) -> tuple[bool, dict, list[str]]:
    """(success, facts the steps reported, reasons of failure) of one run of the job in this process."""
    from orchestration.automation import REFRESH, asking, close_stale_runs
    from orchestration.definitions import build_defs
    from orchestration.open_data import INTAKE as OPEN_INTAKE
    from orchestration.returns.assets import INTAKE
    from orchestration.warehouse import RELEASE

    with _instance(storage) as instance:
        close_stale_runs(instance, storage)
        result = (
            build_defs(storage)
            .resolve_job_def(REFRESH)
            .execute_in_process(
                instance=instance,
                raise_on_error=False,
                run_config={
                    "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
                    "ops": {"warehouse": {"config": {"force": force}}} | asking(is_live)["ops"],
                },
            )
        )
        facts: dict = {}
        reasons: list[str] = []
        for event in result.all_events:
            if event.is_step_materialization and event.asset_key in (INTAKE, OPEN_INTAKE, RELEASE):
                metadata = event.step_materialization_data.materialization.metadata
                facts |= {name: value.value for name, value in metadata.items()}
            elif event.is_step_failure:
                raised = event.step_failure_data
                known = raised.user_failure_data
                reasons.append(known.description if known else raised.error.to_string())
            elif event.is_failure and not reasons and event.event_specific_data.error:
                reasons.append(event.event_specific_data.error.to_string())
        return result.success, facts, reasons


def _instance(storage: Storage):
    """The Dagster instance of this home: its runs are those the web pages show."""
    import dagster as dg

    prepare_dagster_home(storage)
    os.environ["DAGSTER_HOME"] = str(storage.dagster_home)
    return dg.DagsterInstance.from_config(str(storage.dagster_home))


def prepare_dagster_home(storage: Storage) -> None:
    """DAGSTER_HOME inside the home, with the project's instance settings."""
    storage.dagster_home.mkdir(parents=True, exist_ok=True)
    settings = storage.dagster_home / "dagster.yaml"
    if not settings.exists():
        settings.write_text((PROJECT / "deploy" / "dagster.yaml").read_text(encoding="utf-8"), encoding="utf-8")


def _tell(storage: Storage, outcome: tuple[bool, dict, list[str]], seconds: float) -> int:
    from orchestration import holdings, releases

    success, facts, reasons = outcome
    if facts.get("returns"):
        print(
            f"Returns: {facts['returns']} received, {facts['accepted']} accepted, {facts['partial']} in part, "
            f"{facts['refused']} refused (receipts under {storage.receipts})"
        )
        print(
            "Rows:    "
            + ", ".join(
                f"{facts[f'rows_{part}']:,} {part}" for part in ("received", "accepted", "quarantined", "folded")
            )
        )
    if facts.get("files"):
        print(f"Open data: {facts['files']} new file(s).")
    if stands := holdings.summary(storage):
        print(stands)
    if facts.get("problems", "none") != "none":
        print(f"Open data not taken in (the last good data stays):\n{facts['problems']}", file=sys.stderr)
    if facts.get("fewer", "none") != "none":
        print(f"Open data taken in with fewer rows than before:\n{facts['fewer']}", file=sys.stderr)
    if not success:
        print("The refresh failed; the last release stays current.", *reasons, sep="\n", file=sys.stderr)
        return 1
    if "release" not in facts:
        print(f"Nothing new for the marts: release {releases.current_id(storage)} stays current.")
        return 1 if facts.get("refused") else 0
    _print_headlines(storage)
    print(f"Done in {seconds:.0f} s. Query it, read-only (schema marts):")
    print(f"  {storage.current_db}")
    if (problem := facts["undocumented"]) == "no":
        print(f"What each table and column means, in a browser:\n  {storage.current_release / releases.DOCS_PAGE}")
    else:
        print(f"The release is whole, but for its page of documentation, not made: {problem}", file=sys.stderr)
    return 0


#: What an analyst looks at first: (metric, decimals).
_HEADLINES = (
    ("members_count", 0), ("structures_count", 0), ("people_employed_count", 0), ("hires_count", 0),
    ("stable_contract_share", 3), ("exit_dynamic_share", 3), ("transitions_count", 0), ("transition_days_p50", 0),
    ("back_within_90d_share", 3), ("activities_started_count", 0), ("activities_stock", 0),
    ("cooperation_actions_count", 0),
)  # fmt: skip


def _print_headlines(storage: Storage) -> None:
    """National figures of the last four quarters that returns cover, or of the last one when there are fewer."""
    import duckdb

    with duckdb.connect(str(storage.current_db), read_only=True) as db:
        rows = db.execute(
            """
            select f.metric, m.label_fr, f.value, f.ci_low, f.ci_high, c.coverage_share, f.period_type, f.period
            from marts.fct_territory_metric as f
            inner join marts.dim_metric as m on f.metric = m.metric
            inner join marts.fct_territory_metric as c
                on f.territory_code = c.territory_code and f.territory_level = c.territory_level
                and f.period_type = c.period_type and f.period = c.period and f.basis = c.basis
                and f.breakdown = c.breakdown and c.metric = 'members_count'
            where f.territory_level = 'france' and f.basis = 'structure' and f.breakdown = 'all'
            -- The newest period that most members cover, else the newest; rolling_year before quarter.
            qualify dense_rank() over (
                order by case when c.coverage_share >= 0.5 then 0 else 1 end, f.period_type desc, f.period desc
            ) = 1
            """
        ).fetchall()
        levels = db.execute(
            """
            select territory_level, count(*) from marts.dim_territory
            where territory_code not in ('unknown', 'ZZZZZZZZZ') group by all order by 2 desc
            """
        ).fetchall()
    found = {row[0]: row for row in rows}
    if rows:
        *_, coverage, period_type, period = rows[0]
        covered = f" ({coverage:.0%} of the members cover it)" if coverage is not None else ""
        print(f"France, {'four quarters to' if period_type == 'rolling_year' else 'quarter'} {period}{covered}:")
    else:
        print("No figures yet: no return has been accepted.")
    for metric, decimals in _HEADLINES:
        if metric in found:
            _, label, value, low, high, *_ = found[metric]
            number = "-" if value is None else f"{value:,.{decimals}f}"
            interval = f"  [{low:.{decimals}f} ; {high:.{decimals}f}]" if low is not None and high is not None else ""
            print(f"  {label:<60} {number:>10}{interval}")
    print("Levels:  " + ", ".join(f"{level} {count:,}" for level, count in levels))
    if "zone_emploi" not in dict(levels):
        print("         zone_emploi is absent: no loaded source gives its composition.")


def check(options: argparse.Namespace) -> int:
    """Judges as the refresh would, against what this home already holds; stores nothing."""
    from orchestration.returns import publishing, receipts

    storage = Storage.from_environment()
    judgement = publishing.judge_only(storage, options.files, options.member)
    receipt = receipts.as_dict(judgement, is_received=False)
    if options.html:
        options.html.write_text(receipts.as_page(receipt, options.xlsx and options.xlsx.name), encoding="utf-8")
    if options.xlsx:
        options.xlsx.write_bytes(receipts.as_workbook(judgement, receipt))
    print(json.dumps(receipt, ensure_ascii=False, indent=1) if options.json else receipts.as_text(receipt))
    return 0 if receipt["verdict"] == "accepted" else 1


def deposit(options: argparse.Namespace) -> int:
    from orchestration.returns import deposits

    place = deposits.put(Storage.from_environment(), options.member, options.files)
    print(f"Deposited {len(options.files)} file(s) in {place}.")
    storage = Storage.from_environment()
    if storage.members_csv.exists() and options.member not in storage.members_csv.read_text(encoding="utf-8-sig"):
        print(f"Careful: {options.member} is not in members.csv, so this return will be refused.")
    print("The running service takes it from there, or `territoires refresh`.")
    return 0


def provide(options: argparse.Namespace) -> int:
    from orchestration import drops
    from orchestration.sources import named

    form = {key: getattr(options, key) for key in drops.KEYS}
    print(drops.provide(named(options.source), Storage.from_environment(), options.file, options.edition, form))
    print("The running service takes it from there, or `territoires refresh`.")
    return 0


def list_sources(options: argparse.Namespace) -> int:
    from orchestration import holdings
    from orchestration.sources import named

    storage = Storage.from_environment()
    print(holdings.versions(storage, named(options.versions)) if options.versions else holdings.table(storage))
    return 0


def list_releases(options: argparse.Namespace) -> int:
    from orchestration import releases

    found = releases.listed(Storage.from_environment())
    for release in found:
        mark = "*" if release.is_current else " "
        print(f"{mark} {release.id}  {release.made_at}  {sum(release.tables.values()):>10,} rows")
    if not found:
        print("No release yet: run `territoires refresh`.")
    return 0


def roll_back(options: argparse.Namespace) -> int:
    from orchestration import releases

    storage = Storage.from_environment()
    with storage.lock():
        releases.roll_back(storage, options.release)
    print(f"Release {options.release} is current.")
    return 0


def trace(options: argparse.Namespace) -> int:
    """Exit code 1 when the rows do not give the figure again."""
    from orchestration import trace as tracing
    from orchestration import trace_text

    storage = Storage.from_environment()
    if options.return_id:
        facts, text = tracing.return_trace(storage, options.return_id, options.release), trace_text.return_text
    else:
        missing = [name for name in ("metric", "level", "code", "period") if not getattr(options, name)]
        if missing:
            raise SettingError(f"which figure? missing: {', '.join(f'--{name}' for name in missing)} (or --return ID)")
        cell = tracing.Cell(
            options.metric, options.level, options.code, tracing.period_named(options.period), options.period_type,
            options.basis, options.breakdown, options.category,
        )  # fmt: skip
        as_of = tracing.moment_named(options.as_of) if options.as_of else None
        facts, text = tracing.figure_trace(storage, cell, options.release, options.rows, as_of), trace_text.figure_text
    print(json.dumps(facts, ensure_ascii=False, indent=1, default=str) if options.json else text(facts))
    return 0 if all(check["same"] for check in facts.get("check", {}).values()) else 1


def replay(options: argparse.Namespace) -> int:
    from orchestration.returns import publishing

    storage, into = Storage.from_environment(), options.into and options.into.resolve()
    if into and into.exists() and any(into.iterdir()):
        raise SettingError(f"{into} is not empty: give the name of a new home")
    with storage.lock():
        keyring = Keyring.open(storage)
        target = storage.beside()
        judgements = publishing.replay(storage, keyring, target)
        if into:
            publishing.move_out(storage, target, into)
        else:
            publishing.put_in_place(storage, target)
    verdicts = [judgement.verdict for judgement in judgements]
    print(f"Returns judged again: {len(verdicts)} ({verdicts.count('accepted')} accepted, "
          f"{verdicts.count('partial')} in part, {verdicts.count('refused')} refused).")  # fmt: skip
    print(f"Made in {into}." if into else "In place. Next: territoires refresh")
    return 0


def erase(options: argparse.Namespace) -> int:
    """Erases, then refreshes at once: until a new release is current, older ones still count the person."""
    from orchestration.returns import erasure

    if bool(options.person) == bool(options.pass_number) or bool(options.person) != bool(options.member):
        raise SettingError("give --member SIREN with --person ID_SALARIE, or --pass NUMBER alone")
    if options.pass_number and options.shared == "none":
        raise SettingError("--shared none goes with --member and --person: a PASS IAE number alone names nobody else")
    storage = Storage.from_environment()
    with storage.lock():
        keyring = Keyring.open(storage)
        found = erasure.erase(storage, keyring, options.member, options.person, options.pass_number, options.shared)
    if found:
        rows = ", ".join(f"{table} {count:,}" for table, count in found.rows.items()) or "none"
        print(f"Erased from {found.returns} return(s). Rows: {rows}.")
        if options.person:
            print(f"Other members who knew this person by the PASS IAE number, erased there too: {found.members - 1}.")
        print("Gone from lake, quarantine, receipts, originals and build; later rows of this person are refused.")
    else:
        print("This person had been erased before, and nothing has come since.")
    print("Releases made before go when the next one is current. Backups of this home still hold the person.")
    code = refresh(argparse.Namespace(force=False, open_data=False))
    if leftover := releases_before_erasure(storage):
        print(f"{leftover} release(s) still count the person: run `territoires refresh` again.", file=sys.stderr)
        return 1
    return code


def releases_before_erasure(storage: Storage) -> int:
    from orchestration import releases

    return len(releases.listed(storage)) - len(releases.after_erasure(storage))


def rotate_key(options: argparse.Namespace) -> int:
    from orchestration.returns import vault

    storage = Storage.from_environment()
    text = os.environ.get("TERRITOIRES_NEW_KEY")
    if not text:
        raise SettingError("TERRITOIRES_NEW_KEY is not set: the key to change to (territoires new-key makes one)")
    new = Keyring.of("TERRITOIRES_NEW_KEY", text)
    with storage.lock():
        if vault.has_key(storage, new):
            print("This home already has the new key: set TERRITOIRES_KEY to it, and unset TERRITOIRES_NEW_KEY.")
            return 0
        count = vault.rotate(storage, Keyring.open(storage), new)
    print(f"{count} original(s) sealed under the new key; pseudonyms are the same as before.")
    print("Set TERRITOIRES_KEY to the new key now; the former one opens older backups only.")
    return 0


def load_sample(options: argparse.Namespace) -> int:
    from sample import write_sample

    storage = Storage.from_environment()
    if storage.sample_json.exists():
        print("The sample federation is already in this home.")
        return 0
    if storage.members_csv.exists() or storage.landing.exists():
        raise SettingError(f"{storage.home} already holds a federation: choose another TERRITOIRES_HOME for the sample")
    facts = write_sample(storage.home, seed=options.seed, scale=options.scale)
    print(
        f"Sample federation (synthetic): {facts.members} members, {facts.people:,} people, {facts.deposits} deposits."
    )
    return 0


def serve(options: argparse.Namespace) -> int:
    """Web server and daemon as two children; both end when this process is asked to."""
    from orchestration.warehouse import manifest_path

    storage = Storage.from_environment()
    prepare_dagster_home(storage)
    manifest_path()
    # One absolute home for every process, wherever it is started.
    environment = os.environ | {"DAGSTER_HOME": str(storage.dagster_home), "TERRITOIRES_HOME": str(storage.home)}
    workspace = ["-w", str(PROJECT / "workspace.yaml")]
    tools = Path(sys.executable).parent
    commands = [
        [str(tools / "dagster-webserver"), "-h", "127.0.0.1", "-p", str(options.port), *workspace],
        [str(tools / "dagster-daemon"), "run", *workspace],
    ]
    children = [subprocess.Popen(command, env=environment, cwd=PROJECT) for command in commands]
    print(f"Serving on http://127.0.0.1:{options.port} (Ctrl-C stops).", flush=True)
    asked = []
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda number, _: asked.append(number))
    while not asked and all(child.poll() is None for child in children):
        time.sleep(0.5)
    for child in children:
        if child.poll() is None:
            child.send_signal(signal.SIGINT)
    codes = []
    for child in children:
        try:
            codes.append(child.wait(timeout=30))
        except subprocess.TimeoutExpired:
            child.kill()
            codes.append(child.wait())
    print("Stopped.")
    return 0 if asked else next((code for code in codes if code), 1)


def write_template(options: argparse.Namespace) -> int:
    from contracts.documents import template_workbook

    options.file.write_bytes(template_workbook())
    print(f"Template written: {options.file}")
    return 0


def new_key(options: argparse.Namespace) -> int:
    import base64
    import secrets

    print(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
