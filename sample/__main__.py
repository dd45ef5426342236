"""`python -m sample HOME [--scale S] [--seed N]`: write the synthetic federation and print what was written."""

import argparse
from pathlib import Path

from sample import write_sample


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sample", description="Write a synthetic federation.")
    parser.add_argument("home", type=Path, help="folder that receives members.csv, landing/ and sample.json")
    parser.add_argument("--scale", type=float, default=1.0, help="1.0 is about 2,700 people; 40 members up to 2")
    parser.add_argument("--seed", type=int, default=2024)
    parser.add_argument("--last-quarter", default="2025T4", help="last quarter reported, such as 2025T4")
    parser.add_argument("--quarters", type=int, default=12, help="number of quarters")
    args = parser.parse_args()
    facts = write_sample(args.home, args.seed, args.scale, args.last_quarter, args.quarters)
    print(f"{facts.members} members, {facts.structures} structures, kinds {facts.kinds}")
    print(f"{facts.people} people ({facts.mobile_people} known to two members), {facts.contracts} contracts")
    print(f"{facts.deposits} deposits over {len(facts.periods)} quarters")
    print("rows: " + ", ".join(f"{table} {count}" for table, count in facts.rows.items()))
    for one in facts.special:
        print(f"{one.case}: {one.path} -> {one.verdict} ({len(one.wrong_rows)} wrong rows)")


if __name__ == "__main__":
    main()
