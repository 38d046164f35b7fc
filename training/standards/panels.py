"""Where features downstream add to the page of a standard."""

from ..panels import Panels

standard_panels = Panels()
