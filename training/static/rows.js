// Adds and removes rows of a form in the page; without this file the buttons do it by sending the form.
// <div data-rows="options"> holds elements [data-row]; names and ids of a row begin with «options-3».

function renamed(row, list, from, to) {
  const before = `${list}-${from}`;
  const after = `${list}-${to}`;
  const attributes = ["name", "id", "for", "value", "data-rows", "aria-describedby", "aria-labelledby"];
  for (const element of [row, ...row.querySelectorAll("*")]) {
    for (const attribute of attributes) {
      const text = element.getAttribute(attribute);
      if (attribute === "value" && element.tagName !== "BUTTON") continue;
      if (text && (text === before || text.startsWith(`${before}-`))) {
        element.setAttribute(attribute, after + text.slice(before.length));
      }
    }
  }
}

function emptied(row) {
  for (const inner of row.querySelectorAll("[data-rows]")) {
    [...inner.querySelectorAll(":scope > [data-row]")].slice(1).forEach((other) => other.remove());
  }
  for (const field of row.querySelectorAll("input, select, textarea")) {
    if (field.tagName === "SELECT") [...field.options].forEach((option) => { option.selected = false; });
    else if (field.type === "checkbox") field.checked = false;
    else field.value = "";
    field.classList.remove("is-invalid");
  }
  row.querySelectorAll(".invalid-feedback").forEach((fault) => fault.remove());
}

const rowsOf = (container) => [...container.querySelectorAll(":scope > [data-row]")];
const indexOf = (row, list) => Number(row.dataset.row.slice(list.length + 1).split("-")[0]);

function add(container) {
  const list = container.dataset.rows;
  const rows = rowsOf(container);
  const last = rows.at(-1);
  const next = Math.max(...rows.map((row) => indexOf(row, list))) + 1;
  const fresh = last.cloneNode(true);
  renamed(fresh, list, indexOf(last, list), next);
  fresh.dataset.row = `${list}-${next}`;
  for (const inner of fresh.querySelectorAll("[data-row]")) {
    inner.dataset.row = inner.closest("[data-rows]").dataset.rows + inner.dataset.row.match(/-\d+$/)[0];
  }
  emptied(fresh);
  last.after(fresh);
  fresh.querySelector("input:not([type=hidden]), select")?.focus();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=add_row], button[name=remove_row]");
  if (!button) return;
  if (button.name === "add_row") {
    const container = [...document.querySelectorAll("[data-rows]")].find((e) => e.dataset.rows === button.value);
    if (!container || !rowsOf(container).length) return; // no row to copy: the server makes the first one
    event.preventDefault();
    add(container);
  } else {
    const row = button.closest("[data-row]");
    event.preventDefault();
    const container = row.parentElement.closest("[data-rows]");
    if (rowsOf(container).length > 1) row.remove();
    else emptied(row); // the last one stays, empty, as a template; empty rows are not saved
  }
});
