"""Transitions of the hand federation, worked out from the definitions, person by person.

Here: expected rows, each with its working beside it. Not here: the data (`hand_federation`), the comparison
(`test_hand_computed.py`).

Transitions: last day E of the spell, then the days between E and the event (day - E - 1: the next contract, outside job
or training is not a day of waiting), or c = censored (day - E; H = day 456; CHARLIE: day 366)
  2024-Q1  A  Ahmed E 91, back on 2 April: 1. Paul E 80: c 456-80 = 376 (A03a to A03d are one spell)
           B  Yann E 89: c 367 (positive exit without a date: nothing)
           C  Inès E 89, back on day 120: 120-89-1 = 30
  2024-Q2  A  Ahmed E 167, back on 198: 30. Nadia E 121, at BRAVO on 153: 31. Rachid E 127, back on 129: 1; then E 173,
              training on 185: 11
           B  Elsa E 112: c 344. Farid E 113, at CHARLIE on 204: 90
           C  Inès E 180, outside job on 190: 190-180-1 = 9
  2024-Q3  A  Ahmed E 274, outside job on 276: 1. Sophie E 213: c 14 (leave on 227; her return in November is later).
              Léo: none, he is at CHARLIE the day after
           B  Denis E 244: durable exit without a date, out of the risk set
           C  Farid E 274: c 92 (at ALPHA on day 376, after CHARLIE's horizon)
  2024-Q4  A  Omar E 294: c 162
           B  Chloé E 366, outside job on 369: 2
  2025-Q1  none
"""

from .rows import AC, ALL, Q1, Q2, Q3, Q4, Q5, Y24, Y25, A, B, C, count, living_in, share, split, survival

# --- Transition time --------------------------------------------------------------------------------------------------
# In order: at risk, censored, taken out (undated), PASS IAE known. Known: Ahmed, Nadia, Rachid, Sophie, Chloé, Farid.
for cells, period, at_risk, censored, undated, known in (
    (A, Q1, 2, 1, 0, 1),  # Ahmed; Paul c
    (B, Q1, 1, 1, 0, 0),  # Yann c
    (C, Q1, 1, 0, 0, 0),  # Inès
    (AC, Q1, 3, 1, 0, 1),
    (ALL, Q1, 4, 2, 0, 1),
    (A, Q2, 4, 0, 0, 4),  # Ahmed, Nadia, Rachid twice
    (B, Q2, 2, 1, 0, 1),  # Elsa c, Farid
    (C, Q2, 1, 0, 0, 0),  # Inès
    (ALL, Q2, 7, 1, 0, 5),
    (A, Q3, 2, 1, 0, 2),  # Ahmed; Sophie c
    (B, Q3, 0, 0, 1, 0),  # Denis out: nobody at risk, and one of one undated
    (C, Q3, 1, 1, 0, 1),  # Farid c
    (AC, Q3, 3, 2, 0, 3),
    (ALL, Q3, 3, 2, 1, 3),
    (A, Q4, 1, 1, 0, 0),  # Omar c
    (B, Q4, 1, 0, 0, 1),  # Chloé
    (C, Q4, 0, 0, 0, 0),
    (ALL, Q4, 2, 1, 0, 1),
    (A, Q5, 0, 0, 0, 0),
    (B, Q5, 0, 0, 0, 0),
    (ALL, Q5, 0, 0, 0, 0),
    (A, Y24, 9, 3, 0, 7),  # known: Ahmed 3, Nadia, Rachid 2, Sophie
    (B, Y24, 4, 2, 1, 2),  # known: Chloé, Farid
    (C, Y24, 3, 1, 0, 1),
    (AC, Y24, 12, 4, 0, 8),
    (ALL, Y24, 16, 6, 1, 10),
    (A, Y25, 7, 2, 0, 6),  # without Ahmed's first and Paul's; Omar unknown
    (B, Y25, 3, 1, 1, 2),
    (ALL, Y25, 10, 3, 1, 8),
    (split("sex", "F"), Y24, 6, 2, 0, 3),  # Nadia, Sophie c, Chloé, Elsa c, Inès twice
    (split("sex", "H"), Y24, 10, 4, 1, 7),  # Ahmed 3, Rachid 2, Farid 2 (one c), Paul c, Omar c, Yann c | Denis
    (living_in("departement", "27"), Y24, 2, 0, 0, 2),  # Rachid
    (living_in("departement", "76"), Y24, 14, 6, 1, 8),
    (living_in("commune", "76540"), Y24, 7, 3, 0, 5),  # Ahmed 3, Nadia, Sophie c; Omar c, Elsa c without PASS
    (living_in("commune", "76351"), Y24, 4, 2, 1, 3),  # Chloé, Farid, Farid c; Yann c | Denis
):
    count(cells, period, "transitions_count", at_risk)
    share(cells, period, "transitions_censored_share", censored, at_risk)
    share(cells, period, "undated_outside_share", undated, at_risk + undated)
    share(cells, period, "followed_across_members_share", known, at_risk)
