"""All benchmarks, or those named: ``python -m benchmarks [parse] [end_to_end]``."""

from __future__ import annotations

import sys

from benchmarks import end_to_end, parse

BENCHMARKS = {"parse": parse.run, "end_to_end": end_to_end.run}


def main(names: list[str]) -> None:
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        raise SystemExit(f"no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    for name in names or BENCHMARKS:
        BENCHMARKS[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
