"""Employment and exits of the hand federation, worked out from the definitions, person by person.

Here: expected rows, each with its working beside it. Not here: the data (`hand_federation`), the comparison
(`test_hand_computed.py`).

People a quarter (a contract in force on some day)
           A                               B                                             C
  2024-Q1  Ahmed Nadia Paul Lucie          Chloé Denis Elsa Farid Gaëlle Yann            Inès
  2024-Q2  Ahmed Nadia Lucie Rachid        Chloé Nadia Denis Elsa Farid Gaëlle           Inès Jean
  2024-Q3  Ahmed Lucie Sophie Léo          Chloé Nadia Denis Gaëlle                      Farid Jean Léo
  2024-Q4  Lucie Sophie Omar               Chloé Nadia Gaëlle                            Jean Léo
  2025-Q1  Lucie Sophie Farid              Nadia Gaëlle                                  (not covered)

Contracts in force on the last day (* = CDI or CDII; weekly hours, ? = not stated)
  2024-Q1  A01c 20  A02a 15    A04a* 35    B01a 26  B03a 26  B04a 10  B05a 26  B06a* ?   -
  2024-Q2  A04a* 35                        B01a 26  B02a 35  B03a 26  B06a* ?            C03a* 35
  2024-Q3  A01e 14.5  A04a* 35             B01b 26  B02a 35  B06a* ?                     C01a 35  C03a* 35  C04a 39
  2024-Q4  A04a* 35  A06b 20               B01b 26  B02a 35  B06a* ?                     C03a* 35  C04a 39
  2025-Q1  A04a* 35  A06b 20  A08a 14      B02a 35  B06a* ?                              (not covered)

Groups begun (+ = long: CDI, CDII, or planned end at or after start + 6 months - 1 day; ? = no planned end, left out)
  2024-Q1  A01a  A02a+  A03a  A03b  A03c  A03d?    B01a+  B04a (a day short)  B05a+  B08a+    C02a
  2024-Q2  A01d+  A05a  A05b                       B02a+                                      C02b  C03a+
  2024-Q3  A01e  A06a  A09a                        -                                          C01a  C04a+
  2024-Q4  A06b+  A07a?                            -                                          -
  2025-Q1  A08a+                                   -                                          (not covered)

Groups ended, in days
  2024-Q1  A01 77 (day 15 to 91)  A03a 30  A03b 22  A03c 11  A03d 29    B08 54                C02a 26
  2024-Q2  A01d 75  A02 114 (8 to 121)  A05a 1  A05b 45                 B04 81  B05 82        C02b 61
  2024-Q3  A01e 77  A06a 31  A09 46                                     B03 305 (30+31+244)   C01 71
  2024-Q4  A07 20                                                       B01 352 (15 to 366)   -
  2025-Q1  -                                                            -                     (not covered)

Ended pathways (D durable, T transition, P positive, X other, u undocumented)
  2024-Q1  B  Yann P (entry 2023-12-01: 119 days, 3.91 months; his contract alone would be 53 days, too short)
           A  Paul: 113 h in 2024, under 150: not an exit
  2024-Q2  A  Rachid P (67 + 83 = 150 h exactly). Nadia u (ended on 30 April, 225 h)
           B  Farid u (empty reason; 81 days, 2.663 months). Elsa: 80 days, 2.630 months: not an exit
  2024-Q3  A  Ahmed D. Léo u (ended on 15 August, 228 days before the horizon, 160 h). Sophie: retrait, outside
           B  Denis D
           C  Inès T (348 h). Farid X (350 h)
  2024-Q4  B  Chloé D.   A  Omar ended 162 days before the horizon: not yet an exit
  2025-Q1  none
"""

from .rows import (
    AC,
    ALL,
    EPCI_LE_HAVRE,
    EPCI_ROUEN,
    LE_HAVRE,
    Q1,
    Q2,
    Q3,
    Q4,
    Q5,
    ROUEN,
    SOTTEVILLE,
    Y24,
    Y25,
    A,
    B,
    C,
    Cell,
    add,
    count,
    derived,
    living_in,
    ratio,
    share,
    split,
    survival,
)

# --- Members and structures -------------------------------------------------------------------------------------------
# Cells of breakdown `all` only. CHARLIE sends nothing for 2025T1: two members are left, and one in the EPCI of Rouen.
for metric in ("members_count", "structures_count"):
    for period in (Q1, Q2, Q3, Q4, Y24):
        count([ROUEN, LE_HAVRE, SOTTEVILLE, EPCI_LE_HAVRE], period, metric, 1, structures=1)
        count(AC, period, metric, 2, structures=2)
        count(ALL, period, metric, 3, structures=3)
    for period in (Q5, Y25):
        count([ROUEN, LE_HAVRE, EPCI_ROUEN, EPCI_LE_HAVRE], period, metric, 1, structures=1)
        count(ALL, period, metric, 2, structures=2)

