"""`replay`: its arguments, its work and what it says."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from solver.cli.arguments import seconds
from solver.instance.facts import InstanceError
from solver.instance.solution_file import Solution, SolutionError, write_solution
from solver.replay.file import ReplayError, ReplayFile, read_replay
from solver.search.trace import NoTrace

OnProgress = Callable[[float, int | None, int | None], None]


class NotReplayable(Exception):
    """A file that cannot be replayed: one line for each fault."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def add_replay(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `replay`."""
    parser.add_argument("file", type=Path, help="a file training-plan-replay/1, as the page of a run gives it")
    parser.add_argument(
        "--give-up",
        type=seconds,
        metavar="S",
        help="seconds; without it, ten times those of the run, at least 120",
    )
    parser.add_argument("-o", "--output", type=Path, help="where the plan that came out is written")
    parser.add_argument("--quiet", action="store_true", help="tell no progress")


def replay(arguments: argparse.Namespace, progress: OnProgress | None, should_stop: Callable[[], bool]) -> int:
    """Solve again and say whether the same plan came out; return 0 if so, 1 if not. Raises NotReplayable."""
    from solver.replay.replay import opened, patience
    from solver.replay.replay import replay as solve_again

    try:
        file = read_replay(arguments.file)
        given = opened(file)
    except ReplayError as error:
        raise NotReplayable([str(error)]) from error
    except NoTrace as error:
        raise NotReplayable([f"{arguments.file}: {error}"]) from error
    except (InstanceError, SolutionError) as error:
        raise NotReplayable([f"{arguments.file}: {fault}" for fault in error.faults]) from error
    limit = patience(file) if arguments.give_up is None else arguments.give_up
    for line in _introduced(file):
        _say(line)
    result, verdict = solve_again(given, limit=limit, on_progress=progress, should_stop=should_stop)
    if arguments.output is not None and result.solution is not None:
        further = {"status": result.status.value, "score": result.score, "bound": result.bound}
        try:
            write_solution(Solution(result.solution.options, result.solution.seats, further), arguments.output)
        except OSError as error:
            raise NotReplayable([f"{arguments.output}: {error.strerror or error}"]) from error
    for line in verdict.sentences:
        _say(line)
    return 0 if verdict.same else 1


def _introduced(file: ReplayFile) -> list[str]:
    parameters = file.parameters
    name = ", ".join(f"{key} {value}" for key, value in file.run.items())
    limit = "no time limit" if parameters.time_limit is None else f"limit {parameters.time_limit:g} s"
    took = "" if file.seconds is None else f" after {file.seconds:.1f} s"
    points = "" if file.score is None else f": {file.score} points, bound {file.bound}"
    return [
        f"Replaying {name or 'a run'}: {parameters.workers} processes, seed {parameters.seed}, "
        f"gap {100 * parameters.gap:g} %, {limit}{', from a given plan' if file.start is not None else ''}.",
        f"The run ended as {file.status}{took}{points}.",
    ]


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
