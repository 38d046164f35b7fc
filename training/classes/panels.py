"""Panels of features downstream on the page of a class: its trainees, the decisions of a plan."""

from ..web.panels import Panels

class_panels = Panels()
