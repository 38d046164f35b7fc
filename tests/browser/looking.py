"""What a page looks wrong by: wider than the window, or words that are cut off, as the browser itself says."""

from __future__ import annotations

from playwright.sync_api import Page

# In the page: every fault as «what: whose text». A box that scrolls sideways (a wide table's own) may hold more
# than it shows; the page itself may not, and no box without a scroll bar.
_FAULTS = """
() => {
  const found = [];
  const width = document.documentElement.clientWidth;
  const name = (e) => `${e.tagName.toLowerCase()}.${[...e.classList].join(".")}`
    + ` «${(e.innerText || e.value || "").trim().slice(0, 60)}»`;
  const scrolls = (e) => /auto|scroll/.test(getComputedStyle(e).overflowX);
  const inBox = (e) => {
    for (let p = e.parentElement; p && p !== document.body; p = p.parentElement) if (scrolls(p)) return true;
    return false;
  };
  if (document.documentElement.scrollWidth > width) {
    found.push(`the page is ${document.documentElement.scrollWidth} px wide in a window of ${width}`);
  }
  for (const e of document.querySelectorAll("body *")) {
    const style = getComputedStyle(e);
    if (style.visibility === "hidden" || e.closest(".visually-hidden, .visually-hidden-focusable, svg")) continue;
    const box = e.getBoundingClientRect();
    if (!box.width || !box.height) continue;
    const clips = style.overflowX === "hidden" || style.overflowX === "clip" || style.textOverflow === "ellipsis";
    // A field of one line scrolls under the finger, and is whole where there is room for it.
    if (e.matches("input") && box.width > width * 0.6) continue;
    if (clips && e.scrollWidth > e.clientWidth + 1) found.push(`cut off in ${name(e)}`);
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if ((own || e.matches("input, select, button, img, svg")) && !inBox(e)) {
      if (box.right > width + 1 || box.left < -1) found.push(`outside of the window: ${name(e)}`);
    }
    if (e.matches("select") && e.selectedIndex >= 0) {
      const canvas = (window.lookingCanvas ||= document.createElement("canvas").getContext("2d"));
      canvas.font = style.font;
      const text = canvas.measureText(e.options[e.selectedIndex].text).width;
      const room = box.width - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
      const cut = text > room + 2 && box.width < width * 0.6 && !inBox(e);
      if (cut) found.push(`chosen words cut off: ${e.options[e.selectedIndex].text}`);
    }
  }
  return [...new Set(found)];
}
"""


def faults(page: Page) -> list[str]:
    """What is wrong with the page that is open, in words."""
    found: list[str] = page.evaluate(_FAULTS)
    return found
