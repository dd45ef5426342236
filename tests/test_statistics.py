"""The statistics that SQL computes, against published libraries: lifelines, statsmodels and scipy.

Here: Kaplan–Meier curves with what is read on them, Aalen–Johansen incidences, and intervals of shares, as dbt renders
them, over strata drawn at random; where a library departs from the definition, the departure has a name, and the exact
value (fractions) rules. Not here: which observations make a stratum (`test_oracle.py`, `test_hand_computed.py`).
"""

import json
import random
import warnings
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from math import inf, isclose
from pathlib import Path
from statistics import median
from types import SimpleNamespace

import duckdb
import numpy as np
import pytest
from lakes import question, run_dbt
from lifelines import AalenJohansenFitter, KaplanMeierFitter
from lifelines.utils import qth_survival_times, restricted_mean_survival_time
from oracle.figures import STATISTICS, curve
from scipy.stats import binomtest, norm
from statsmodels.duration.survfunc import CumIncidenceRight
from statsmodels.stats.proportion import proportion_confint

pytestmark = pytest.mark.filterwarnings("ignore:Approximating using")  # lifelines reads a step, which is exact here

#: Days around the ones that metrics read, and a few that tie often.
POOLS = (
    (3,), (0, 1), (1, 2, 3, 5), tuple(range(12)), (6, 7, 8, 29, 30, 31, 89, 90, 91, 179, 180, 181), tuple(range(400)),
    (364, 365, 366, 729, 730, 731, 1094, 1095, 1096), tuple(range(0, 1300, 7)),
)  # fmt: skip
CENSORED = (0.0, 0.1, 0.3, 0.6, 0.9, 1.0)
LEVELS = {"transition_days_p25": 0.75, "transition_days_p50": 0.5, "transition_days_p75": 0.25}
SHARES = {f"back_within_{day}d_share": day for day in (7, 30, 90, 180)}
INCIDENCE = "transition_incidence_180d"
CAUSES = ("same_structure", "other_structure", "outside_job", "training")
SURVIVALS = {f"activity_survival_{months}m": day for months, day in ((12, 365), (24, 730), (36, 1095))}


@dataclass
class Stratum:
    """Durations, each with whether its end was seen; what the SQL says of it, and lifelines."""

    seen: list[tuple[int, bool]]
    steps: list[tuple]  # day, S, lower, upper
    read: dict[str, tuple]  # metric: value, lower, upper
    library: KaplanMeierFitter

    @property
    def exact(self) -> list[tuple]:
        """The same steps, S in fractions."""
        return curve(self._facts)

    def by_hand(self, statistic: str, argument) -> tuple:
        """Value, lower and upper in fractions."""
        return STATISTICS[statistic](self._facts, argument)

    @property
    def _facts(self):
        return [SimpleNamespace(days=days, seen=seen) for days, seen in self.seen]

    @property
    def last_seen(self) -> int | None:
        """The longest duration while somebody is still waiting at its end; none where the curve falls to 0."""
        steps = self.exact
        return None if steps and steps[-1][1] == 0 else max(days for days, _ in self.seen)


def strata(count: int = 400) -> list[list[tuple[int, bool]]]:
    draw = random.Random(20260101)
    found = [
        [(0, True)], [(0, False)], [(5, True)], [(5, False)], [(5, True), (5, False)], [(5, True)] * 4,
        [(1, True), (2, True)], [(1, True), (2, True), (3, True), (4, True)],  # S is 1/2 on a day, and 3/4, and 1/4
        [(2, True), (9, True), (10, False), (91, False)], [(178, False)] * 3, [(179, False), (9, True)],
        [(180, False)] * 3, [(179, False), (180, True)],
    ]  # fmt: skip
    while len(found) < count:
        pool, censored, size = draw.choice(POOLS), draw.choice(CENSORED), draw.choice((1, 2, 3, 4, 6, 8, 12, 20, 60))
        found.append([(draw.choice(pool), draw.random() >= censored) for _ in range(size)])
    return found


def causes() -> list[list[str]]:
    """What ended each observation of each stratum, where its end was seen; a stratum may have one cause alone."""
    draw = random.Random(20260102)
    return [[draw.choice(CAUSES[: 1 + key % 4]) for _ in seen] for key, seen in enumerate(strata())]