# --- People employed --------------------------------------------------------------------------------------------------
metric = "people_employed_count"
count(A, Q1, metric, 4, people=4, structures=1)
count(B, Q1, metric, 6, people=6, structures=1)
count(C, Q1, metric, 1, people=1, structures=1)
count(AC, Q1, metric, 5, people=5, structures=2)
count(ALL, Q1, metric, 11, people=11, structures=3)  # 4 + 6 + 1
count(A, Q2, metric, 4, people=4, structures=1)  # Nadia until 30 April
count(B, Q2, metric, 6, people=6, structures=1)  # Nadia from 1 June; P-BRAVO-07 went with the correction
count(C, Q2, metric, 2)
count(ALL, Q2, metric, 11, people=11, structures=3)  # 4 + 6 + 2 - Nadia, once only
count(A, Q3, metric, 4)
count(B, Q3, metric, 4)
count(C, Q3, metric, 3)
count(AC, Q3, metric, 6)  # 4 + 3 - Léo
count(ALL, Q3, metric, 10)  # 4 + 4 + 3 - Léo
count(A, Q4, metric, 3)
count(B, Q4, metric, 3)
count(C, Q4, metric, 2)
count(ALL, Q4, metric, 8)
count(A, Q5, metric, 3)
count(B, Q5, metric, 2)
count(ALL, Q5, metric, 5)
count(A, Y24, metric, 8)  # Ahmed Nadia Paul Lucie Rachid Sophie Omar Léo
count(B, Y24, metric, 7)  # Chloé Denis Elsa Farid Gaëlle Yann Nadia
count(C, Y24, metric, 4)  # Inès Jean Farid Léo
count(AC, Y24, metric, 11)  # 8 + 4 - Léo
count(ALL, Y24, metric, 16)  # 8 + 7 + 4 - Nadia - Farid - Léo
count(A, Y25, metric, 8)  # Ahmed Nadia Lucie Rachid Sophie Omar Léo Farid
count(B, Y25, metric, 6)  # Chloé Nadia Denis Elsa Farid Gaëlle
count(ALL, Y25, metric, 12)  # 8 + 6 - Nadia - Farid
count(split("sex", "F"), Q1, metric, 6)  # Nadia Lucie Chloé Elsa Gaëlle Inès
count(split("sex", "H"), Q1, metric, 5)  # Ahmed Paul Denis Farid Yann
count(living_in("commune", "76540"), Q1, metric, 3)  # Ahmed, Nadia; Elsa, who works in Le Havre
count(living_in("commune", "76681"), Q1, metric, 3)  # Paul, Lucie, Inès
count(living_in("commune", "76351"), Q1, metric, 4)  # Chloé, Denis, Farid, Yann
count(living_in("commune", "76447"), Q1, metric, 1)  # Gaëlle: no structure in Montivilliers
count(living_in("epci", "200084952"), Q1, metric, 5)
count(living_in("epci", "200023414"), Q1, metric, 6)
count(living_in("departement", "27"), Q2, metric, 1, people=1, structures=1)  # Rachid
count(living_in("departement", "76"), Q2, metric, 10)  # 11 - Rachid
count([Cell("france", basis="residence")], Q2, metric, 11)

