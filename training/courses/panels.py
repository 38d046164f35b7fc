"""Where features downstream add to the pages of courses and hosts."""

from ..panels import Panels

course_panels = Panels()
host_panels = Panels()
