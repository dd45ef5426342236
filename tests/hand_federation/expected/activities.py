"""Activities and territorial animation of the hand federation, worked out from the definitions.

Here: expected rows, each with its working beside it. Not here: the data (`hand_federation`), the comparison
(`test_hand_computed.py`).
"""

from .rows import (
    AC,
    ALL,
    EPCI_LE_HAVRE,
    EPCI_ROUEN,
    LE_HAVRE,
    PETIT_QUEVILLY,
    Q1,
    Q2,
    Q3,
    Q4,
    Q5,
    ROUEN,
    SEINE_MARITIME,
    SOTTEVILLE,
    Y24,
    Y25,
    add,
    count,
    of_kind,
    ratio,
    share,
    split,
    survival,
)

# --- Activities -------------------------------------------------------------------------------------------------------
# Started: Q1 A1 (Rouen), A2 (Petit-Quevilly, reprise), B1; Q2 B3 (reprise); Q3 C1 (reprise); Q4 A4.
# Ended: Q2 B2, Q3 A2.
# In force on the last day: Q1 A1 A2 A3 B1 B2 C0 | Q2 A1 A2 A3 B1 B3 C0 | Q3 A1 A3 B1 B3 C0 C1 | Q4 the same and A4
#                           Q5 A1 A3 A4 B1 B3 (CHARLIE not covered). A3, B1, B2, C0, C1 take the structure's commune.
AI, ACI, ETTI = [of_kind("AI")], [of_kind("ACI")], [of_kind("ETTI")]
IN_ROUEN, IN_QUEVILLY, IN_HAVRE, IN_SOTTEVILLE = [ROUEN], [PETIT_QUEVILLY], [LE_HAVRE, EPCI_LE_HAVRE], [SOTTEVILLE]
for cells, period, started, taken_over, ended, stock in (
    (IN_ROUEN, Q1, 1, 0, 0, 2),
    (IN_QUEVILLY, Q1, 1, 1, 0, 1),
    (AI, Q1, 2, 1, 0, 3),
    (IN_HAVRE, Q1, 1, 0, 0, 2),
    (ACI, Q1, 1, 0, 0, 2),
    (IN_SOTTEVILLE, Q1, 0, 0, 0, 1),  # nothing started: a true 0, and a take-over share of nothing
    (ETTI, Q1, 0, 0, 0, 1),
    (AC, Q1, 2, 1, 0, 4),
    (ALL, Q1, 3, 1, 0, 6),
    (IN_ROUEN, Q2, 0, 0, 0, 2),
    (IN_HAVRE, Q2, 1, 1, 1, 2),
    (ALL, Q2, 1, 1, 1, 6),
    (IN_ROUEN, Q3, 0, 0, 0, 2),
    (IN_SOTTEVILLE, Q3, 1, 1, 0, 2),
    (AC, Q3, 1, 1, 1, 4),  # C1 starts, A2 ends: net 0
    (AI, Q3, 0, 0, 1, 2),  # net -1
    (ALL, Q3, 1, 1, 1, 6),
    (IN_ROUEN, Q4, 1, 0, 0, 3),
    (IN_HAVRE, Q4, 0, 0, 0, 2),
    (ALL, Q4, 1, 0, 0, 7),
    (IN_ROUEN, Q5, 0, 0, 0, 3),
    (IN_HAVRE, Q5, 0, 0, 0, 2),
    (ALL, Q5, 0, 0, 0, 5),
    (IN_ROUEN, Y24, 2, 0, 0, 3),
    (AI, Y24, 3, 1, 1, 3),
    (IN_HAVRE, Y24, 2, 1, 1, 2),
    (AC, Y24, 4, 2, 1, 5),
    (ALL, Y24, 6, 3, 2, 7),
    (ALL, Y25, 2, 1, 2, 5),  # B3, A4; B2, A2
    (split("strategy", "entrepreneur_social"), Q1, 1, 0, 0, 3),  # A1 | A1 A3 C0
    (split("strategy", "insertion_globale"), Q1, 2, 1, 0, 3),  # A2 B1 | A2 B1 B2
    (split("strategy", "entrepreneur_social"), Y24, 2, 1, 0, 4),  # A1 C1 | A1 A3 C0 C1
    (split("strategy", "insertion_globale"), Y24, 2, 1, 2, 1),  # A2 B1; A2 and B2 ended | B1
    (split("strategy", "mediateur_territorial"), Y24, 2, 1, 0, 2),  # A4 B3
):
    count(cells, period, "activities_started_count", started)
    count(cells, period, "activities_ended_count", ended)
    count(cells, period, "activities_stock", stock)
    count(cells, period, "activities_net_change", started - ended)
    share(cells, period, "activity_takeover_share", taken_over, started)