# --- Hires ------------------------------------------------------------------------------------------------------------
metric = "hires_count"
count(A, Q1, metric, 6, people=3, structures=1)  # Ahmed, Nadia, Paul four times; A01b and A01c renew
count(B, Q1, metric, 4, people=4, structures=1)
count(C, Q1, metric, 1, people=1, structures=1)
count(AC, Q1, metric, 7, people=4, structures=2)
count(ALL, Q1, metric, 11, people=8, structures=3)
count(A, Q2, metric, 3, people=2)  # Ahmed; Rachid twice
count(B, Q2, metric, 1)  # Nadia; B07x is gone
count(C, Q2, metric, 2)
count(ALL, Q2, metric, 6)
count(A, Q3, metric, 3)
count(B, Q3, metric, 0)  # B01b renews: a true 0
count(C, Q3, metric, 2)
count(ALL, Q3, metric, 5)
count(A, Q4, metric, 2)
count(B, Q4, metric, 0)
count(C, Q4, metric, 0)
count(ALL, Q4, metric, 2)
count(A, Q5, metric, 1)
count(B, Q5, metric, 0)
count(ALL, Q5, metric, 1)
count(A, Y24, metric, 14)  # 6 + 3 + 3 + 2
count(B, Y24, metric, 5)
count(C, Y24, metric, 5)
count(ALL, Y24, metric, 24)
count(A, Y25, metric, 9)  # 3 + 3 + 2 + 1
count(B, Y25, metric, 1)
count(ALL, Y25, metric, 10)
count(split("sex", "F"), Q1, metric, 4)  # Nadia, Chloé, Elsa, Inès
count(split("sex", "H"), Q1, metric, 7)  # Ahmed, Paul x 4, Farid, Yann
count(split("age_band", "under_26"), Q1, metric, 2)  # Nadia 25, Chloé 21
count(split("age_band", "26_49"), Q1, metric, 4)  # Ahmed 44, Elsa 39, Farid 29, Inès 46
count(split("age_band", "50_plus"), Q1, metric, 5)  # Paul 59 x 4, Yann 50
count(living_in("commune", "76540"), Q1, metric, 3)  # A01a, A02a, B04a
count(living_in("commune", "76681"), Q1, metric, 5)  # Paul x 4, Inès
count(living_in("commune", "76351"), Q1, metric, 3)  # B01a, B05a, B08a
count(living_in("epci", "200023414"), Q1, metric, 8)
count(living_in("commune", "27229"), Q2, metric, 2, people=1)  # Rachid
count(living_in("departement", "27"), Q2, metric, 2)
count(living_in("departement", "76"), Q2, metric, 4)

metric = "long_hire_share"
share(A, Q1, metric, 1, 5, people=3, structures=1)  # A02a (7 July is exact) of five; A03d has no planned end
share(B, Q1, metric, 3, 4, people=4, structures=1)  # B01a, B05a, B08a exact to the day; B04a one day short
share(C, Q1, metric, 0, 1)
share(AC, Q1, metric, 1, 6)
share(ALL, Q1, metric, 4, 10, people=8, structures=3)
share(A, Q2, metric, 1, 3)  # A01d was planned for six months, whatever its real end
share(B, Q2, metric, 1, 1)
share(C, Q2, metric, 1, 2)
share(ALL, Q2, metric, 3, 6)
share(A, Q3, metric, 0, 3)
share(B, Q3, metric, 0, 0)
share(C, Q3, metric, 1, 2)
share(ALL, Q3, metric, 1, 5)
share(A, Q4, metric, 1, 1)  # A06b; A07a has no planned end
share(B, Q4, metric, 0, 0)
share(C, Q4, metric, 0, 0)
share(ALL, Q4, metric, 1, 1)
share(A, Q5, metric, 1, 1)
share(B, Q5, metric, 0, 0)
share(A, Y24, metric, 3, 12)  # 1 + 1 + 0 + 1 of 5 + 3 + 3 + 1
share(B, Y24, metric, 4, 5)
share(C, Y24, metric, 2, 5)  # 0 + 1 + 1 of 1 + 2 + 2
share(ALL, Y24, metric, 9, 22)
share(ALL, Y25, metric, 4, 9)  # A: 1 + 0 + 1 + 1 of 3 + 3 + 1 + 1; B: 1 of 1

# --- Contracts in force -----------------------------------------------------------------------------------------------
metric = "contracts_in_force_count"
count(A, Q1, metric, 3, people=3, structures=1)  # A01c ends on 31 March itself
count(B, Q1, metric, 5, people=5, structures=1)
count(C, Q1, metric, 0)  # C02a ended on 29 March: a true 0
count(AC, Q1, metric, 3)
count(ALL, Q1, metric, 8, people=8, structures=2)
count(A, Q2, metric, 1)
count(B, Q2, metric, 4)
count(C, Q2, metric, 1)
count(ALL, Q2, metric, 6)
count(A, Q3, metric, 2)  # A01e ends on 30 September itself
count(B, Q3, metric, 3)
count(C, Q3, metric, 3)
count(AC, Q3, metric, 5)
count(ALL, Q3, metric, 8)
for period in (Q4, Y24):  # a stock is that of the last day
    count(A, period, metric, 2)
    count(B, period, metric, 3)  # B01b ends on 31 December itself
    count(C, period, metric, 2)
    count(ALL, period, metric, 7, people=7, structures=3)
    count(split("age_band", "under_26"), period, metric, 2)  # Chloé 21, Nadia 25
    count(split("age_band", "26_49"), period, metric, 4)  # Lucie 49, Sophie 34, Gaëlle 32, Léo 26
    count(split("age_band", "50_plus"), period, metric, 1)  # Jean 64
for period in (Q5, Y25):
    count(A, period, metric, 3)
    count(B, period, metric, 2)
    count(ALL, period, metric, 5, people=5, structures=2)
    count(split("age_band", "26_49"), period, metric, 4)  # Sophie 35, Farid 30, Gaëlle 33, Nadia 26 by now
    count(split("age_band", "50_plus"), period, metric, 1)  # Lucie 50 by now
