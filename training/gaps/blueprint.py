"""The blueprint of all view modules of gaps."""

from flask import Blueprint

bp = Blueprint("gaps", __name__)
