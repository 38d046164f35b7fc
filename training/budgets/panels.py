"""Where features downstream add to the page of a fund: what is paid from it."""

from ..panels import Panels

fund_panels = Panels()