count(split("sex", "F"), Q1, metric, 5)  # A02a, A04a, B01a, B04a, B06a
count(split("sex", "H"), Q1, metric, 3)  # A01c, B03a, B05a
count(living_in("commune", "76540"), Q1, metric, 3)  # A01c, A02a, B04a
count(living_in("commune", "76681"), Q1, metric, 1)  # A04a
count(living_in("commune", "76351"), Q1, metric, 3)  # B01a, B03a, B05a
count(living_in("commune", "76447"), Q1, metric, 1)  # B06a
count(living_in("epci", "200084952"), Q1, metric, 4)

metric = "stable_contract_share"
share(A, Q1, metric, 1, 3, people=3, structures=1)
share(B, Q1, metric, 1, 5, people=5, structures=1)
share(C, Q1, metric, 0, 0)
share(ALL, Q1, metric, 2, 8, people=8, structures=2)
share(A, Q2, metric, 1, 1)
share(B, Q2, metric, 1, 4)
share(C, Q2, metric, 1, 1)
share(ALL, Q2, metric, 3, 6)
share(A, Q3, metric, 1, 2)
share(B, Q3, metric, 1, 3)
share(C, Q3, metric, 1, 3)
share(AC, Q3, metric, 2, 5)
share(ALL, Q3, metric, 3, 8)
for period in (Q4, Y24):
    share(A, period, metric, 1, 2)
    share(B, period, metric, 1, 3)
    share(C, period, metric, 1, 2)
    share(ALL, period, metric, 3, 7)
for period in (Q5, Y25):
    share(A, period, metric, 1, 3)
    share(B, period, metric, 1, 2)
    share(ALL, period, metric, 2, 5)
share(split("sex", "F"), Q1, metric, 2, 5)  # Lucie, Gaëlle
share(split("sex", "H"), Q1, metric, 0, 3)
share(living_in("epci", "200023414"), Q1, metric, 1, 4)  # A04a of A01c, A02a, B04a, A04a
share(living_in("epci", "200084952"), Q1, metric, 1, 4)  # B06a of B01a, B03a, B05a, B06a
share(living_in("commune", "76540"), Q1, metric, 0, 3)

# Wilson in numbers: the roots of (1 + z²/n) x² - (2p + z²/n) x + p² = 0, solved apart.
ratio(A, Q1, metric, 1, 3, interval=(0.061491944720396242, 0.792340399197952247))
ratio(living_in("commune", "76540"), Q1, metric, 0, 3, interval=(0, 0.561497031755045467))
ratio(A, Q2, metric, 1, 1, interval=(0.206549314377237427, 1))
ratio(ALL, Q1, "below_smic_month_share", 22, 28, interval=(0.604614143462781317, 0.897875396671021178))
ratio(ALL, Y24, "followed_across_members_share", 10, 16, interval=(0.386410405455027218, 0.815187674411363661))

# Weekly hours: over contracts that state them (B06a does not). 35 is full time, 15 is not under 15.
for cells, period, total, full, short, stated in (
    (A, Q1, 70, 1, 0, 3),  # 20 + 15 + 35
    (B, Q1, 88, 0, 1, 4),  # 26 + 26 + 10 + 26
    (C, Q1, 0, 0, 0, 0),
    (ALL, Q1, 158, 1, 1, 7),
    (split("sex", "F"), Q1, 86, 1, 1, 4),  # 15 + 35 + 26 + 10
    (split("sex", "H"), Q1, 72, 0, 0, 3),  # 20 + 26 + 26
    (A, Q2, 35, 1, 0, 1),
    (B, Q2, 87, 1, 0, 3),  # 26 + 35 + 26
    (C, Q2, 35, 1, 0, 1),
    (ALL, Q2, 157, 3, 0, 5),
    (A, Q3, 49.5, 1, 1, 2),  # 14.5 + 35
    (B, Q3, 61, 1, 0, 2),  # 26 + 35
    (C, Q3, 109, 3, 0, 3),  # 35 + 35 + 39
    (AC, Q3, 158.5, 4, 1, 5),
    (ALL, Q3, 219.5, 5, 1, 7),
    (A, Q4, 55, 1, 0, 2),  # 35 + 20
    (B, Q4, 61, 1, 0, 2),
    (C, Q4, 74, 2, 0, 2),  # 35 + 39
    (ALL, Y24, 190, 4, 0, 6),
    (A, Q5, 69, 1, 1, 3),  # 35 + 20 + 14
    (B, Q5, 35, 1, 0, 1),
    (ALL, Y25, 104, 2, 1, 4),
):
    ratio(cells, period, "weekly_hours_mean", total, stated)
    share(cells, period, "full_time_share", full, stated)
    share(cells, period, "under_15h_share", short, stated)

