"""Where features downstream add to the page of a standard."""

from ..web.panels import Panels

standard_panels = Panels()
