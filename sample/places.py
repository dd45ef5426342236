"""Where a synthetic federation lies: the real communes of one region, drawn by their population."""

import math
import random
from collections import defaultdict
from itertools import accumulate
from pathlib import Path

import polars as pl

SNAPSHOT = Path(__file__).parents[1] / "orchestration" / "snapshots" / "communes_2026.parquet"
REGION = "28"


class Places:
    """Communes of the region, to draw one near another, by population."""

    def __init__(self) -> None:
        frame = pl.read_parquet(SNAPSHOT).filter(pl.col("code_region") == REGION)
        self.rows = frame.filter(pl.col("population_municipale") > 0).sort("code_commune").to_dicts()
        self.by_code = {row["code_commune"]: row for row in self.rows}
        groups: dict[str, list[dict]] = defaultdict(list)
        for row in self.rows:
            groups[row["code_epci"]].append(row)
            groups[row["code_departement"]].append(row)
        self._draws = {
            key: (
                [row["code_commune"] for row in rows],
                list(accumulate(row["population_municipale"] for row in rows)),
            )
            for key, rows in groups.items()
        }

    def near(self, rng: random.Random, commune: str) -> str:
        """The commune itself, one of its EPCI or one of its département (45, 40, 15 times in a hundred)."""
        chance = rng.random()
        if chance < 0.45:
            return commune
        row = self.by_code[commune]
        codes, weights = self._draws[row["code_epci"] if chance < 0.85 else row["code_departement"]]
        return rng.choices(codes, cum_weights=weights)[0]

    def towns(self, rng: random.Random, department: str) -> list[dict]:
        """Communes of a département in a random order that favours population; big towns come several times."""
        keyed = []
        for row in self.rows:
            population = row["population_municipale"]
            if row["code_departement"] == department and population >= 3000:
                for _ in range(1 + population // 45_000):
                    keyed.append((math.log(1 - rng.random()) / min(population, 60_000), row))
        return [row for _, row in sorted(keyed, key=lambda pair: -pair[0])]
