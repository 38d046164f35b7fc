"""Panels of features downstream on the pages of courses and hosts."""

from ..web.panels import Panels

course_panels = Panels()
host_panels = Panels()
