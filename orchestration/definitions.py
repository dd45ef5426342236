"""The code location: wiring only. Production and tests call the same `build_defs`.

Here: which assets, checks, jobs, sensors and resources there are. Not here: what any of them does.
"""

import dagster as dg

from orchestration.automation import build_automation, held_lock
from orchestration.open_data import build_open_data_assets
from orchestration.resources import Storage
from orchestration.returns.assets import build_return_assets
from orchestration.warehouse import build_warehouse_assets


def build_defs(storage: Storage | None = None) -> dg.Definitions:
    """Everything, on the home of TERRITOIRES_HOME or on `storage`."""
    return_assets, return_checks = build_return_assets()
    open_assets, open_checks = build_open_data_assets()
    checks = [*return_checks, *open_checks]
    jobs, sensors, schedules = build_automation(checks)
    storage = storage or Storage.from_environment()
    return dg.Definitions(
        assets=[*return_assets, *open_assets, *build_warehouse_assets()],
        asset_checks=checks,
        jobs=jobs,
        sensors=sensors,
        schedules=schedules,
        resources={"storage": storage, "home_lock": held_lock(storage)},
        executor=dg.in_process_executor,
    )


defs = build_defs()