count(IN_QUEVILLY, Q3, "activities_net_change", -1)
count(ALL, Q1, "activities_started_count", 3, structures=2)
count(ALL, Q1, "activities_stock", 6, structures=3)

# FTE at start, of the started; FTE now, of the stock. Non-delocalisable, of the stock that states it (A3 does not).
for cells, period, at_start, now, rooted, stated in (
    (IN_ROUEN, Q1, 1.5, 6, 1, 1),  # A1 2 + A3 4
    (IN_QUEVILLY, Q1, 1, 0.5, 0, 1),
    (AI, Q1, 2.5, 6.5, 1, 2),
    (IN_HAVRE, Q1, 2, 3.5, 1, 2),  # B1 2.5 + B2 1
    (IN_SOTTEVILLE, Q1, 0, 1, 1, 1),
    (AC, Q1, 2.5, 7.5, 2, 3),  # 6 + 0.5 + 1
    (ALL, Q1, 4.5, 11, 3, 5),
    (IN_HAVRE, Q2, 1, 3.5, 1, 2),  # B1 2.5 + B3 1
    (ALL, Q3, 1, 11.5, 4, 5),  # 2 + 4 + 2.5 + 1 + 1 + 1; A1 B1 C0 C1 yes, B3 no
    (ALL, Y24, 7, 12, 5, 6),  # 1.5+1+2+1+1+0.5; 11.5 + A4 0.5; A1 A4 B1 C0 C1 yes, B3 no
):
    count(cells, period, "activity_fte_start", at_start)
    count(cells, period, "activity_fte_now", now)
    share(cells, period, "non_delocalisable_share", rooted, stated)

# Resources of the stock; volunteer hours at 11.65 (only periods that lie wholly under one SMIC).
for cells, period, market, other, unpaid_hours in (
    (IN_ROUEN, Q1, 90000, 30000, 300),  # A1 + A3: 30000 + 60000, 10000 + 20000, 100 + 200 h
    (IN_QUEVILLY, Q1, 5000, 5000, 0),
    (IN_SOTTEVILLE, Q1, 50000, 0, 0),
    (AC, Q1, 145000, 35000, 300),
    (IN_HAVRE, Q1, 14000, 48000, 20),
    (ALL, Q1, 159000, 83000, 320),
    (IN_HAVRE, Q2, 10000, 55000, 300),  # B1 + B3
    (ALL, Q3, 170000, 85000, 600),  # A1 A3 B1 B3 C0 C1
):
    unpaid = unpaid_hours * 11.65
    total = market + other + unpaid
    ratio(cells, period, "market_resource_share", market, total)
    ratio(cells, period, "non_market_resource_share", other, total)
    ratio(cells, period, "volunteer_resource_share", unpaid, total)

