"""All benchmarks, or those named.

``python -m benchmarks [parse] [end_to_end] [sockets] [day [--hours 24]] [card [--customers 100000 1000000]]``
"""

from __future__ import annotations

import argparse

from benchmarks import card, day, end_to_end, parse, sockets

BENCHMARKS = {"parse": parse.run, "end_to_end": end_to_end.run, "sockets": sockets.run}
LONG = ("day", "card")  # only when named


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join((*BENCHMARKS, *LONG))}")
    parser.add_argument("--hours", type=float, default=day.HOURS, help="simulated hours of day")
    parser.add_argument("--customers", type=int, nargs="+", default=card.SIZES, help="house sizes of card")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in (*BENCHMARKS, *LONG)]
    if unknown:
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join((*BENCHMARKS, *LONG))}")
    for name in options.names or BENCHMARKS:
        if name == "day":
            day.run(options.hours)
        elif name == "card":
            card.run(options.customers)
        else:
            BENCHMARKS[name]()


if __name__ == "__main__":
    main()
