"""Every "when": the refresh job, the deposit sensor, the nightly schedule.

Here: what starts a refresh, and that at most one is in flight. Not here: what a refresh does (`returns`,
`warehouse.py`, `releases.py`).
"""

from datetime import UTC, datetime, timedelta

import dagster as dg

from orchestration.resources import Storage

REFRESH = "refresh"
#: The step that takes in open data; see `asking`.
_OPEN_DATA = "open_data__intake"
NIGHT = "0 2 * * *"
PARIS = "Europe/Paris"
#: A launched run that has not taken the lock after this many seconds never will.
STALE_SECONDS = 120
#: After a failure the sensor waits this long before it asks again.
RETRY_SECONDS = 60
_IN_FLIGHT = [
    dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING,
]  # fmt: skip


def build_automation(reported_checks: list) -> tuple[list, list, list]:
    """Jobs, sensors and schedules."""
    refresh = dg.define_asset_job(
        REFRESH,
        # Contract checks are reported by the intakes; their own steps serve the web page only.
        selection=dg.AssetSelection.all() - dg.AssetSelection.checks(*reported_checks),
        description="Tout ce qui attend entre dans la même passe : remontées, entrepôt, publication.",
    )

    @dg.sensor(job=refresh, minimum_interval_seconds=5, default_status=dg.DefaultSensorStatus.RUNNING)
    def deposit_sensor(context: dg.SensorEvaluationContext, storage: dg.ResourceParam[Storage]):
        """Looks at the landing folder; the run lists it again itself, so nothing is in its configuration."""
        from orchestration.returns import deposits

        ready, arriving = deposits.pending(storage)
        if not ready:
            return dg.SkipReason(f"Nothing to take in ({len(arriving)} still arriving).")
        return _request(context.instance, storage)

    @dg.sensor(job=refresh, minimum_interval_seconds=300, default_status=dg.DefaultSensorStatus.RUNNING)
    def open_data_sensor(context: dg.SensorEvaluationContext, storage: dg.ResourceParam[Storage]):
        """Looks at files got by hand and in the mirror (names, sizes, times), without one at what producers publish.

        Each producer is asked in its turn, about once a day: the cursor says when next, and what was asked for already.
        """
        from orchestration import live, open_data

        if open_data.has_news(storage):
            return _request(context.instance, storage)
        if not open_data.is_live_by_itself():
            return dg.SkipReason("Nothing new in the mirror of open data.")
        found = live.look(storage, context.cursor, live.glance(), datetime.now(UTC))
        context.update_cursor(found.memory)
        if not found.news:
            failed = f" Not to be had: {'; '.join(found.problems)}" if found.problems else ""
            return dg.SkipReason(f"Nothing new from the producers of open data.{failed}"[:2000])
        request = _request(context.instance, storage, is_live=True)
        if isinstance(request, dg.RunRequest):
            context.update_cursor(found.asked)
        return request

    @dg.schedule(
        job=refresh, cron_schedule=NIGHT, execution_timezone=PARIS, default_status=dg.DefaultScheduleStatus.RUNNING
    )
    def nightly():
        """Every night, also asking the producers of open data unless a mirror stands for them."""
        from orchestration.open_data import is_live_by_itself

        return dg.RunRequest(run_config=asking(is_live_by_itself()))

    return [refresh], [deposit_sensor, open_data_sensor], [nightly]


def asking(is_live: bool) -> dict:
    """Run configuration of a refresh: whether it asks the producers of open data."""
    return {"ops": {_OPEN_DATA: {"config": {"live": is_live}}}}


def _request(instance: dg.DagsterInstance, storage: Storage, is_live: bool = False) -> dg.RunRequest | dg.SkipReason:
    """A refresh, unless one is in flight or has just failed."""
    close_stale_runs(instance, storage)
    if instance.get_runs_count(dg.RunsFilter(job_name=REFRESH, statuses=_IN_FLIGHT)):
        return dg.SkipReason("A refresh is in flight: what is pending goes into the next one.")
    recently = datetime.now(UTC) - timedelta(seconds=RETRY_SECONDS)
    failed = dg.RunsFilter(job_name=REFRESH, statuses=[dg.DagsterRunStatus.FAILURE], updated_after=recently)
    if instance.get_runs_count(failed):
        return dg.SkipReason(f"The last refresh failed: the next try is {RETRY_SECONDS} s after it.")
    return dg.RunRequest(run_config=asking(is_live))


def close_stale_runs(instance: dg.DagsterInstance, storage: Storage) -> None:
    """Ends, in Dagster's books, runs whose process was killed: they would count as in flight for ever.

    A run at work holds the home's lock; one that has just been launched gets STALE_SECONDS to take it.
    """
    if storage.is_busy():
        return
    for record in instance.get_run_records(dg.RunsFilter(job_name=REFRESH, statuses=_IN_FLIGHT)):
        if record.update_timestamp.replace(tzinfo=UTC) < datetime.now(UTC) - timedelta(seconds=STALE_SECONDS):
            instance.report_run_failed(record.dagster_run, "Its process is gone and the home is free: closed.")


def held_lock(storage: Storage) -> dg.ResourceDefinition:
    """The home's lock, held from the first step of a run to the last: also covers runs started by hand."""

    @dg.resource
    def home_lock(_):
        with storage.lock():
            yield

    return home_lock
