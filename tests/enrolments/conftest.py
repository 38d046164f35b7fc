"""The plan of tests/planning, for tests of what is published."""

from tests.planning.conftest import optimise, planned, stand_in

__all__ = ["optimise", "planned", "stand_in"]
