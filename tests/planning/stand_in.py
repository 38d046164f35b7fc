"""Stands in for the optimizer where a test is about what happens around it: same command line, no search.

Takes the classes in order while the fund lasts and seats everybody in the first class of their course; enough
for the tiny province, where nothing else limits. Started by path, it imports only the plain parts of the solver.
"""

from __future__ import annotations

import json
import signal
import sys
import time

from solver.check import score
from solver.instance.facts import Seat
from solver.instance.file import read_instance


def main(instance_path: str, solution_path: str, extra: list[str]) -> None:
    """Args:
    extra: «sleep=30»: tell progress for so many seconds before ending.
    """
    instance = read_instance(instance_path)
    stopped: list[bool] = []
    for wish in extra:
        name, _equals, seconds = wish.partition("=")
        if name == "sleep":
            signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
            for second in range(int(seconds) * 5):
                line = {"seconds": second / 5, "score": second, "bound": 1000, "stage": "waiting"}
                print(json.dumps(line), file=sys.stderr, flush=True)
                time.sleep(0.2)
                if stopped:
                    break
    left = {fund.id: fund.budget for fund in instance.funds}
    options, seats = [], []
    for made in instance.classes:
        seated = {seat.need for seat in seats}
        wishes = [need for need in instance.needs if need.course == made.course and need.id not in seated]
        wishes = wishes[: made.max_seats]
        price = made.fixed_cost + made.seat_cost * len(wishes)
        if len(wishes) >= max(1, made.min_seats) and price <= left[made.fund]:
            left[made.fund] -= price
            options.append(made.options[0].id)
            seats += [Seat(need.id, made.options[0].id) for need in wishes]
    points = score(instance, options, seats)
    with open(solution_path, "w", encoding="utf-8") as file:
        listed = [{"need": seat.need, "option": seat.option} for seat in seats]
        json.dump({"format": "training-plan-solution/1", "options": options, "seats": listed}, file)
    told = {
        "status": "STOPPED" if stopped else "OPTIMAL",
        "score": points,
        "bound": points,
        "gap": 0,
        "seconds": 0.1,
        "peak_mb": 20,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    at = sys.argv.index("solve")
    main(sys.argv[at + 1], sys.argv[at + 3], sys.argv[1:at])
