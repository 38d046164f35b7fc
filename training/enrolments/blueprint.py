"""The blueprint of the seat pages."""

from flask import Blueprint

bp = Blueprint("enrolments", __name__)
