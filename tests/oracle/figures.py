"""Figures of a cell: what each metric divides, over which members, with its interval; Kaplan–Meier and Wilson.

Here: shares and statistics. Not here: what is counted (`federation.py`).
"""

from collections import defaultdict
from datetime import date
from fractions import Fraction
from math import exp, log, sqrt
from typing import NamedTuple

from .births import Birth
from .federation import Fact, Federation, Period

Z = 1.959963984540054


class Figure(NamedTuple):
    numerator: Fraction | None
    denominator: Fraction | None
    value: Fraction | None
    ci_low: float | Fraction | None
    ci_high: float | Fraction | None
    people_count: int | None
    structure_count: int
    coverage_share: Fraction | None
    is_fragile: bool | None
    absence: str | None
    status: str


# --- metrics: what each divides, over which members -------------------------------------------------------------------

_CONTRACTS, _HOURS = ("contrats",), ("contrats", "heures")
_EXITS, _PATHWAYS = ("contrats", "sorties", "heures"), ("contrats", "sorties")
_TRAININGS = ("contrats", "formations")
_TRAININGS_AND_HOURS = ("contrats", "formations", "heures")
_ACTIVITIES, _COOPERATIONS = ("activites",), ("cooperations",)
#: metric: (numerator, tables that a member must have sent)
COUNTS = {
    "members_count": ("members", ("structures",)), "structures_count": ("structures", ("structures",)),
    "people_employed_count": ("people", _CONTRACTS), "hires_count": ("hires", _CONTRACTS),
    "contracts_in_force_count": ("in_force", _CONTRACTS), "hours_worked": ("hours", _HOURS),
    "training_hours": ("training_hours", _TRAININGS),
    "transitions_count": ("at_risk", _CONTRACTS), "activities_started_count": ("started", _ACTIVITIES),
    "activities_ended_count": ("ended", _ACTIVITIES), "activities_stock": ("stock", _ACTIVITIES),
    "activities_net_change": ("net", _ACTIVITIES), "activity_fte_start": ("fte_start", _ACTIVITIES),
    "activity_fte_now": ("fte_now", _ACTIVITIES), "cooperation_actions_count": ("begun", _COOPERATIONS),
    "cooperation_partners_count": ("partners", _COOPERATIONS), "local_body_seats_count": ("seats", _COOPERATIONS),
}  # fmt: skip
#: metric: (numerator, denominator, tables, with a Wilson interval)
RATIOS = {
    "stable_contract_share": ("stable", "in_force", _CONTRACTS, True),
    "long_hire_share": ("long_hires", "hires_of_known_length", _CONTRACTS, True),
    "weekly_hours_mean": ("weekly_hours", "stating_hours", _CONTRACTS, False),
    "full_time_share": ("full_time", "stating_hours", _CONTRACTS, True),
    "under_15h_share": ("under_15h", "stating_hours", _CONTRACTS, True),
    "fte_realised": ("fte", "years", _HOURS, False),
    "fte_realisation_share": ("fte_under_agreement", "agreed_fte", _HOURS, False),
    "hourly_pay_smic_ratio": ("pay", "smic_pay", _HOURS, False),
    "below_smic_month_share": ("below_smic", "paid_months", _HOURS, True),
    "training_access_share": ("trained", "people", _TRAININGS, True),
    "transitions_censored_share": ("censored", "at_risk", _CONTRACTS, True),
    "undated_outside_share": ("undated", "opened", _CONTRACTS, True),
    "followed_across_members_share": ("followed", "at_risk", _CONTRACTS, True),
    "immediate_move_share": ("moves", "moves_and_transitions", _CONTRACTS, True),
    "activity_takeover_share": ("taken_over", "started", _ACTIVITIES, True),
    "non_delocalisable_share": ("rooted", "stating_roots", _ACTIVITIES, True),
    "market_resource_share": ("market", "resources", _ACTIVITIES, False),
    "non_market_resource_share": ("non_market", "resources", _ACTIVITIES, False),
    "volunteer_resource_share": ("volunteer", "resources", _ACTIVITIES, False),
    "exit_undocumented_share": ("undocumented", "exits", _EXITS, True),
    "exit_dynamic_target_gap": ("over_target", "with_target", _EXITS, False),
    "training_hours_per_fte": ("training_hours", "fte_a_year", _TRAININGS_AND_HOURS, False),
}  # fmt: skip
for _found in ("durable", "transition", "positive", "dynamic"):
    RATIOS[f"exit_{_found}_share"] = (_found, "documented", _EXITS, True)
    RATIOS[f"exit_{_found}_share_all"] = (_found, "exits", _EXITS, True)
