"""The blueprint of both view modules of planning."""

from flask import Blueprint

bp = Blueprint("planning", __name__)
