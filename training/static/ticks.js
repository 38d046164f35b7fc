// Keeps ticks and typed text in a list during searching, sorting and paging, for as long as the tab is open. Ticked
// rows that the page does not show are sent as well, and the page shows their number.
for (const note of document.querySelectorAll(".app-elsewhere")) start(note.closest("form"), note);

function start(form, note) {
  const box = note.dataset.box;
  const place = `list:${document.body.dataset.user}:${window.location.pathname}`;
  const ticksAt = `${place}:${form.dataset.keeps}`; // ticks also belong to the subject of the list
  const wordsAt = `${place}:words`;
  const boxes = () => [...document.querySelectorAll(`input[type=checkbox][name="${box}"]`)].filter((one) => one.form === form);
  const words = () => [...form.elements].filter((one) => one.name && ["text", "textarea", "select-one"].includes(one.type));
  const others = () => [...note.querySelectorAll("[data-elsewhere]")];

  function save() {
    const ticks = {};
    for (const one of others()) ticks[one.value] = note.querySelector(`[name="seen-${one.value}"]`)?.value ?? "";
    for (const one of boxes()) if (one.checked) ticks[one.value] = form.elements[`seen-${one.value}`]?.value ?? "";
    write(ticksAt, { ticks });
    write(wordsAt, Object.fromEntries(words().map((one) => [one.name, one.value])));
  }

  function show() {
    const count = others().length;
    note.hidden = count === 0;
    note.querySelector("span").textContent = count ? note.dataset.told.replace("COUNT", count) : "";
  }

  function restore(ticks) {
    const here = new Map(boxes().map((one) => [one.value, one]));
    for (const [value, seen] of Object.entries(ticks)) {
      if (here.has(value)) here.get(value).checked = true;
      else {
        note.append(hidden(box, value, true));
        if (seen) note.append(hidden(`seen-${value}`, seen, false));
      }
    }
    for (const one of words()) {
      const kept = read(wordsAt)?.[one.name];
      if (kept !== undefined) one.value = kept;
    }
  }

  // A page that answers the form has its own ticks. A page after a completed act starts without ticks, unless it is
  // reached by going back.
  const kept = read(ticksAt);
  const wentBack = performance.getEntriesByType("navigation")[0]?.type === "back_forward";
  if ("unsaved" in document.body.dataset) save();
  else if (kept?.sent && !wentBack) [ticksAt, wordsAt].forEach((name) => write(name, null));
  else if (kept) restore(kept.ticks);
  show();

  const later = () => setTimeout(save); // after other listeners have handled «all»
  document.addEventListener("change", later);
  form.addEventListener("input", later);
  form.addEventListener("submit", (event) => {
    if ((event.submitter?.formMethod || form.method) !== "post") return;
    save();
    write(ticksAt, { ...read(ticksAt), sent: true });
  });
  note.querySelector("[data-untick]").addEventListener("click", (event) => {
    event.preventDefault();
    for (const one of note.querySelectorAll("input")) one.remove();
    save();
    show();
  });
}

function hidden(name, value, elsewhere) {
  const made = document.createElement("input");
  Object.assign(made, { type: "hidden", name, value });
  if (elsewhere) made.dataset.elsewhere = "";
  return made;
}

function read(name) {
  try {
    return JSON.parse(window.sessionStorage.getItem(name));
  } catch {
    return null; // a browser without storage
  }
}

function write(name, value) {
  try {
    if (value === null) window.sessionStorage.removeItem(name);
    else window.sessionStorage.setItem(name, JSON.stringify(value));
  } catch {
    // nothing is kept
  }
}