#: Share of births of the same sections: months after which they are still active.
SURVIVALS = {f"creation_survival_{months}m_same_sections": months for months in (12, 24, 36)}
#: Those that divide by the territory itself.
OF_TERRITORY = (
    "epci_covered_share",
    "activities_per_10k_inhabitants",
    "net_creations_share_of_territory",
    *SURVIVALS,
)
#: metric: (durations, tables, statistic, its argument)
DISTRIBUTIONS = {
    "contract_group_days_median": ("group_days", _CONTRACTS, "median", None),
    "transition_days_p25": ("at_risk", _CONTRACTS, "quantile", Fraction(3, 4)),
    "transition_days_p50": ("at_risk", _CONTRACTS, "quantile", Fraction(1, 2)),
    "transition_days_p75": ("at_risk", _CONTRACTS, "quantile", Fraction(1, 4)),
    "transition_days_rmst_180": ("at_risk", _CONTRACTS, "restricted_mean", 180),
    **{f"back_within_{d}d_share": ("at_risk", _CONTRACTS, "back", d) for d in (7, 30, 90, 180)},
    "activity_survival_12m": ("started", _ACTIVITIES, "survival", 365),
    "activity_survival_24m": ("started", _ACTIVITIES, "survival", 730),
    "activity_survival_36m": ("started", _ACTIVITIES, "survival", 1095),
    "transition_incidence_180d": ("at_risk", _CONTRACTS, "incidence", 180),
    "first_durable_days_p50": ("pathways", _PATHWAYS, "quantile", Fraction(1, 2)),
    "home_work_km_median": ("home_to_work", _CONTRACTS, "median", None),
    "monthly_hours_variation_median": ("month_hours", _HOURS, "variation", None),
}  # fmt: skip
#: metric: (the one whose values for women and for men it compares, with an interval)
GAPS = {
    "weekly_hours_mean_gap_fm": ("weekly_hours_mean", False),
    "hourly_pay_smic_ratio_gap_fm": ("hourly_pay_smic_ratio", False),
    "stable_contract_share_gap_fm": ("stable_contract_share", True),
}
FEW = 30
_OF_PERSONS = (_CONTRACTS, _HOURS, _EXITS, _PATHWAYS, _TRAININGS, _TRAININGS_AND_HOURS)
_OF_NOBODY = {"agreed_fte"}
#: These alone do not say that somebody covers the tables.
_NO_TELLING = {"agreed_fte", "fte_under_agreement", "month_hours"}
#: Tables: every measure that rests on them.
SAYING: dict[tuple[str, ...], set[str]] = defaultdict(set)
for _measures in (*COUNTS.values(), *RATIOS.values(), *DISTRIBUTIONS.values()):
    for _part in _measures:
        if isinstance(_part, tuple):
            SAYING[_part] |= {*_measures[: _measures.index(_part)]} - _NO_TELLING
SAYING[_COOPERATIONS].add("active")


