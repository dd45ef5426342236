"""Five questions of an analyst, answered from a release: a short French text and a plot each.

    python docs/questions.py [--release var/releases/current] [--out reponses] [--period 2025-Q4]

writes `reponses.md` and its images. It needs duckdb and matplotlib alone, reads only `internal.duckdb`, and is meant to
be copied and changed. Here: which figures answer a question and how they are told. Not here: what a figure means
(`dim_metric`, `docs/dictionnaire.md`); nothing is computed that the release does not hold.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import matplotlib

matplotlib.use("svg")
from matplotlib.figure import Figure

# Names and labels are shown as they are: a $ begins no formula.
matplotlib.rcParams["text.parse_math"] = False

#: Territories drawn at most; the text counts them all.
MOST_SHOWN = 40
#: A period that fewer members than this cover is not what an analyst looks at first.
COVERED_ENOUGH = 0.5
SOLID, FRAGILE, ABSENT, SECOND = "#1f5c7a", "#e0a458", "#c9c9c9", "#8c4a6b"
LEVELS = {
    "commune": "commune", "epci": "intercommunalité", "zone_emploi": "zone d'emploi",
    "arrondissement": "arrondissement", "departement": "département", "region": "région", "france": "France",
}  # fmt: skip
#: No territory: the commune is not known, or in none of that level.
NOWHERE = ("unknown", "ZZZZZZZZZ")


@dataclass(frozen=True)
class Figured:
    """One row of fct_territory_metric."""

    metric: str
    level: str
    territory: str
    period: str
    category: str
    numerator: float | None
    denominator: float | None
    value: float | None
    low: float | None
    high: float | None
    people: int | None
    structures: int | None
    coverage: float | None
    is_fragile: bool | None
    absence: str | None
    as_of: str | None


@dataclass(frozen=True)
class Answer:
    """What is said, and how it is drawn; nothing is drawn when there is nothing to see."""

    question: str
    name: str
    lines: list[str]
    draw: Callable[[Figure], None] | None


class Release:
    """The figures of a release, read-only."""

    def __init__(self, folder: Path, period: str | None):
        self.db = duckdb.connect(str(folder / "internal.duckdb"), read_only=True)
        self.labels = dict(self.db.execute("select metric, label_fr from marts.dim_metric").fetchall())
        self.periods = [
            found
            for (found,) in self.db.execute(
                "select distinct period from marts.fct_territory_metric where period_type = 'rolling_year' order by 1"
            ).fetchall()
        ]
        self.period = period or self._newest()

    def _newest(self) -> str | None:
        found = self.db.execute(
            """
            select period from marts.fct_territory_metric
            where metric = 'members_count' and territory_level = 'france' and period_type = 'rolling_year'
                and breakdown = 'all'
            order by coverage_share >= ? desc nulls last, period desc limit 1
            """,
            [COVERED_ENOUGH],
        ).fetchone()
        return found[0] if found else None

    def figures(
        self, metrics: Iterable[str], level: str = "france", breakdown: str = "all", every_period: bool = False
    ) -> list[Figured]:
        """Figures of four quarters, by place of the structure; of the period looked at unless all are asked for."""
        rows = self.db.execute(
            """
            select
                metric, territory_level, territory_name, period, category, numerator, denominator, value, ci_low,
                ci_high, people_count, structure_count, coverage_share, is_fragile, absence, denominator_as_of
            from marts.fct_territory_metric
            where list_contains(?, metric) and territory_level = ? and period_type = 'rolling_year'
                and (period = ? or ?) and basis = 'structure' and breakdown = ?
                and not list_contains(?, territory_code)
            order by metric, period, category, territory_name
            """,
            [list(metrics), level, self.period, every_period, breakdown, list(NOWHERE)],
        ).fetchall()
        return [Figured(*row) for row in rows]

    def figure(self, metric: str, level: str = "france", **more) -> Figured | None:
        return next(iter(self.figures([metric], level, **more)), None)

    def territories(self, level: str) -> int:
        """How many territories of a level there are."""
        (count,) = self.db.execute(
            "select count(*) from marts.dim_territory "
            "where territory_level = ? and not list_contains(?, territory_code)",
            [level, list(NOWHERE)],
        ).fetchone()
        return count


# --- numbers in French ----------------------------------------------------------------------------------------


def number(value: float | None, digits: int = 0) -> str:
    if value is None:
        return "?"
    return f"{value:,.{digits}f}".replace(",", "\u202f").replace(".", ",").replace("-", "\u2212")


def percent(value: float | None) -> str:
    return "inconnue" if value is None else f"{number(100 * value, 1)}\u00a0%"


def _axis_of_shares(share: float, _: int) -> str:
    return f"{number(100 * share)}\u00a0%"


def interval(found: Figured, said: Callable[[float | None], str] = number) -> str:
    """The interval of 95 %; a bound that is never reached has no value."""
    if found.low is None and found.high is None:
        return "sans intervalle"
    bounds = [said(bound) if bound is not None else "non atteint" for bound in (found.low, found.high)]
    return f"[{bounds[0]} ; {bounds[1]}]"


def counted(count: float | None, one: str, several: str | None = None) -> str:
    """A number and what is counted: « 1 personne », « 2 personnes »."""
    word = one if count is not None and abs(count) < 2 else several or f"{one}s"
    return f"{number(count)} {word}"


def covered(found: Figured) -> str:
    return "aucun adhérent n'y a de structure" if found.coverage is None else f"couverture {percent(found.coverage)}"


def behind(found: Figured) -> str:
    """What a figure rests on: people, structures, coverage."""
    parts = [counted(found.people, "personne")] if found.people is not None else []
    parts += [counted(found.structures, "structure"), covered(found)]
    return ", ".join(parts)


# --- the five questions ---------------------------------------------------------------------------------------


def next_job(release: Release) -> Answer:
    """Medians of Kaplan–Meier by EPCI, the solid ones set against the whole."""
    metric, level = "transition_days_p50", "epci"
    whole, opened = release.figure(metric), release.figure("transitions_count")
    found = release.figures([metric], level)
    known = sorted((one for one in found if one.value is not None), key=lambda one: (-one.value, one.territory))
    solid = [one for one in known if not one.is_fragile]
    without = [one for one in found if one.value is None and one.people]
    lines = []
    if whole is None or whole.value is None:
        lines.append("Aucune médiane pour l'ensemble : trop peu de transitions sont connues sur la période.")
    else:
        lines.append(
            f"En France, la moitié des transitions aboutissent à un emploi ou à une formation en "
            f"{counted(whole.value, 'jour')} {interval(whole)} "
            f"({counted(opened.value if opened else None, 'transition')}, {behind(whole)})."
        )
    if solid:
        longest, shortest = solid[0], solid[-1]
        lines.append(f"Le plus long, parmi les chiffres solides : {_told_days(longest)}.")
        if shortest is not longest:
            lines.append(f"Le plus court : {_told_days(shortest)}.")
        if whole and whole.value is not None:
            above = [one.territory for one in solid if one.low is not None and one.low > whole.value]
            lines.append(
                f"Nettement au-dessus de l'ensemble (tout l'intervalle dépasse {counted(whole.value, 'jour')}) : "
                f"{', '.join(above) or 'aucune intercommunalité'}."
            )
    else:
        lines.append("Aucune intercommunalité n'a de médiane solide.")
    lines.append(
        f"Sur {counted(len(found), 'intercommunalité')} du réseau, {len(known)} ont une médiane, dont "
        f"{len(known) - len(solid)} fragiles (points vides : trop peu de personnes pour comparer)."
    )
    if without:
        told = ", ".join(f"{one.territory} ({counted(one.people, 'personne')})" for one in without)
        lines.append(f"Sans médiane, faute d'avoir vu la moitié des transitions aboutir : {told}.")

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        shown = known[:MOST_SHOWN][::-1]
        figure.set_figheight(1.5 + 0.28 * len(shown))
        for place, one in enumerate(shown):
            colour = FRAGILE if one.is_fragile else SOLID
            high = one.high if one.high is not None else max(other.value for other in shown) * 1.5
            axes.plot([one.low if one.low is not None else one.value, high], [place, place], color=colour, linewidth=2)
            fill = "white" if one.is_fragile else colour
            axes.plot(one.value, place, "o", color=colour, markerfacecolor=fill, markersize=7)
        axes.set_yticks(range(len(shown)), [one.territory for one in shown], fontsize=8)
        if whole and whole.value is not None:
            axes.axvline(whole.value, color="black", linestyle=":", linewidth=1)
            axes.text(whole.value, len(shown) - 0.3, " France", fontsize=8)
        axes.set_xlabel(f"{release.labels[metric]}, intervalle à 95 %")
        axes.set_xlim(left=0)

    question = "Où faut-il le plus de temps pour retrouver un emploi ?"
    return Answer(question, "1_retour_a_l_emploi", lines, draw if known else None)


def _told_days(one: Figured) -> str:
    return f"{one.territory}, {counted(one.value, 'jour')} {interval(one)} ({behind(one)})"


def exits(release: Release) -> Answer:
    """Dynamic exits over documented exits and over all ended pathways, and what is between."""
    parts = {"durable": "emploi durable", "transition": "emploi de transition", "positive": "sortie positive"}
    names = ["exit_dynamic_share", "exit_dynamic_share_all", "exit_undocumented_share"]
    series = release.figures(names, every_period=True)
    now = {one.metric: one for one in series if one.period == release.period}
    documented, ended, undocumented = (now.get(name) for name in names)
    lines = []
    if documented is None or documented.value is None:
        why = "" if documented is None else f" (`absence` : {documented.absence})"
        lines.append(f"La part de sorties dynamiques ne peut pas être donnée{why}.")
    else:
        lines.append(
            f"Sur {counted(documented.denominator, 'parcours terminé', 'parcours terminés')} dont le motif est connu, "
            f"{counted(documented.numerator, 'sortie dynamique', 'sorties dynamiques')} : {percent(documented.value)} "
            f"{interval(documented, percent)} ({behind(documented)})."
        )
    if ended is not None and ended.value is not None:
        lines.append(
            f"Sur {counted(ended.denominator, 'parcours terminé', 'parcours terminés')}, motif connu ou non : "
            f"{percent(ended.value)} {interval(ended, percent)} ({behind(ended)})."
        )
    if undocumented is not None and undocumented.value is not None:
        lines.append(
            f"Entre les deux, {counted(undocumented.numerator, 'parcours', 'parcours')} sans motif, soit "
            f"{percent(undocumented.value)} {interval(undocumented, percent)} : le second chiffre suppose qu'aucun n'a "
            "débouché sur un emploi ou une formation, le premier qu'ils ressemblent aux autres."
        )
    detail = {part: release.figure(f"exit_{part}_share_all") for part in parts}
    known = {part: one for part, one in detail.items() if one is not None and one.value is not None}
    if known:
        told = ", ".join(f"{parts[part]} {percent(one.value)} ({number(one.numerator)})" for part, one in known.items())
        lines.append(f"De tous les parcours terminés : {told}.")

    def draw(figure: Figure) -> None:
        left, right = figure.subplots(1, 2)
        rest = 1.0
        bottom = 0.0
        for part, colour in zip(parts, (SOLID, "#4f8fae", "#9cc3d5"), strict=True):
            share = known[part].value if part in known else 0.0
            left.bar(0, share, bottom=bottom, color=colour, label=parts[part])
            bottom, rest = bottom + share, rest - share
        unknown = undocumented.value if undocumented and undocumented.value is not None else 0.0
        left.bar(0, rest - unknown, bottom=bottom, color=FRAGILE, label="autre sortie")
        left.bar(0, unknown, bottom=1 - unknown, color=ABSENT, label="sans motif")
        left.set_xticks([0], ["tous les parcours terminés"])
        left.set_xlim(-0.8, 2.2)
        left.legend(fontsize=8, loc="center right")
        left.yaxis.set_major_formatter(_axis_of_shares)
        for name, colour in zip(names, (SOLID, "#4f8fae", FRAGILE), strict=True):
            line = [one for one in series if one.metric == name and one.value is not None]
            places = [one.period for one in line]
            right.plot(
                places, [one.value for one in line], "o-", color=colour, label=release.labels[name], markersize=4
            )
            bounded = [one for one in line if one.low is not None]
            right.fill_between(
                [one.period for one in bounded], [one.low for one in bounded], [one.high for one in bounded],
                color=colour, alpha=0.15,
            )  # fmt: skip
        right.set_ylim(0, 1)
        right.yaxis.set_major_formatter(_axis_of_shares)
        right.tick_params(axis="x", rotation=45)
        right.legend(fontsize=7, loc="upper center", bbox_to_anchor=(0.5, 1.25))

    drawn = draw if any(one.value is not None for one in now.values()) else None
    return Answer("Que deviennent les personnes à la fin de leur parcours ?", "2_sorties", lines, drawn)


#: Metric -> decimals, factor for people, unit said after the value.
_COMPARED = {"weekly_hours_mean": (1, 1, "heures"), "hourly_pay_smic_ratio": (3, 1, "fois le SMIC"),
             "stable_contract_share": (1, 100, "%")}  # fmt: skip


def women_and_men(release: Release) -> Answer:
    """Hours, pay and stability, women and men, with the published gap."""
    found = release.figures(_COMPARED, breakdown="sex")
    lines, shown = [], {}
    for metric, (digits, factor, unit) in _COMPARED.items():
        label = release.labels.get(metric, metric)
        by_sex = {one.category: one for one in found if one.metric == metric and one.value is not None}
        if not {"F", "H"} <= set(by_sex):
            lines.append(f"{label} : il manque le chiffre des femmes ou celui des hommes.")
            continue
        shown[metric] = by_sex

        def said(value: float | None, digits=digits, factor=factor) -> str:
            return number(None if value is None else value * factor, digits)

        told = [
            f"{name} {said(one.value)} {unit} ({behind(one)}{', fragile' if one.is_fragile else ''})"
            for name, one in (("femmes", by_sex["F"]), ("hommes", by_sex["H"]))
        ]
        gap = release.figure(f"{metric}_gap_fm")
        lines.append(f"{label} : {told[0]} ; {told[1]}. {_told_gap(gap, said, 'points' if unit == '%' else unit)}")

    def draw(figure: Figure) -> None:
        panels = figure.subplots(1, len(shown), squeeze=False)[0]
        for axes, (metric, by_sex) in zip(panels, shown.items(), strict=True):
            _, factor, unit = _COMPARED[metric]
            for place, (sex, colour) in enumerate((("F", SECOND), ("H", SOLID))):
                one = by_sex[sex]
                axes.bar(place, one.value * factor, color=colour, alpha=0.5 if one.is_fragile else 1)
                if one.low is not None and one.high is not None:
                    axes.plot([place, place], [one.low * factor, one.high * factor], color="black")
            people = [number(by_sex[sex].people) for sex in ("F", "H")]
            axes.set_xticks([0, 1], [f"femmes\n(n = {people[0]})", f"hommes\n(n = {people[1]})"])
            axes.set_title(release.labels[metric], fontsize=9)
            axes.set_ylabel(unit)
            axes.yaxis.set_major_formatter(lambda tick, _: f"{tick:g}".replace(".", ","))

    question = "Les femmes et les hommes ont-ils les mêmes emplois ?"
    return Answer(question, "3_femmes_et_hommes", lines, draw if shown else None)


def _told_gap(gap: Figured | None, said: Callable[[float | None], str], unit: str) -> str:
    if gap is None or gap.value is None:
        return "L'écart n'est pas publié."
    told = f"Écart (femmes moins hommes) : {said(gap.value)} {unit}"
    if gap.low is None or gap.high is None:
        return f"{told}, sans intervalle publié."
    chance = "peut être dû au hasard" if gap.low <= 0 <= gap.high else "ne se réduit pas au hasard"
    return f"{told}, intervalle {interval(gap, said)} : il {chance}."


_MONTHS = (12, 24, 36)


def activities(release: Release) -> Answer:
    """Activities begun, set beside all creations of the region; how long cohorts last."""
    started = release.figure("activities_started_count")
    stock = release.figure("activities_stock")
    lines = []
    if started is None or started.value is None or stock is None or stock.value is None:
        lines.append("Aucun adhérent n'a remonté ses activités pour toute la période.")
    else:
        lines += [
            f"{counted(started.value, 'activité lancée', 'activités lancées')} en quatre trimestres "
            f"({behind(started)}).",
            f"{counted(stock.value, 'activité', 'activités')} en cours au dernier jour ({behind(stock)}).",
        ]
    lines += _against_all_creations(release)
    names = [f"activity_survival_{months}m" for months in _MONTHS]
    cohorts = [one for one in release.figures(names, every_period=True) if one.period.endswith(release.period[-2:])]
    survived = [one for one in cohorts if one.value is not None]
    begun = {one.period: one for one in release.figures(["activities_started_count"], every_period=True)}
    lines += [
        f"{release.labels[one.metric]}, des {number(begun[one.period].value)} lancées en quatre trimestres jusqu'à "
        f"{one.period} : {percent(one.value)} {interval(one, percent)} "
        f"({behind(one)}{', fragile' if one.is_fragile else ''})."
        for one in survived
    ]
    seen = {one.metric for one in survived}
    if waiting := [f"{months} mois" for months, name in zip(_MONTHS, names, strict=True) if name not in seen]:
        none = "aucune valeur (aucune activité lancée, ou aucune génération observée assez longtemps)"
        lines.append(f"Survie à {', '.join(waiting)} : {none}.")
    lines += _compared_survival(release)

    def draw(figure: Figure) -> None:
        left, right = figure.subplots(1, 2)
        counts = [
            one
            for one in release.figures(["activities_started_count", "activities_stock"], every_period=True)
            if one.value is not None
        ]
        periods = sorted({one.period for one in counts})
        for shift, metric, colour in ((-0.2, "activities_started_count", SOLID), (0.2, "activities_stock", ABSENT)):
            values = {one.period: one.value for one in counts if one.metric == metric}
            left.bar(
                [place + shift for place in range(len(periods))], [values.get(period, 0) for period in periods],
                width=0.4, color=colour, label=release.labels[metric],
            )  # fmt: skip
        left.set_xticks(range(len(periods)), periods, rotation=45, fontsize=8)
        left.legend(fontsize=8)
        for place, period in enumerate(sorted({one.period for one in survived})):
            line = [one for one in survived if one.period == period]
            colour = (SOLID, SECOND, FRAGILE, "black")[place % 4]
            months = [int(one.metric.rpartition("_")[2].removesuffix("m")) + place for one in line]
            right.plot(months, [one.value for one in line], "o-", color=colour, label=f"lancées jusqu'à {period}")
            for month, one in zip(months, line, strict=True):
                if one.low is not None and one.high is not None:
                    right.plot([month, month], [one.low, one.high], color=colour)
        right.set_xlim(9, 39)
        right.set_xticks(_MONTHS, [f"{months} mois" for months in _MONTHS])
        right.set_ylim(0, 1.05)
        right.set_title("Survie des activités", fontsize=9)
        right.yaxis.set_major_formatter(_axis_of_shares)
        if survived:
            right.legend(fontsize=8, loc="lower left")

    question = "Combien d'activités naissent, face à l'ensemble des créations, et combien durent ?"
    return Answer(question, "4_activites", lines, draw if started and started.value is not None else None)


def _against_all_creations(release: Release) -> list[str]:
    """Activities begun over all creations, at the widest level where the creations of the year are known."""
    for level in reversed(LEVELS):
        found = release.figures(["creations_share_of_territory"], level)
        if known := [one for one in found if one.value is not None]:
            return [
                f"{one.territory} ({LEVELS[level]}) : {counted(one.numerator, 'activité lancée', 'activités lancées')} "
                f"pour {counted(one.denominator, 'établissement créé', 'établissements créés')} en {one.as_of}, soit "
                f"{number(1000 * one.value, 2)} pour mille ({covered(one)})."
                for one in known
            ] + [f"Créations inconnues pour {len(found) - len(known)} des {len(found)} territoires de ce niveau."]
    return [
        "Rapportées à l'ensemble des créations d'établissements : impossible, aucune source chargée ne donne les "
        "créations du territoire pour une année achevée."
    ]


def _compared_survival(release: Release) -> list[str]:
    """Survival of all the creations of the same sections, where the release has it."""
    names = [f"creation_survival_{months}m_same_sections" for months in _MONTHS]
    found = [one for one in release.figures(names, "region", every_period=True) if one.value is not None]
    if not found:
        return ["Survie de l'ensemble des créations des mêmes secteurs : absente de cette release."]
    newest = {(one.metric, one.territory): one for one in found}
    return [
        f"{one.territory}, {release.labels[one.metric].lower()}, jusqu'à {one.period} : {percent(one.value)} "
        f"({number(one.numerator)} sur {number(one.denominator)})."
        for one in newest.values()
    ]


_JUDGED = ("stable_contract_share", "exit_dynamic_share", "transition_days_p50", "hourly_pay_smic_ratio")


def coverage(release: Release) -> Answer:
    """Who covers the period, and where a figure is solid, fragile or absent."""
    whole = release.figure("members_count")
    lines = []
    if whole is not None and whole.value is not None:
        lines.append(
            f"Les remontées de {counted(whole.value, 'adhérent')} couvrent toute la période, soit "
            f"{percent(whole.coverage)} du réseau ({counted(whole.structures, 'structure')})."
        )
    places = release.figures(["members_count"], "epci")
    lines.append(
        f"Le réseau est présent dans {counted(len(places), 'intercommunalité')} "
        f"sur {number(release.territories('epci'))}."
    )
    partial = sorted(
        (one for one in places if (one.coverage or 0) < 1), key=lambda one: (one.coverage or 0, one.territory)
    )
    if partial:
        told = ", ".join(f"{one.territory} ({percent(one.coverage)})" for one in partial[:10])
        lines.append(f"Couverture incomplète dans {counted(len(partial), 'intercommunalité')} : {told}.")
    else:
        lines.append("Partout où il est, tous ses adhérents couvrent la période.")
    levels = [level for level in LEVELS if release.territories(level)]
    stands = {(metric, level): _stands(release.figures([metric], level)) for metric in _JUDGED for level in levels}
    for metric in _JUDGED:
        solid, fragile, absent = stands[metric, "epci"]
        lines.append(
            f"{release.labels[metric]}, par intercommunalité : {counted(solid, 'chiffre solide', 'chiffres solides')}, "
            f"{counted(fragile, 'fragile')}, {counted(absent, 'absent')}."
        )
    if missing := [LEVELS[level] for level in LEVELS if level not in levels]:
        lines.append(f"Sans aucun chiffre, faute de composition chargée : {', '.join(missing)}.")

    def draw(figure: Figure) -> None:
        panels = figure.subplots(2, 2).flat
        for axes, metric in zip(panels, _JUDGED, strict=True):
            for place, level in enumerate(levels):
                total, left = sum(stands[metric, level]), 0.0
                for count, colour, name in zip(
                    stands[metric, level], (SOLID, FRAGILE, ABSENT), ("solide", "fragile", "absent"), strict=True
                ):
                    share = count / total if total else 0
                    axes.barh(place, share, left=left, color=colour, label=name if place == 0 else None)
                    left += share
            axes.set_yticks(
                range(len(levels)), [f"{LEVELS[level]} ({sum(stands[metric, level])})" for level in levels], fontsize=8
            )
            axes.invert_yaxis()
            axes.set_title(release.labels[metric], fontsize=9)
            axes.xaxis.set_major_formatter(_axis_of_shares)
            axes.tick_params(axis="x", labelsize=7)
        figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=8)
        figure.set_figheight(6)

    question = "Le territoire est-il bien couvert, et où les chiffres sont-ils fragiles ou absents ?"
    return Answer(question, "5_couverture", lines, draw if places else None)


def _stands(found: list[Figured]) -> tuple[int, int, int]:
    """(solid, fragile, absent) among the territories where the figure is shown."""
    absent = sum(one.value is None for one in found)
    fragile = sum(one.value is not None and bool(one.is_fragile) for one in found)
    return len(found) - absent - fragile, fragile, absent


QUESTIONS = (next_job, exits, women_and_men, activities, coverage)


# --- what is written ------------------------------------------------------------------------------------------


def drawn(answer: Answer, path: Path) -> bool:
    """Writes the plot; False when there is nothing to draw."""
    if answer.draw is None:
        return False
    figure = Figure(figsize=(9, 4.5), layout="constrained")
    answer.draw(figure)
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": answer.name}):
        figure.savefig(path, format="svg", metadata={"Date": None})
    return True


def written(release: Release, out: Path) -> str:
    """The page, its images beside it in `out`."""
    parts = ["# Cinq questions\n"]
    if release.period is None:
        parts.append("Cette release n'a encore aucun chiffre : aucune remontée n'a été acceptée.\n")
        return "\n".join(parts)
    parts.append(
        f"Quatre trimestres jusqu'à {release.period}, lieu de la structure, ensemble des adhérents dont les remontées "
        "couvrent la période. Entre crochets, l'intervalle à 95\u00a0%.\n"
    )
    for place, question in enumerate(QUESTIONS, start=1):
        answer = question(release)
        image = out / f"{answer.name}.svg"
        parts += [f"## {place}. {answer.question}\n", *(f"- {line}" for line in answer.lines)]
        shown = f"![{answer.question}]({image.name})" if drawn(answer, image) else "Rien à montrer : aucun chiffre."
        parts.append(f"\n{shown}\n")
    return "\n".join(parts)


def main(arguments: list[str]) -> int:
    """Writes the page and prints it."""
    home = Path(os.environ.get("TERRITOIRES_HOME", "var"))
    parser = argparse.ArgumentParser(description="Cinq questions, posées à une release.")
    parser.add_argument("--release", type=Path, default=home / "releases" / "current", help="folder of a release")
    parser.add_argument("--out", type=Path, default=Path("reponses"), help="folder of the page and its images")
    parser.add_argument("--period", help="last of the four quarters: 2025-Q4; the newest well covered by default")
    options = parser.parse_args(arguments)
    if not (options.release / "internal.duckdb").exists():
        print(f"{options.release} is no release: it holds no internal.duckdb", file=sys.stderr)
        return 2
    try:
        release = Release(options.release, options.period)
    except duckdb.IOException as error:
        print(f"{options.release / 'internal.duckdb'} cannot be read: {error}", file=sys.stderr)
        return 2
    if options.period and options.period not in release.periods:
        known = ", ".join(release.periods) or "none"
        print(f"{options.release} has no four quarters up to {options.period}; it has: {known}", file=sys.stderr)
        return 2
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        page = written(release, options.out)
        (options.out / "reponses.md").write_text(page, encoding="utf-8")
    except OSError as error:
        print(f"{options.out} cannot hold the answers: {error.strerror}; give another folder: --out", file=sys.stderr)
        return 2
    print(page)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