# --- Length of contract groups: the middle one, or the mean of the two middle ones ------------------------------------
metric = "contract_group_days_median"
derived(A, Q1, metric, 29)  # 11 22 (29) 30 77
derived(B, Q1, metric, 54)
derived(C, Q1, metric, 26)
derived(ALL, Q1, metric, 29)  # 11 22 26 (29) 30 54 77
derived(A, Q2, metric, 60)  # 1 (45 75) 114
derived(B, Q2, metric, 81.5)  # (81 82)
derived(ALL, Q2, metric, 75)  # 1 45 61 (75) 81 82 114
derived(A, Q3, metric, 46)  # 31 (46) 77
derived(B, Q3, metric, 305)
derived(ALL, Q3, metric, 71)  # 31 46 (71) 77 305
derived(A, Q4, metric, 20)
derived(B, Q4, metric, 352)
derived(C, Q4, metric, None)
derived(ALL, Q4, metric, 186)  # (20 352)
derived(A, Q5, metric, None)
derived(A, Y24, metric, 31)  # 1 11 20 22 29 30 (31) 45 46 75 77 77 114
derived(B, Y24, metric, 82)  # 54 81 (82) 305 352
derived(C, Y24, metric, 61)  # 26 (61) 71
derived(ALL, Y24, metric, 54)  # 1 11 20 22 26 29 30 31 45 46 (54) 61 71 75 77 77 81 82 114 305 352
derived(A, Y25, metric, 45.5)  # 1 20 31 (45 46) 75 77 114

# --- From home to work: degrees of one meridian between two centres, the middle one of the contracts in force ---------
# Rouen 49.0, Sotteville 49.1, Le Havre 49.5, Montivilliers 49.7. Gaëlle works in Évreux (B06a): not known where.
#  2024-Q1 A01c 0  A02a 0  A04a .1    B01a 0  B03a 0  B04a .5 (Rouen, Le Havre)  B05a 0    -
#  2024-Q2 A04a .1                    B01a 0  B02a 0  B03a 0                               C03a .7 (to Montivilliers)
#  2024-Q3 A01e 0  A04a .1            B01b 0  B02a 0                                       C01a .4  C03a .7  C04a .1
#  2024-Q4 A04a .1  A06b 0            B01b 0  B02a 0                                       C03a .7  C04a .1
#  2025-Q1 A04a .1  A06b 0  A08a 0    B02a 0                                               (not covered)
DEGREE = 111.195080233532925  # km: 6371.0088 × π ÷ 180
for cells, period, degrees, people, structures in (
    (A, Q1, 0, 3, 1),
    (B, Q1, 0, 4, 1),
    (ALL, Q1, 0, 7, 2),  # 0 0 0 (0) 0 .1 .5
    (split("sex", "F"), Q1, 0.05, 4, 2),  # 0 (0 .1) .5
    (split("sex", "H"), Q1, 0, 3, 2),
    (living_in("commune", "76681"), Q1, 0.1, 1, 1),
    (living_in("epci", "200023414"), Q1, 0.05, 4, 2),  # 0 (0 .1) .5
    (living_in("epci", "200084952"), Q1, 0, 3, 1),
    (A, Q2, 0.1, 1, 1),
    (B, Q2, 0, 3, 1),
    (C, Q2, 0.7, 1, 1),
    (AC, Q2, 0.4, 2, 2),  # (.1 .7)
    (ALL, Q2, 0, 5, 3),  # 0 0 (0) .1 .7
    (A, Q3, 0.05, 2, 1),
    (B, Q3, 0, 2, 1),
    (C, Q3, 0.4, 3, 1),
    (AC, Q3, 0.1, 5, 2),  # 0 .1 (.1) .4 .7
    (ALL, Q3, 0.1, 7, 3),  # 0 0 0 (.1) .1 .4 .7
    (A, Q4, 0.05, 2, 1),
    (C, Q4, 0.4, 2, 1),
    (ALL, Q4, 0.05, 6, 3),  # 0 0 (0 .1) .1 .7
    (ALL, Y24, 0.05, 6, 3),
    (A, Q5, 0, 3, 1),
    (B, Q5, 0, 1, 1),
    (ALL, Q5, 0, 4, 2),
):
    survival(cells, period, "home_work_km_median", degrees * DEGREE, None, None, people=people, structures=structures)
unknown = ([SOTTEVILLE], Q1), (living_in("commune", "76447"), Q1), (living_in("commune", "76447"), Y24)
for cells, period in unknown:
    add(cells, period, "home_work_km_median", *[None] * 5, people=0, structures=0, status="empty")