class Cell:
    """One territory (`communes`: its communes, None for France), one category, one period."""

    def __init__(self, federation: Federation, when: Period, communes: set[str] | None, basis: str,
                 breakdown: str, category: str) -> None:  # fmt: skip
        self.federation, self.when, self.communes, self.basis = federation, when, communes, basis
        self.breakdown, self.category = breakdown, category

    def facts(self, measure: str, tables: tuple[str, ...]) -> list[Fact]:
        return [
            fact
            for fact in self.federation.facts(self.when).get(measure, ())
            if (self.communes is None or (fact.residence if self.basis == "residence" else fact.place) in self.communes)
            and self._holds(fact)
            and self.federation.covers(fact.member, tables, self.when)
        ]

    def _holds(self, fact: Fact) -> bool:
        if self.breakdown == "destination":  # what waits may end in any of them
            return fact.measure == "at_risk"
        return self.breakdown == "all" or fact.split.get(self.breakdown) == self.category

    def is_known(self, tables: tuple[str, ...]) -> bool:
        """Nothing counted is a true zero only where a structure (of the kind shown) covers the tables, or where
        something else is counted that these tables say."""
        federation = self.federation
        there = any(
            (self.communes is None or federation.commune_of(structure) in self.communes)
            and (self.breakdown != "kind" or structure[1] == self.category)
            and federation.covers(member, tables, self.when)
            for structure, (member, _) in federation.structures.items()
        )
        return there or any(self.facts(measure, tables) for measure in SAYING[tables])

    def counts_something(self, metric: str) -> bool:
        return self.figure(metric).structure_count > 0

    def coverage(self, tables: tuple[str, ...]) -> Fraction | None:
        federation = self.federation
        members = {
            member
            for structure, (member, _) in federation.structures.items()
            if self.communes is None or federation.commune_of(structure) in self.communes
        }
        if not members:
            return None
        return Fraction(sum(self.federation.covers(m, tables, self.when) for m in members), len(members))

    def figure(self, metric: str) -> Figure:
        if metric in OF_TERRITORY:
            return self._of_territory(metric)
        if metric in GAPS:
            return self._gap(*GAPS[metric])
        if metric in COUNTS:
            measure, tables = COUNTS[metric]
            found = self.facts(measure, tables)
            amount = self._amount(measure, found)
            return self._figure(amount, None, amount, None, None, measure, found, tables)
        if metric in RATIOS:
            above, below, tables, is_share = RATIOS[metric]
            over = self.facts(below, tables)
            numerator, denominator = self._amount(above, self.facts(above, tables)), self._amount(below, over)
            value = Fraction(numerator) / denominator if denominator else None
            low, high = wilson(numerator, denominator) if is_share and denominator else (None, None)
            return self._figure(numerator, denominator, value, low, high, below, over, tables)
        measure, tables, statistic, argument = DISTRIBUTIONS[metric]
        found = self.facts(measure, tables)
        if statistic == "incidence":
            estimate = incidence(found, argument, self.category)
        elif statistic == "variation":
            found, estimate = variation(found)
        else:
            estimate = STATISTICS[statistic](found, argument)
        return self._figure(None, None, *estimate, measure, found, tables)

    def _gap(self, metric: str, with_interval: bool) -> Figure:
        both = self.figure(metric)
        women, men = (
            Cell(self.federation, self.when, self.communes, self.basis, "sex", sex).figure(metric) for sex in "FH"
        )
        missing = both._replace(numerator=None, denominator=None, value=None, ci_low=None, ci_high=None,
                                is_fragile=None, absence="terme_absent", status="empty")  # fmt: skip
        if women.value is None or men.value is None:
            return missing
        gap, low, high = women.value - men.value, None, None
        if with_interval:  # Newcombe
            w, m = float(women.value), float(men.value)
            low = float(gap) - sqrt((w - women.ci_low) ** 2 + (men.ci_high - m) ** 2)
            high = float(gap) + sqrt((women.ci_high - w) ** 2 + (m - men.ci_low) ** 2)
        few = women.is_fragile or men.is_fragile
        return missing._replace(value=gap, ci_low=low, ci_high=high, is_fragile=few, absence=None, status="published")

    def _inhabitants(self) -> Fraction:
        known = self.federation.communes
        return Fraction(sum(known[c][1] or 0 for c in (known if self.communes is None else self.communes)))

    def _of_territory(self, metric: str) -> Figure:
        if metric == "epci_covered_share":
            return self._epcis_covered()
        if metric in SURVIVALS:
            return self._births_surviving(SURVIVALS[metric])
        if metric == "activities_per_10k_inhabitants":
            below = self._inhabitants() / 10_000
        else:
            below = None if (born := self._births()) is None else Fraction(len(born))
        found = self.facts("started", _ACTIVITIES)
        value = Fraction(len(found)) / below if below else None
        return self._figure(Fraction(len(found)), below, value, None, None, "started", found, _ACTIVITIES, True)

    def _births(self) -> list[Birth] | None:
        """Those there in the period, where there is a commune; None when Sirene does not speak for the whole period."""
        sirene, when = self.federation.births, self.when
        if sirene is None or not sirene.speak_for(when.first, when.last):
            return None
        known = self.federation.communes if self.communes is None else self.communes
        return [birth for birth in sirene.all if birth.day in when and birth.commune in known]

    def _births_surviving(self, months: int) -> Figure:
        found, born = self.facts("started", _ACTIVITIES), self._births()
        if born is None:
            return self._figure(None, None, None, None, None, "started", found, _ACTIVITIES, True)
        sections = {fact.section for fact in found} - {None}
        states = [self.federation.births.is_active(birth, months) for birth in born if birth.section in sections]
        active, count = Fraction(states.count(True)), Fraction(len(states) - states.count(None))
        value, interval = (active / count, wilson(active, count)) if count else (None, (None, None))
        return self._figure(active, count, value, *interval, "started", found, _ACTIVITIES, True)

    def _epcis_covered(self) -> Figure:
        known = self.federation.communes
        epcis = {known[c][0] for c in (known if self.communes is None else self.communes)} - {None}
        found = self.facts("active", _COOPERATIONS)
        anywhere = Cell(self.federation, self.when, None, self.basis, self.breakdown, self.category)
        active = anywhere.facts("active", _COOPERATIONS)  # an EPCI that lies in two territories counts in each
        covered, count = Fraction(len({known[f.place][0] for f in active} & epcis)), Fraction(len(epcis))
        value, interval = (covered / count, wilson(covered, count)) if count else (None, (None, None))
        return self._figure(covered, count, value, *interval, "active", found, _COOPERATIONS, True)

    def _amount(self, measure: str, found: list[Fact]) -> Fraction:
        if measure == "members":
            return Fraction(len({fact.member for fact in found}))
        if measure in ("people", "trained"):
            return Fraction(len({fact.person for fact in found}))
        if measure == "years":
            return self.when.years
        return Fraction(sum(fact.amount for fact in found))

    def _figure(self, numerator, denominator, value, low, high, measure, found, tables, of_place=False) -> Figure:
        structures = len({fact.structure for fact in found})
        people = len({fact.person for fact in found}) if tables in _OF_PERSONS and measure not in _OF_NOBODY else None
        status, absence = ("empty" if value is None else "published"), None
        is_estimate = numerator is denominator is None and not of_place
        if not self.is_known(tables):
            numerator = denominator = value = low = high = None
            status, absence = "empty", "non_couvert"
        elif value is None and of_place and denominator is None:
            absence = "sans_donnee_ouverte"
        elif value is None:
            absence = "courbe_trop_courte" if is_estimate and found else "rien_a_compter"
        is_count = numerator is not None and denominator is None
        behind = denominator if of_place and low is not None else structures if people is None else people
        few = None if value is None or is_count else behind < FEW
        coverage = self.coverage(tables)
        return Figure(numerator, denominator, value, low, high, people, structures, coverage, few, absence, status)


