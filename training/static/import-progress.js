// Shows the progress of an import, or of a file that is being made. Without it the page reloads itself.
const panel = document.querySelector("[data-progress]");
const bar = panel.querySelector("progress");
const numbers = new Intl.NumberFormat(document.documentElement.lang);

async function look() {
  try {
    const answer = await fetch(panel.dataset.progress, { headers: { Accept: "application/json" } });
    if (!answer.ok || answer.redirected) return window.location.reload(); // signed out meanwhile
    const told = await answer.json();
    if (!told.working) return window.location.reload();
    panel.querySelector("[data-status]").textContent = told.status;
    panel.querySelector("[data-done]").textContent = told.total ? `${numbers.format(told.done)} / ${numbers.format(told.total)}` : "";
    if (told.total) {
      bar.max = told.total;
      bar.value = told.done;
    } else {
      bar.removeAttribute("value");
    }
  } catch {
    // the network is unavailable for a moment: retry
  }
  window.setTimeout(look, 1000);
}
window.setTimeout(look, 500);