count(ALL, Y24, "transitions_count", 16, people=11, structures=3)
share(ALL, Y24, "followed_across_members_share", 10, 16, people=11, structures=3)

# Groups begun inside a spell, not its first, over those + transitions. Cells with an undated transition are left out.
# Q1: Paul's A03b (overlaps), A03c (same day), A03d (next day). Q3: Léo's C04a, the day after his A09a at ALPHA.
metric = "immediate_move_share"
share(A, Q1, metric, 3, 5)  # 3 / (3 + 2)
share(B, Q1, metric, 0, 1)
share(ALL, Q1, metric, 3, 7)  # 3 / (3 + 4)
share(A, Q2, metric, 0, 4)
share(ALL, Q2, metric, 0, 7)
share(A, Q3, metric, 0, 2)
share(C, Q3, metric, 1, 2)
share(AC, Q3, metric, 1, 4)
share(C, Q4, metric, 0, 0)
share(ALL, Q4, metric, 0, 2)
share(A, Y24, metric, 3, 12)  # 3 / (3 + 9)
share(C, Y24, metric, 1, 4)  # 1 / (1 + 3)
share(AC, Y24, metric, 4, 16)  # 4 / (4 + 12)

# Kaplan-Meier. S by hand on the right; quartile = smallest t with S <= 3/4, 1/2, 1/4; its interval = smallest t where
# the lower, then the upper band passes that level. Band at t: S ^ exp(± z √G / |ln S|), G = Σ d / (n (n - d)); none at
# S = 1 or 0. In each line: quartile, low, high, three times.
# fmt: off
for cells, period, p25, p50, p75 in (
    (A,   Q1, (1, 1, None),  (1, 1, None),    (None, 1, None)),     # n 2: 1 -> 1/2; c 376
    (B,   Q1, (None,) * 3,   (None,) * 3,     (None,) * 3),         # n 1: c 367, S = 1, no band
    (C,   Q1, (30, None, None), (30, None, None), (30, None, None)),  # n 1: 30 -> 0, no band
    (AC,  Q1, (1, 1, None),  (30, 1, None),   (None, 1, None)),     # n 3: 1 -> 2/3, 30 -> 1/3
    (ALL, Q1, (1, 1, None),  (30, 1, None),   (None, 1, None)),     # n 4: 1 -> 3/4 (exactly), 30 -> 1/2 (exactly)
    (A,   Q2, (1, 1, 30),    (11, 1, None),   (30, 1, None)),       # n 4: 1 -> 3/4, 11 -> 1/2, 30 -> 1/4, 31 -> 0
    (B,   Q2, (90, 90, None), (90, 90, None), (None, 90, None)),    # n 2: 90 -> 1/2; c 344
    (AC,  Q2, (9, 1, 30),    (11, 1, None),   (30, 1, None)),       # n 5: 1, 9, 11, 30, 31 -> 4/5 3/5 2/5 1/5 0
    (ALL, Q2, (9, 1, 30),    (30, 1, 90),     (90, 11, None)),      # n 7: 1 9 11 30 31 90 -> 6/7 ... 1/7; c 344
    (A,   Q3, (1, 1, None),  (1, 1, None),    (None, 1, None)),     # n 2: 1 -> 1/2; c 14
    (B,   Q3, (None,) * 3,   (None,) * 3,     (None,) * 3),         # nobody at risk
    (ALL, Q3, (1, 1, None),  (None, 1, None), (None, 1, None)),     # n 3: 1 -> 2/3; c 14, c 92
    (ALL, Q4, (2, 2, None),  (2, 2, None),    (None, 2, None)),     # n 2: 2 -> 1/2; c 162
    (A,   Y24, (1, 1, 30),   (30, 1, None),   (None, 11, None)),    # n 9: three at 1 -> 6/9, 11 -> 5/9, c 14,
                                                                    #      30 -> 5/12, 31 -> 5/18; c 162, c 376
    (B,   Y24, (2, 2, None), (90, 2, None),   (None, 2, None)),     # n 4: 2 -> 3/4, 90 -> 1/2; c 344, c 367
    (C,   Y24, (9, 9, None), (30, 9, None),   (None, 9, None)),     # n 3: 9 -> 2/3, 30 -> 1/3; c 92
    (AC,  Y24, (1, 1, 30),   (30, 1, None),   (None, 30, None)),    # n 12: three at 1 -> 9/12 (exactly), 9 -> 8/12,
                                                # 11 -> 7/12, c 14, two at 30 -> 7/18, 31 -> 7/24; c 92, c 162, c 376
    (ALL, Y24, (2, 1, 30),   (30, 2, None),   (None, 30, None)),    # n 16: three at 1 -> 13/16, 2 -> 12/16 (exactly),
                # 9 -> 11/16, 11 -> 10/16, c 14, two at 30 -> 35/72, 31 -> 5/12, 90 -> 25/72; c 92 162 344 367 376
    (A,   Y25, (1, 1, 30),   (30, 1, None),   (31, 11, None)),      # n 7: two at 1 -> 5/7, 11 -> 4/7, c 14, 30 -> 8/21,
                                                                    #      31 -> 4/21; c 162
    (ALL, Y25, (2, 1, 30),   (30, 1, None),   (90, 30, None)),      # n 10: two at 1, 2, 11 -> 6/10, c 14, 30 -> 12/25,
                                                                    #       31 -> 9/25, 90 -> 6/25; c 162, c 344
    (split("sex", "F"), Y24, (9, 2, 31), (30, 2, None), (31, 9, None)),     # n 6: 2, 9 -> 4/6, c 14, 30 -> 4/9,
                                                                            #      31 -> 2/9; c 344
    (split("sex", "H"), Y24, (1, 1, 90), (30, 1, None), (None, 30, None)),  # n 10: three at 1, 11, 30 -> 5/10,
                                                                            #       90 -> 4/10; c 92 162 367 376
    (living_in("departement", "27"), Q2, (1, 1, None), (1, 1, None), (11, 1, None)),  # n 2: 1 -> 1/2, 11 -> 0
):
    survival(cells, period, "transition_days_p25", *p25)
    survival(cells, period, "transition_days_p50", *p50)
    survival(cells, period, "transition_days_p75", *p75)

