"""What the pages of Dagster say after an intake: each member's verdict, the tables that are wrong, how many events."""

import dagster as dg
import pytest
from intake import OTHER_SIREN, SIREN, a_return, changed, deposit

from contracts import RETURN_TABLES
from orchestration.returns.assets import CHECK, DEPOSITS, INTAKE, VERDICT, build_return_assets

ROWS = sum(len(rows) for table, rows in a_return().items() if table != "remontee")


@pytest.fixture
def intake(home):
    """intake() judges what waits and gives (metadata of the intake's materialisation, events of the run)."""
    assets, checks = build_return_assets()
    resources = {"storage": home, "home_lock": dg.ResourceDefinition.none_resource()}

    with dg.DagsterInstance.ephemeral() as instance:

        def run() -> tuple[dict, list[dg.DagsterEvent]]:
            result = dg.materialize(
                [*assets, *checks],
                instance=instance,
                resources=resources,
                selection=dg.AssetSelection.assets(INTAKE, ["federation", "members"]).without_checks(),
            )
            (of_intake,) = result.asset_materializations_for_node(INTAKE.to_python_identifier())[-1:]
            logged = instance.all_logs(result.run_id)
            return of_intake.metadata, [entry.dagster_event for entry in logged if entry.dagster_event]

        yield run


def verdicts(events) -> dict[str, tuple]:
    """member -> (passed, verdict, accepted, received, path of the receipt) as its check says."""
    found = {}
    for event in events:
        data = event.event_specific_data
        if event.event_type_value == "ASSET_CHECK_EVALUATION" and data.asset_key == DEPOSITS:
            assert data.check_name == VERDICT
            facts = {name: value.value for name, value in data.metadata.items()}
            found[data.partition] = (data.passed, *(facts[n] for n in ("verdict", "accepted", "received", "receipt")))
    return found


def table_checks(events) -> dict[tuple[str, str], bool]:
    checks = [e.event_specific_data for e in events if e.event_type_value == "ASSET_CHECK_EVALUATION"]
    return {(c.partition, c.asset_key.path[-1]): c.passed for c in checks if c.check_name == CHECK}


def test_each_member_s_verdict_is_on_the_page_with_its_receipt(home, intake):
    deposit(home, a_return())
    deposit(home, changed(a_return(OTHER_SIREN), "heures", "heures_travaillees", "745", [0]), OTHER_SIREN)
    metadata, events = intake()
    found = verdicts(events)
    assert {siren: row[:4] for siren, row in found.items()} == {
        SIREN: (True, "accepted", ROWS, ROWS), OTHER_SIREN: (False, "partial", ROWS - 1, ROWS),
    }  # fmt: skip
    for siren, row in found.items():
        assert row[4].startswith(str(home.receipts / siren)) and row[4].endswith(".html")
    table = metadata["verdicts"].value.splitlines()
    assert table[2:] == [
        f"| {OTHER_SIREN} | 2025T3 | partial | {ROWS - 1} / {ROWS} | 0 | "
        "heures_du_mois_impossibles (heures_travaillees) × 1 |",
        f"| {SIREN} | 2025T3 | accepted | {ROWS} / {ROWS} | 0 |  |",
    ]


def test_a_table_is_checked_when_it_is_wrong_and_again_when_it_is_right(home, intake):
    deposit(home, a_return(period="2025T2", date_extraction="2025-10-01"))
    _, events = intake()
    assert table_checks(events) == {}, "what was never wrong says nothing"
    materialised = [e for e in events if e.event_type_value == "ASSET_MATERIALIZATION" and e.partition == SIREN]
    assert len(materialised) == len(RETURN_TABLES)
    deposit(home, changed(a_return(), "heures", "heures_travaillees", "745", [0]))
    _, events = intake()
    assert table_checks(events) == {(SIREN, "heures"): False}
    deposit(home, a_return())
    _, events = intake()
    assert table_checks(events) == {(SIREN, "heures"): True}
    deposit(home, changed(a_return(), "heures", "heures_travaillees", "90", [0]))
    _, events = intake()
    assert table_checks(events) == {} and verdicts(events)[SIREN][:2] == (True, "accepted")


def test_a_mistake_and_its_correction_in_one_pass_leave_the_member_right(home, intake):
    deposit(home, changed(a_return(), "heures", "heures_travaillees", "745", [0]))
    deposit(home, a_return())
    metadata, events = intake()
    assert verdicts(events)[SIREN][:4] == (True, "accepted", ROWS, ROWS) and table_checks(events) == {}
    assert len(metadata["verdicts"].value.splitlines()) == 4, "both returns are listed all the same"
