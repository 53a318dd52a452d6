"""Makes the data: ``python generate.py DIRECTORY``. See ``--help``."""

import argparse
from pathlib import Path

from sa2 import writing


def main() -> None:
    parser = argparse.ArgumentParser(description="Makes SA2 health data, the same for the same seed.")
    parser.add_argument("directory", type=Path, help="where the files go")
    parser.add_argument("--seed", type=int, default=writing.SEED)
    parser.add_argument("--areas", type=int, default=writing.AREAS, help="how many areas (2400)")
    parser.add_argument("--sound", action="store_true", help="without the known flaws")
    asked = parser.parse_args()
    written = writing.write(asked.directory, asked.seed, asked.areas, asked.sound)
    for name, rows in written.rows.items():
        print(f"{name}.parquet: {rows} rows")
    print(f"{writing.DATABASE}, in {written.directory}")


if __name__ == "__main__":
    main()