# --- statistics -------------------------------------------------------------------------------------------------------


def wilson(numerator: Fraction, denominator: Fraction) -> tuple[float, float]:
    n, p = float(denominator), float(Fraction(numerator) / denominator)
    middle, half = p + Z * Z / (2 * n), Z * sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    return (middle - half) / (1 + Z * Z / n), (middle + half) / (1 + Z * Z / n)


def curve(found: list[Fact]) -> list[tuple[int, Fraction, float | None, float | None]]:
    """(day, S, lower, upper) at each day with an event; no band where S is 0 (nor before the first event)."""
    steps, survival, greenwood = [], Fraction(1), Fraction(0)
    for day in sorted({fact.days for fact in found if fact.seen}):
        at_risk = sum(fact.days >= day for fact in found)
        events = sum(fact.days == day and fact.seen for fact in found)
        survival *= Fraction(at_risk - events, at_risk)
        if survival == 0:
            steps.append((day, survival, None, None))
            break
        greenwood += Fraction(events, at_risk * (at_risk - events))
        width = Z * sqrt(greenwood) / abs(log(survival))
        steps.append((day, survival, exp(log(survival) * exp(width)), exp(log(survival) * exp(-width))))
    return steps


def _quantile(found: list[Fact], level: Fraction):
    steps = curve(found)

    def first(position: int):
        return next((s[0] for s in steps if s[position] is not None and s[position] <= level), None)

    return first(1), first(2), first(3)