def fitted(seen: list[tuple[int, bool]]) -> KaplanMeierFitter:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return KaplanMeierFitter(alpha=0.05).fit([days for days, _ in seen], [event for _, event in seen])


def rendered(folder: Path, sql: str) -> str:
    """SQL of the project's models and macros as dbt compiles it."""
    result = run_dbt(folder, "compile", "--inline", sql)
    assert result.success, result.exception
    return result.result.results[0].node.compiled_code


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory) -> Path:
    """A warehouse that holds parameters, the list of metrics, and nothing else."""
    folder = tmp_path_factory.mktemp("statistics")
    assert run_dbt(folder, "seed").success
    assert run_dbt(folder, "run", "--select", "int_metric_uses", "int_categories").success
    return folder


@pytest.fixture(scope="module")
def estimated(warehouse) -> Path:
    """Each stratum as a category for the uses without causes (transitions, activities, groups of contracts), and as a
    territory for the one with causes, whose categories are the causes."""
    rows = [
        {"stratum": key, "observed_value": days, "cause": cause, "event_count": 0 if cause is None else count,
         "censored_count": count if cause is None else 0}
        for key, seen in enumerate(zip(strata(), causes(), strict=True))
        for (days, cause), count in Counter(
            (days, cause if event else None) for (days, event), cause in zip(*seen, strict=True)
        ).items()
    ]  # fmt: skip
    (warehouse / "observed.json").write_text(json.dumps(rows), encoding="utf-8")
    with duckdb.connect(str(warehouse / "build.duckdb")) as build:
        build.execute(f"""
            create table intermediate.int_distributions as
            with strata as (
                select stratum::int as stratum, observed_value::double as observed_value, cause::varchar as cause,
                    event_count::bigint as event_count, censored_count::bigint as censored_count
                from read_json('{warehouse / "observed.json"}')
            ),
            uses as (
                select distinct numerator_key as use_key, breakdown
                from intermediate.int_metric_uses
                where numerator in ('transition_days', 'activity_days', 'contract_group_days')
                    and basis = 'structure' and breakdown in ('all', 'destination')
            )
            select u.use_key, 1 as period_key, r.stratum as category_key, 1 as territory_key, r.observed_value,
                null::varchar as cause, sum(r.event_count)::bigint as event_count,
                sum(r.censored_count)::bigint as censored_count
            from strata as r cross join uses as u where u.breakdown = 'all' group by all
            union all
            select u.use_key, 1, g.category_key, r.stratum, r.observed_value, r.cause, r.event_count, r.censored_count
            from strata as r
            cross join uses as u
            inner join intermediate.int_categories as g on u.breakdown = g.breakdown
            where u.breakdown = 'destination'
        """)
    assert run_dbt(warehouse, "run", "--select", "int_incidences", "int_distribution_statistics").success
    return warehouse


@pytest.fixture(scope="module")
def observed(estimated) -> list[Stratum]:
    """Each stratum, whatever ended what it observes."""
    drawn, ask = strata(), question(estimated)
    steps, read = [[] for _ in drawn], [{} for _ in drawn]
    curves = rendered(estimated, "select * from {{ ref('int_survival_curves') }}")
    for key, *step in ask(f"""
        select category_key, days, survival, survival_low, survival_high
        from ({curves}) where use_key = (
            select min(numerator_key) from intermediate.int_metric_uses
            where numerator = 'transition_days' and basis = 'structure' and breakdown = 'all'
        ) order by 1, 2
    """):
        steps[key].append(tuple(step))
    for key, metric, *estimate in ask(f"""
        select category_key, metric, value, ci_low, ci_high from intermediate.int_distribution_statistics
        where metric <> '{INCIDENCE}'
    """):
        read[key][metric] = tuple(estimate)
    return [Stratum(seen, steps[i], read[i], fitted(seen)) for i, seen in enumerate(drawn)]


@pytest.fixture(scope="module")
def competing(estimated) -> list[dict[str, tuple]]:
    """Cause -> share that it ended in 180 days, lower and upper, of each stratum."""
    found = [{} for _ in strata()]
    for key, cause, *estimate in question(estimated)(f"""
        select s.territory_key, g.category, s.value, s.ci_low, s.ci_high
        from intermediate.int_distribution_statistics as s
        inner join intermediate.int_categories as g on s.category_key = g.category_key
        where s.metric = '{INCIDENCE}'
    """):
        found[key][cause] = tuple(estimate)
    assert all(len(read) == len(CAUSES) for read in found)
    return found


