"""Producers of files: features downstream register what takes too long for the web server, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..accounts.models import User
from ..core.access import Role

Progress = Callable[[int, int], None]  # parts done, parts in all
Made = tuple[str, bytes]  # file name, content
Make = Callable[[Mapping[str, Any], User, Progress], Made]


@dataclass(frozen=True, slots=True)
class Producer:
    """How one sort of file is made.

    Attributes:
        roles: who may have the file made; checked again when it is made.
        make: parameters, who asked, progress → the file. It narrows rows to `user.scope(roles)` itself, and raises
            `Refused` if there is nothing to make any more.
    """

    roles: frozenset[Role]
    make: Make


PRODUCERS: dict[str, Producer] = {}


def producer(name: str, roles: frozenset[Role]) -> Callable[[Make], Make]:
    """Register the function under `name`, for people of `roles`."""

    def register(make: Make) -> Make:
        PRODUCERS[name] = Producer(roles, make)
        return make

    return register