# --- Hours and full-time equivalents ----------------------------------------------------------------------------------
# A  Q1 Ahmed 195, Nadia 165, Paul 113, Lucie 450      Q2 Ahmed 240, Nadia 60, Lucie 450, Rachid 150
#    Q3 Ahmed 150, Lucie 450, Sophie 50, Léo 160       Q4 Lucie 450, Sophie 150, Omar 55
#    Q5 Lucie 450, Sophie 240, Farid 152
# B  Q1 Chloé 280, Denis 330, Elsa 82, Farid 210, Gaëlle 420, Yann 170
#    Q2 Chloé 330, Nadia 150, Denis 330 (320 before the correction), Elsa 30, Farid 80, Gaëlle 420 (B07x, 40 h, is gone)
#    Q3 Chloé 330, Nadia 450, Denis 220, Gaëlle 420    Q4 Chloé 330, Nadia 450, Gaëlle 420
#    Q5 Nadia 450, Gaëlle 420
# C  Q1 Inès 120    Q2 Inès 228, Jean 230    Q3 Farid 350, Jean 450, Léo 240    Q4 Jean 450, Léo 480
HOURS = {  # A, B, C
    Q1: (923, 1492, 120),
    Q2: (900, 1340, 458),
    Q3: (810, 1420, 1040),
    Q4: (655, 1200, 930),
    Q5: (842, 870, None),
    Y24: (3288, 5452, 2548),
    Y25: (3207, 4830, None),
}
for period, (a, b, c) in HOURS.items():
    length = 0.25 if period[0] == "quarter" else 1
    fte_a, fte_b, fte_c = a / 1607, b / 1820, (c or 0) / 1600  # AI, ACI, ETTI
    agreed = 4 + 5 + (3 if c else 0)
    count(A, period, "hours_worked", a)
    count(B, period, "hours_worked", b)
    ratio(A, period, "fte_realised", fte_a, length)
    ratio(B, period, "fte_realised", fte_b, length)
    derived(A, period, "fte_realisation_share", fte_a / length / 4)
    derived(B, period, "fte_realisation_share", fte_b / length / 5)
    if c:
        count(C, period, "hours_worked", c)
        ratio(C, period, "fte_realised", fte_c, length)
        derived(C, period, "fte_realisation_share", fte_c / length / 3)
        derived(AC, period, "fte_realisation_share", (fte_a + fte_c) / length / 7)
    count(AC, period, "hours_worked", a + (c or 0))
    ratio(AC, period, "fte_realised", fte_a + fte_c, length)
    count(ALL, period, "hours_worked", a + b + (c or 0))
    ratio(ALL, period, "fte_realised", fte_a + fte_b + fte_c, length)
    derived(ALL, period, "fte_realisation_share", (fte_a + fte_b + fte_c) / length / agreed)
count(ALL, Q1, "hours_worked", 2535, people=11, structures=3)  # 923 + 1492 + 120
count(ALL, Y24, "hours_worked", 11288)  # 2535 + 2698 + 3270 + 2785
count(living_in("commune", "76540"), Q1, "hours_worked", 442)  # 195 + 165 + 82
count(living_in("commune", "76681"), Q1, "hours_worked", 683)  # 113 + 450 + 120
count(living_in("commune", "76351"), Q1, "hours_worked", 990)  # 280 + 330 + 210 + 170
count(living_in("commune", "76447"), Q1, "hours_worked", 420)
count(living_in("departement", "27"), Q2, "hours_worked", 150)
derived(A, Q1, "fte_realised", 2.2974486621033)  # 923 / 1607 x 4 = 3692 / 1607
derived(B, Y24, "fte_realised", 2.9956043956044)  # 5452 / 1820
derived(C, Y24, "fte_realised", 1.5925)  # 2548 / 1600
derived(C, Y24, "fte_realisation_share", 1.5925 / 3)