# S(365) of those started. A2 ends after 179 days; A1 424 days, B1 395, B3 315, A4 131 and C1 148 (its member's
# horizon is 31 December 2024) are still there at the horizon.
metric = "activity_survival_12m"
survival(IN_ROUEN, Q1, metric, 1, None, None)  # A1 alone: no band
survival(IN_QUEVILLY, Q1, metric, 0, None, None)  # A2 alone
survival(IN_HAVRE, Q1, metric, 1, None, None)
survival(AC, Q1, metric, 1 / 2, 0.005983087639145736, 0.9104100848367374)
survival(ALL, Q1, metric, 2 / 3, 0.054073426786516665, 0.945206387272047)
survival(IN_HAVRE, Q2, metric, None, None, None)  # 315 days at most, S = 1
survival(IN_SOTTEVILLE, Q3, metric, None, None, None)
survival(ALL, Y24, metric, 3 / 4, 0.1279469175951458, 0.9605486422850784)  # A4, C1 censored first: 1 of 4 at 179
survival(ALL, Q1, "activity_survival_24m", None, None, None)  # 424 days at most, S = 2/3
survival(IN_QUEVILLY, Q1, "activity_survival_24m", 0, None, None)  # S = 0 stays 0

#: Activities started, per 10,000 inhabitants: the population is an input, the test reads it (cells, period, started,
#: column of the snapshot of communes and code that say which communes make the territory).
STARTED_PER_INHABITANT = [
    (ROUEN, Q1, 1, "code_commune", "76540"),
    (PETIT_QUEVILLY, Q1, 1, "code_commune", "76498"),
    (LE_HAVRE, Q1, 1, "code_commune", "76351"),
    (SOTTEVILLE, Q1, 0, "code_commune", "76681"),
    (EPCI_ROUEN, Q1, 2, "code_epci", "200023414"),
    (EPCI_LE_HAVRE, Q2, 1, "code_epci", "200084952"),
    (SEINE_MARITIME, Q1, 3, "code_departement", "76"),
    (SEINE_MARITIME, Y24, 6, "code_departement", "76"),
    (EPCI_ROUEN, Y24, 4, "code_epci", "200023414"),
]

#: Without open data nobody knows how many establishments were created, nor how many are still there: no share of them,
#: and no zero.
for cell, started in ((SEINE_MARITIME, 6), (EPCI_ROUEN, 4)):
    figures = (started, None, None, None, None)
    for metric in ("creations_share_of_territory", "net_creations_share_of_territory"):
        add([cell], Y24, metric, *figures, people=..., structures=..., status="empty")
    for months in (12, 24, 36):
        nothing = (None, None, None, None, None)
        metric = f"creation_survival_{months}m_same_sections"
        add([cell], Y24, metric, *nothing, people=None, structures=..., status="empty")

# --- Territorial animation --------------------------------------------------------------------------------------------
# Begun: Q1 A2 (4 partners), B1 (0), B2 (3); Q2 A3 in Petit-Quevilly (6); Q3 none; Q4 C2 (2).
# Seats on the last day: A1, B1, B3 (until 31 July), C1.
for cells, period, begun, partners, seats in (
    (IN_ROUEN, Q1, 1, 4, 1),
    (IN_HAVRE, Q1, 2, 3, 2),
    (IN_SOTTEVILLE, Q1, 0, 0, 1),
    (AC, Q1, 1, 4, 2),
    (ALL, Q1, 3, 7, 4),
    (IN_ROUEN, Q2, 0, 0, 1),
    (AC, Q2, 1, 6, 2),
    (ALL, Q2, 1, 6, 4),
    (IN_HAVRE, Q3, 0, 0, 1),
    (ALL, Q3, 0, 0, 3),
    (IN_SOTTEVILLE, Q4, 1, 2, 1),
    (ALL, Q4, 1, 2, 3),
    (ALL, Q5, 0, 0, 2),
    (AC, Y24, 3, 12, 2),
    (ALL, Y24, 5, 15, 3),
    (ALL, Y25, 1, 6, 2),
):
    count(cells, period, "cooperation_actions_count", begun)
    count(cells, period, "cooperation_partners_count", partners)
    count(cells, period, "local_body_seats_count", seats)
count(IN_QUEVILLY, Q2, "cooperation_actions_count", 1)
count(IN_QUEVILLY, Q2, "cooperation_partners_count", 6)