# 1 - S(30), 1 - S(90) with 1 - the band; then Σ S(t) for t = 0 to 179. Null beyond the longest duration unless S = 0.
NONE, NULL = (0, None, None), (None, None, None)  # S = 1: 0 without a band; not defined
SURE = (1, None, None)  # S = 0: 1 without a band
HALF = (1 / 2, 0.08958991516326265, 0.9940169123608542)  # n 2, one event: √G = √(1/2), ln S = ln 1/2
for cells, period, within_30, within_90, mean_180 in (
    (A,   Q1, HALF, HALF, 90.5),                # 1 + 179 x 1/2
    (B,   Q1, NONE, NONE, 180),
    (C,   Q1, SURE, SURE, 30),
    (ALL, Q1, (1 / 2, 0.15513871880962604, 0.9421529170048555),
              (1 / 2, 0.15513871880962604, 0.9421529170048555), 97.75),     # 1 + 29 x 3/4 + 150 x 1/2
    (A,   Q2, (3 / 4, 0.33467465721113465, 0.9910521755833969), SURE, 18.25),  # 1 + 10 x 3/4 + 19 x 1/2 + 1/4
    (B,   Q2, NONE, HALF, 135),                 # 90 + 90 x 1/2: exactly 90 days is within 90
    (C,   Q2, SURE, SURE, 9),
    (ALL, Q2, (4 / 7, 0.2656265829485529, 0.9022477978830712),
              (6 / 7, 0.535058644684493, 0.9928761359237616), 352 / 7),
                                                # 1 + (8 x 6 + 2 x 5 + 19 x 4 + 3 + 59 x 2 + 90 x 1) / 7
    (A,   Q3, NULL, NULL, None),                # longest 14, S = 1/2
    (B,   Q3, NULL, NULL, None),                # nobody at risk
    (C,   Q3, NONE, NONE, None),                # longest 92
    (ALL, Q3, (1 / 3, 0.05479361272795302, 0.9459265732134834),
              (1 / 3, 0.05479361272795302, 0.9459265732134834), None),
    (ALL, Q4, HALF, HALF, None),                # longest 162, S = 1/2
    (A,   Y24, (7 / 12, 0.29230223409010225, 0.891046931105275),
               (13 / 18, 0.40881998276875653, 0.9559109274796738), 2161 / 36),
                                                # 1 + 10 x 6/9 + 19 x 5/9 + 5/12 + 149 x 5/18
    (B,   Y24, (1 / 4, 0.03945135771492159, 0.8720530824048542),
               (1 / 2, 0.15513871880962604, 0.9421529170048555), 113),      # 2 + 88 x 3/4 + 90 x 1/2
    (C,   Y24, (2 / 3, 0.2258513496391673, 0.991038371669021),
               (2 / 3, 0.2258513496391673, 0.991038371669021), None),       # longest 92, S = 1/3
    (AC,  Y24, (11 / 18, 0.350182591710685, 0.8737279878046065),
               (17 / 24, 0.43911394732859077, 0.9275983910922282), 4555 / 72),
                                                # 1 + (8 x 9 + 2 x 8 + 19 x 7) / 12 + 7/18 + 149 x 7/24
    (ALL, Y24, (37 / 72, 0.29732143972174796, 0.771115912865449),
               (47 / 72, 0.4215590558586009, 0.8704894741939863), 1 + 309 / 16 + 4055 / 72),
                                                # 13 + 7 x 12 + 2 x 11 + 19 x 10 = 309; 35 + 59 x 30 + 90 x 25
    (A,   Y25, (13 / 21, 0.2835580073744185, 0.9387688257615693),
               (17 / 21, 0.4435991800743354, 0.9908153694081938), None),    # longest 162, S = 4/21
    (B,   Y25, (1 / 3, 0.05479361272795302, 0.9459265732134834),
               (2 / 3, 0.2258513496391673, 0.991038371669021), 272 / 3),    # 2 + 88 x 2/3 + 90 x 1/3
    (ALL, Y25, (13 / 25, 0.2553342732421976, 0.8391453308823615),
               (19 / 25, 0.4627471118118197, 0.9623015317094021), 62.82),
                                                # 1 + .8 + 9 x .7 + 19 x .6 + .48 + 59 x .36 + 90 x .24
    (living_in("departement", "27"), Q2, SURE, SURE, 6),                    # 1 + 10 x 1/2
):
    survival(cells, period, "back_within_30d_share", *within_30)
    survival(cells, period, "back_within_90d_share", *within_90)
    survival(cells, period, "transition_days_rmst_180", mean_180, ..., ...)
# fmt: on
survival(ALL, Y24, "transition_days_p50", 30, 2, None, people=11, structures=3)  # Ahmed ... Yann: eleven persons