# --- Pay --------------------------------------------------------------------------------------------------------------
# Σ pay / Σ (hours x SMIC), rows with both: A03c in February, B04a in April and C04a in August state no pay.
# SMIC 11.65 until October 2024, 11.88 from November.
metric = "hourly_pay_smic_ratio"
ratio(A, Q1, metric, 11246, 913 * 11.65)  # Ahmed 2330, Nadia 1980, Paul 1236, Lucie 5700; 923 - 10 h
ratio(B, Q1, metric, 18165, 1492 * 11.65)  # 3360 + 3960 + 984 + 2520 + 5301 + 2040
ratio(C, Q1, metric, 1440, 120 * 11.65)
ratio(ALL, Q1, metric, 30851, 2525 * 11.65)
ratio(A, Q2, metric, 11100, 900 * 11.65)  # Ahmed 2880, Nadia 720, Lucie 5700, Rachid 1800
ratio(B, Q2, metric, 15981, 1310 * 11.65)  # 3960 + 1800 + 3960 + 960 + 5301; 1340 - 30 h
ratio(C, Q2, metric, 5496, 458 * 11.65)  # 2736 + 2760
ratio(ALL, Q2, metric, 32577, 2668 * 11.65)
ratio(A, Q3, metric, 10020, 810 * 11.65)  # 1800 + 5700 + 600 + 1920
ratio(B, Q3, metric, 17301, 1420 * 11.65)  # 3960 + 5400 + 2640 + 5301
ratio(C, Q3, metric, 11740, 960 * 11.65)  # 4340 + 5400 + 2000; 1040 - 80 h
ratio(ALL, Q3, metric, 39061, 3190 * 11.65)
ratio(A, Q4, metric, 8170, 205 * 11.65 + 450 * 11.88)  # October 150 + 55 h; then 220 h, 230 h
ratio(B, Q4, metric, 14661, 400 * 11.65 + 800 * 11.88)  # 3 x (1320 + 1800 + 1767)
ratio(C, Q4, metric, 11400, 310 * 11.65 + 620 * 11.88)  # 3 x (1800 + 2000)
ratio(ALL, Q4, metric, 34231, 915 * 11.65 + 1870 * 11.88)
ratio(A, Q5, metric, 10404, 842 * 11.88)  # 5700 + 2880 + 1824
ratio(B, Q5, metric, 10956, 870 * 11.88)  # 5550 + 5406
ratio(ALL, Y24, metric, 136720, 9298 * 11.65 + 1870 * 11.88)  # 30851 + 32577 + 39061 + 34231; 2525+2668+3190+915

# Person-months with pay, under 151.67 x SMIC: 1766.9555, from November 1801.8396. Lucie 1900 never; Gaëlle 1767 not
# until October, 1767 below from November, 1802 not; Nadia 1800 the same way, 1850 not; Jean 1800 the same way.
metric = "below_smic_month_share"
share(A, Q1, metric, 9, 12, people=4, structures=1)  # Ahmed 3 (two contracts summed), Nadia 3, Paul 3; Lucie 0 of 3
share(B, Q1, metric, 12, 15, people=6, structures=1)  # Chloé 3, Denis 3, Elsa 2, Farid 2, Yann 2; Gaëlle 0 of 3
share(C, Q1, metric, 1, 1)
share(ALL, Q1, metric, 22, 28, people=11, structures=3)
share(A, Q2, metric, 6, 9)  # Ahmed 3, Nadia 1, Rachid 2; Lucie 0 of 3
share(B, Q2, metric, 7, 11, people=5)  # Chloé 3, Denis 3, Farid 1; Nadia 0 of 1, Gaëlle 0 of 3; Elsa states no pay
share(C, Q2, metric, 4, 5)  # Inès 3; Jean 1 of 2
share(ALL, Q2, metric, 17, 25)
share(A, Q3, metric, 6, 9)  # Ahmed 3, Sophie 1, Léo 2; Lucie 0 of 3
share(B, Q3, metric, 5, 11)  # Chloé 3 (July from two contracts), Denis 2; Nadia 0 of 3, Gaëlle 0 of 3
share(C, Q3, metric, 1, 7)  # Farid 1 of 3; Jean 0 of 3; Léo 0 of 1
share(ALL, Q3, metric, 12, 27)
share(A, Q4, metric, 3, 6)  # Omar 1, Sophie 2; Lucie 0 of 3
share(B, Q4, metric, 7, 9)  # Chloé 3, Nadia 2 of 3, Gaëlle 2 of 3
share(C, Q4, metric, 2, 6)  # Jean 2 of 3; Léo 0 of 3
share(ALL, Q4, metric, 12, 21)
share(A, Q5, metric, 6, 9)  # Sophie 3, Farid 3; Lucie 0 of 3
share(B, Q5, metric, 0, 6)
share(ALL, Q5, metric, 6, 15)
share(ALL, Y24, metric, 63, 101)  # 22 + 17 + 12 + 12 of 28 + 25 + 27 + 21