def test_curves_and_their_bands_are_those_of_lifelines(observed):
    compared = 0
    for stratum in observed:
        exact = stratum.exact
        assert [step[0] for step in stratum.steps] == [step[0] for step in exact]
        band = stratum.library.confidence_interval_survival_function_
        for (day, survival, low, high), (_, truth, *_) in zip(stratum.steps, exact, strict=True):
            assert isclose(survival, truth, rel_tol=1e-12)
            assert isclose(survival, stratum.library.survival_function_.loc[day].item(), abs_tol=1e-12)
            if truth == 0:
                assert (low, high) == (None, None)
                assert band.loc[day].tolist() == [0, 0]  # lifelines closes its band on a curve that is at 0
            else:
                assert (low, high) == pytest.approx(band.loc[day].tolist(), abs=1e-9)
                compared += 1
    assert compared > 1000


def test_quartiles_are_those_of_lifelines_but_where_the_curve_stops_on_the_level(observed):
    """There lifelines reads its own rounding: S = 0.7500000000000001 is not yet 0.75, and it answers a later step."""
    told_apart, on_level = 0, 0
    for stratum in observed:
        for metric, level in LEVELS.items():
            value = stratum.read[metric][0]
            assert value == stratum.by_hand("quantile", Fraction(level))[0]
            library = stratum.library.percentile(level)
            if any(survival == Fraction(level) for _, survival, *_ in stratum.exact):
                on_level += 1
                told_apart += library != value
                assert value <= library
            else:
                assert (inf if value is None else value) == library
    assert on_level > 100 and told_apart > 50


def test_the_intervals_of_quartiles_are_read_on_the_band_of_lifelines(observed):
    """A day that the band reaches only because the curve is at 0 is no bound: there is no band there."""
    closed, compared = 0, 0
    for stratum in observed:
        band = stratum.library.confidence_interval_survival_function_
        at_zero = next((day for day, survival, *_ in stratum.exact if survival == 0), None)
        for metric, level in LEVELS.items():
            for bound, column in zip(stratum.read[metric][1:], band, strict=True):
                library = qth_survival_times(level, band[[column]])
                if library == at_zero:
                    assert bound is None
                    closed += 1
                else:
                    assert (inf if bound is None else bound) == library
                    compared += bound is not None
    assert closed > 100 and compared > 500


def test_shares_at_a_day_are_those_of_lifelines_up_to_the_longest_duration(observed):
    """Past it, somebody still waiting, lifelines keeps its last value for ever; the warehouse says nothing."""
    silent, compared = 0, 0
    for stratum in observed:
        band = stratum.library.confidence_interval_survival_function_
        for metric, day in (SHARES | SURVIVALS).items():
            value, low, high = stratum.read[metric]
            if stratum.last_seen is not None and day > stratum.last_seen:
                assert (value, low, high) == (None, None, None)
                silent += 1
                continue
            survival = stratum.library.predict(day)
            before = band.loc[:day].iloc[-1].tolist()
            expected = [1 - survival, 1 - before[1], 1 - before[0]] if metric in SHARES else [survival, *before]
            assert value == pytest.approx(expected[0], abs=1e-12)
            if 0 < round(survival, 12) < 1:
                assert [low, high] == pytest.approx(expected[1:], abs=1e-9)
                compared += 1
            else:
                assert (low, high) == (None, None)  # lifelines: a band without width
    assert silent > 300 and compared > 300


def test_restricted_means_are_those_of_lifelines_up_to_the_longest_duration(observed):
    compared = 0
    for stratum in observed:
        value, low, high = stratum.read["transition_days_rmst_180"]
        assert (low, high) == (None, None)
        if stratum.last_seen is not None and stratum.last_seen < 179:  # the last day that the sum reads
            assert value is None
        else:
            assert value == pytest.approx(restricted_mean_survival_time(stratum.library, t=180), rel=1e-12)
            compared += 1
    assert compared > 150


def bounds(share: float, error: float) -> tuple[float, float]:
    """Interval of 95 % of an incidence, on the log-log scale."""
    width = norm.ppf(0.975) * error / (share * abs(np.log(share)))
    return share ** np.exp(width), share ** np.exp(-width)


