"""The blueprint of pages over seats."""

from flask import Blueprint

bp = Blueprint("enrolments", __name__)