# --- Training ---------------------------------------------------------------------------------------------------------
metric = "training_access_share"
share(A, Q1, metric, 1, 4, people=4, structures=1)  # Ahmed
share(B, Q1, metric, 1, 6, people=6, structures=1)  # Chloé, trained twice
share(C, Q1, metric, 0, 1)
share(ALL, Q1, metric, 2, 11, people=11, structures=3)
share(split("sex", "F"), Q1, metric, 1, 6)
share(split("sex", "H"), Q1, metric, 1, 5)
share(A, Q2, metric, 1, 4)  # Lucie
share(B, Q2, metric, 1, 6)  # Denis
share(C, Q2, metric, 0, 2)
share(ALL, Q2, metric, 2, 11)
share(A, Q3, metric, 0, 4)
share(ALL, Q3, metric, 0, 10)
share(C, Q4, metric, 1, 2)  # Jean
share(ALL, Q4, metric, 1, 8)
share(A, Y24, metric, 2, 8)
share(B, Y24, metric, 2, 7)
share(C, Y24, metric, 1, 4)
share(ALL, Y24, metric, 5, 16)
share(A, Y25, metric, 1, 8)
share(B, Y25, metric, 1, 6)
share(ALL, Y25, metric, 2, 12)

# --- Exits ------------------------------------------------------------------------------------------------------------
for cells, period, durable, transition, positive, other, unknown in (
    (A, Q1, 0, 0, 0, 0, 0),  # nothing ended that counts: every denominator is 0
    (B, Q1, 0, 0, 1, 0, 0),  # Yann
    (C, Q1, 0, 0, 0, 0, 0),
    (ALL, Q1, 0, 0, 1, 0, 0),
    (A, Q2, 0, 0, 1, 0, 1),  # Rachid | Nadia
    (B, Q2, 0, 0, 0, 0, 1),  # | Farid: nothing documented, the first four are empty
    (C, Q2, 0, 0, 0, 0, 0),
    (AC, Q2, 0, 0, 1, 0, 1),
    (ALL, Q2, 0, 0, 1, 0, 2),
    (A, Q3, 1, 0, 0, 0, 1),  # Ahmed | Léo
    (B, Q3, 1, 0, 0, 0, 0),  # Denis
    (C, Q3, 0, 1, 0, 1, 0),  # Inès, Farid
    (AC, Q3, 1, 1, 0, 1, 1),
    (ALL, Q3, 2, 1, 0, 1, 1),
    (A, Q4, 0, 0, 0, 0, 0),
    (B, Q4, 1, 0, 0, 0, 0),  # Chloé
    (C, Q4, 0, 0, 0, 0, 0),
    (ALL, Q4, 1, 0, 0, 0, 0),
    (ALL, Q5, 0, 0, 0, 0, 0),
    (A, Y24, 1, 0, 1, 0, 2),
    (B, Y24, 2, 0, 1, 0, 1),
    (C, Y24, 0, 1, 0, 1, 0),
    (AC, Y24, 1, 1, 1, 1, 2),
    (ALL, Y24, 3, 1, 2, 1, 3),
    (A, Y25, 1, 0, 1, 0, 2),
    (B, Y25, 2, 0, 0, 0, 1),  # Yann left in March 2024
    (ALL, Y25, 3, 0, 1, 0, 3),
    (split("sex", "F"), Y24, 1, 1, 0, 0, 1),  # Chloé, Inès | Nadia
    (split("sex", "H"), Y24, 2, 0, 2, 1, 2),  # Ahmed, Denis, Yann, Rachid, Farid | Farid, Léo
    (split("age_band", "under_26"), Y24, 1, 0, 1, 0, 1),  # Chloé 21, Rachid 24 | Nadia 25
    (split("age_band", "26_49"), Y24, 1, 1, 0, 1, 2),  # Ahmed 44, Inès 46, Farid 29 | Farid, Léo 26
    (split("age_band", "50_plus"), Y24, 1, 0, 1, 0, 0),  # Denis 54, Yann 50
    (living_in("commune", "76540"), Y24, 1, 0, 0, 0, 2),  # Ahmed | Nadia, Léo
    (living_in("commune", "76351"), Y24, 2, 0, 1, 1, 1),  # Denis, Chloé, Yann, Farid | Farid
    (living_in("commune", "76681"), Y24, 0, 1, 0, 0, 0),  # Inès
    (living_in("departement", "27"), Y24, 0, 0, 1, 0, 0),  # Rachid
):
    dynamic = durable + transition + positive
    documented = dynamic + other
    for name, found in (
        ("durable", durable),
        ("transition", transition),
        ("positive", positive),
        ("dynamic", dynamic),
    ):
        share(cells, period, f"exit_{name}_share", found, documented)
        share(cells, period, f"exit_{name}_share_all", found, documented + unknown)
    share(cells, period, "exit_undocumented_share", unknown, documented + unknown)
share(ALL, Y24, "exit_dynamic_share", 6, 7, people=7, structures=3)
share(ALL, Y24, "exit_dynamic_share_all", 6, 10, people=9, structures=3)  # Farid twice
