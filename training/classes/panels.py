"""Where features downstream add to the page of a class: who is in it, what a plan decided over it."""

from ..web.panels import Panels

class_panels = Panels()
