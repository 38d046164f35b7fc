"""The blueprint of both view modules of standards."""

from flask import Blueprint

bp = Blueprint("standards", __name__)