def _at(found: list[Fact], day: int):
    """S, lower, upper on a day; nothing beyond the longest duration while somebody was still waiting."""
    now = (0, Fraction(1), None, None)
    for step in curve(found):
        if step[0] <= day:
            now = step
    if not found or (day > max(fact.days for fact in found) and now[1] > 0):
        return None, None, None
    return now[1:]


def _back(found: list[Fact], day: int):
    survival, low, high = _at(found, day)
    return tuple(None if part is None else 1 - part for part in (survival, high, low))


def _restricted_mean(found: list[Fact], day: int):
    if _at(found, day - 1)[0] is None:  # the sum ends there
        return None, None, None
    area, since, survival = Fraction(0), 0, Fraction(1)
    for step in (*((s[0], s[1]) for s in curve(found) if s[0] < day), (day, None)):
        area, since, survival = area + survival * (step[0] - since), *step
    return area, None, None


def _median(found: list[Fact], _: object):
    days = sorted(fact.days for fact in found)
    if not days:
        return None, None, None
    return Fraction(days[(len(days) - 1) // 2] + days[len(days) // 2]) / 2, None, None


def incidence(found: list[Fact], day: int, cause: str):
    """Share that ended in one of several causes by a day, and its interval."""
    if _at(found, day)[0] is None:
        return None, None, None
    steps, survival, reached = [], Fraction(1), Fraction(0)  # each: at risk, events, events of the cause, S before, F
    for when in sorted({fact.days for fact in found if fact.seen and fact.days <= day}):
        at_risk = sum(fact.days >= when for fact in found)
        events = sum(fact.days == when and fact.seen for fact in found)
        mine = sum(fact.days == when and fact.seen and fact.cause == cause for fact in found)
        reached += survival * Fraction(mine, at_risk)
        steps.append((at_risk, events, mine, survival, reached))
        survival *= Fraction(at_risk - events, at_risk)
    if reached in (0, 1):
        return reached, None, None
    variance = Fraction(0)
    for at_risk, events, mine, before, then in steps:
        if events < at_risk:
            variance += (reached - then) ** 2 * Fraction(events, at_risk * (at_risk - events))
        variance += before**2 * Fraction(mine * (at_risk - mine), at_risk**3)
        variance -= 2 * (reached - then) * before * Fraction(mine, at_risk**2)
    width = Z * sqrt(max(variance, 0)) / (float(reached) * abs(log(reached)))
    return reached, float(reached) ** exp(width), float(reached) ** exp(-width)


def variation(found: list[Fact]):
    """The rows of those with three months and some hours; the median of how much their months vary."""
    rows: dict[object, list[Fact]] = defaultdict(list)
    for fact in found:
        rows[fact.person].append(fact)
    kept, ratios = [], []
    for mine in rows.values():
        months: dict[date, Fraction] = defaultdict(Fraction)
        for fact in mine:
            months[fact.month] += fact.amount
        mean = sum(months.values()) / len(months)
        if len(months) >= 3 and mean > 0:
            kept += mine
            ratios.append(sqrt(sum((hours - mean) ** 2 for hours in months.values()) / len(months)) / float(mean))
    ratios.sort()
    median = (ratios[(len(ratios) - 1) // 2] + ratios[len(ratios) // 2]) / 2 if ratios else None
    return kept, (median, None, None)


STATISTICS = {"median": _median, "quantile": _quantile, "back": _back, "survival": _at,
              "restricted_mean": _restricted_mean}  # fmt: skip
