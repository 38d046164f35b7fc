"""Panels of features downstream on the page of a standard."""

from ..web.panels import Panels

standard_panels = Panels()
