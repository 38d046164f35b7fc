"""The pages of seats, the waiting list, publishing and calendars."""

from ..blueprint import bp
from . import (  # importing them registers their pages on `bp`
    classes,
    explanations,
    lists,
    offer_terms,
    publishing,
    requests,
    responses,
    seats,
    trainees,
)

__all__ = [
    "bp",
    "classes",
    "explanations",
    "lists",
    "offer_terms",
    "publishing",
    "requests",
    "responses",
    "seats",
    "trainees",
]
