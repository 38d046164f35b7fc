// Shows the progress of a run of the optimizer. Without it the page reloads itself.
const panel = document.getElementById("run");
const chart = panel.querySelector("img");
let points = -1;

async function look() {
  try {
    const answer = await fetch(panel.dataset.progress, { headers: { Accept: "application/json" } });
    if (!answer.ok || answer.redirected) return window.location.reload(); // signed out meanwhile
    const told = await answer.json();
    if (!told.active) return window.location.reload();
    for (const place of panel.querySelectorAll("[data-field]")) place.textContent = told[place.dataset.field] ?? "";
    for (const place of panel.querySelectorAll("[data-value]")) place.value = told[place.dataset.value];
    for (const step of told.steps) {
      const place = panel.querySelector(`[data-step="${step.name}"]`);
      place.dataset.state = step.state;
      if (step.state === "now") place.setAttribute("aria-current", "step");
      else place.removeAttribute("aria-current");
      place.querySelector("[data-words]").textContent = `(${step.words})`;
    }
    panel.querySelector("[data-light]").className = `badge text-bg-${told.light}`;
    if (told.points !== points) {
      points = told.points;
      chart.src = `${panel.dataset.chart}?n=${points}`;
    }
  } catch {
    // the network is unavailable for a moment: retry
  }
  window.setTimeout(look, 2000);
}
window.setTimeout(look, 1000);
