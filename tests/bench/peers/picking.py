"""fairpyx's picking sequences on what it can hold. Needs an environment of its own (an old NumPy), not `solver`.

Standard input: {"algorithm": "serial_dictatorship" | "round_robin", "values": [{item: value}, …] one per agent,
"seats": [agent's number of courses, …], "capacities": [per item], "conflicts": [[items], …] per item}.
Standard output: {"version": "…", "picks": [[agent, item], …]} in the order of picking.
"""

from __future__ import annotations

import importlib.metadata
import json
import sys
from typing import Any

from fairpyx import AllocationBuilder, Instance
from fairpyx.algorithms import picking_sequence


def main() -> None:
    told = json.load(sys.stdin)
    values = [{int(item): value for item, value in row.items()} for row in told["values"]]
    items = list(range(len(told["capacities"])))
    instance = Instance(
        valuations=dict(enumerate(values)),
        agent_capacities=dict(enumerate(told["seats"])),
        item_capacities=dict(enumerate(told["capacities"])),
        agent_conflicts={agent: set(items) - row.keys() for agent, row in enumerate(values)},
        item_conflicts={item: set(others) for item, others in enumerate(told["conflicts"])},
        agents=list(range(len(values))),
        items=items,
    )
    allocation = AllocationBuilder(instance)
    picks: list[tuple[int, int]] = []
    give = allocation.give

    def noted(agent: int, item: int, logger: Any = None) -> None:
        give(agent, item, logger)
        picks.append((agent, item))

    allocation.give = noted
    getattr(picking_sequence, told["algorithm"])(allocation)
    json.dump({"version": importlib.metadata.version("fairpyx"), "picks": picks}, sys.stdout)


if __name__ == "__main__":
    main()