def test_incidences_are_those_of_statsmodels_up_to_the_longest_duration(competing):
    """Past it, somebody still waiting, statsmodels keeps its last value for ever; where everyone ends, its error is
    lost in a division by zero."""
    silent, alone, compared = 0, 0, 0
    for seen, ended_by, read in zip(strata(), causes(), competing, strict=True):
        days = np.array([days for days, _ in seen])
        status = np.array([1 + CAUSES.index(c) if event else 0 for (_, event), c in zip(seen, ended_by, strict=True)])
        everyone_ends = status[days == days.max()].all()
        if days.max() < 180 and not everyone_ends:
            assert set(read.values()) == {(None, None, None)}
            silent += 1
            continue
        with np.errstate(divide="ignore", invalid="ignore"):
            library = CumIncidenceRight(days, status) if status.any() else None
        for place, cause in enumerate(CAUSES):
            value, low, high = read[cause]
            if library is None or place >= len(library.cinc) or days.min() > 180:
                assert (value, low, high) == (0, None, None)
                continue
            step = library.times.searchsorted(180, side="right") - 1
            assert value == pytest.approx(library.cinc[place][step], abs=1e-12)
            if not 1e-12 < value < 1 - 1e-12:
                assert (low, high) == (None, None)
            elif np.isfinite(error := library.cinc_se[place][step]):
                assert (low, high) == pytest.approx(bounds(value, error), abs=1e-9)
                compared += 1
            else:
                assert everyone_ends and 0 < low <= value <= high < 1
                alone += 1
    assert silent > 50 and alone > 20 and compared > 100


def test_incidences_without_ties_are_those_of_lifelines(competing):
    """Where days tie, lifelines draws them apart at random, and it sets its curve to 0 on day 0: nothing to compare."""
    compared, apart = 0, 0
    for seen, ended_by, read in zip(strata(), causes(), competing, strict=True):
        ends = [days for days, event in seen if event]
        if not ends or read[CAUSES[0]][0] is None:
            continue
        if len(set(ends)) < len(ends) or 0 in ends:
            apart += 1
            continue
        status = [1 + CAUSES.index(cause) if event else 0 for (_, event), cause in zip(seen, ended_by, strict=True)]
        for place in sorted(set(status) - {0}):
            with warnings.catch_warnings(), np.errstate(divide="ignore", invalid="ignore"):
                warnings.simplefilter("ignore")
                library = AalenJohansenFitter().fit([days for days, _ in seen], status, event_of_interest=place)
            value, low, high = read[CAUSES[place - 1]]
            before = library.cumulative_density_.loc[:180].iloc[-1].item()
            assert value == pytest.approx(before, abs=1e-12)
            band = library.confidence_interval_.loc[:180].iloc[-1].tolist()
            if low is not None and np.isfinite(band).all():
                assert [low, high] == pytest.approx(sorted(band), abs=1e-9)
                compared += 1
    assert compared > 20 and apart > 50


def test_medians_of_observed_values_are_the_mean_of_the_two_middle_ones(observed):
    for stratum in observed:
        ended = [days for days, seen in stratum.seen if seen]
        expected = median(ended) if ended else None
        assert stratum.read["contract_group_days_median"] == (expected, None, None)


def test_intervals_of_shares_are_those_of_statsmodels_and_scipy(warehouse):
    shares = [(x, n) for n in (*range(1, 41), 100, 1607, 10**6) for x in {0, 1, n // 3, n // 2, n - 1, n}]
    cases = ", ".join(f"({x}, {n}, {x} / {n}::double)" for x, n in shares)
    sql = """
        select x, n, {{ wilson('share', 'n', '-') }} as low, {{ wilson('share', 'n', '+') }} as high
        from (values %s) as cases (x, n, share)
    """
    answers = question(warehouse)(rendered(warehouse, sql % cases))
    assert len(answers) == len(shares)
    for x, n, low, high in answers:
        assert (low, high) == pytest.approx(proportion_confint(x, n, method="wilson"), abs=1e-12)
        assert (low, high) == pytest.approx(tuple(binomtest(x, n).proportion_ci(method="wilson")), abs=1e-12)
    nothing = rendered(warehouse, "select {{ wilson('null::double', '0', '-') }}, {{ wilson('0e0', '0', '+') }}")
    assert question(warehouse)(nothing) == [(None, None)]
