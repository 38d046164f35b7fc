// The roll call on a telephone that loses its connection. Each mark is written into this device's store as it is made,
// with the version of the previous mark, and sent until the server has confirmed it; a mark that is sent twice changes
// nothing there. If somebody else has made another mark meanwhile, the server keeps it: the page shows it, says who
// made it, and asks. The store belongs to an account: another account on the same device sends only its own marks.
// Without this module the form is sent as a whole.
const RETRY = 4000; // milliseconds between attempts
const LOOK = 15000; // milliseconds between checks for marks of others
const BATCH = 500;

const form = document.querySelector("form[data-roll-call]");
if (form) start(form);

function start(form) {
  const { rollCall: address, now: nowAddress, user, halfDay } = form.dataset;
  const store = makeStore(`roll-call:${user}`);
  const status = form.querySelector(".app-roll-status");
  const refused = form.querySelector(".app-roll-refused");
  let token = form.querySelector("[name=csrf_token]").value;
  let sending = false, signedOut = false;

  const keyOf = (mark) => `${mark.seat} ${mark.half_day}`;
  const rowOf = (seat) => form.querySelector(`[data-seat="${seat}"]`);
  const nameOf = (seat) => rowOf(seat)?.querySelector("strong").textContent ?? `#${seat}`;
  const waiting = () => Object.values(store.read()).filter((mark) => !mark.conflict);
  const conflicts = () => Object.values(store.read()).filter((mark) => mark.conflict);
  const labelOf = (seat, kind) =>
    rowOf(seat)?.querySelector(`label[for="m-${seat}-${kind}"]`)?.textContent.trim() ?? kind;

  function show() {
    const count = waiting().length, open = conflicts().length;
    const text = open > 0 ? form.dataset.toldConflicts
      : count === 0 ? form.dataset.toldSaved
        : signedOut ? form.dataset.toldSignedOut : form.dataset.toldWaiting;
    const people = form.querySelectorAll("[data-seat]");
    const marked = form.querySelectorAll("[data-seat] input:checked");
    status.hidden = count + open === 0 && "closed" in form.dataset; // nothing was saved if nothing may change
    status.textContent = text.replace("COUNT", open || count).replace("MARKED", marked.length).replace("ALL", people.length);
    status.className = `app-roll-status mb-2 alert py-1 px-2 alert-${open ? "danger" : count ? "warning" : "success"}`;
    status.dataset.waiting = count;
    status.dataset.conflicts = open;
    showConflicts();
  }

  // The server's mark, in the row of its person; a mark of this device that still waits is shown instead.
  function showStanding(stands) {
    const row = rowOf(stands.seat);
    if (!row || stands.half_day !== halfDay) return;
    row.dataset.version = stands.version;
    row.querySelector(`[name="was-${stands.seat}"]`).value = stands.kind ?? "";
    row.querySelector(`[name="version-${stands.seat}"]`).value = stands.version;
    const mine = store.read()[keyOf(stands)];
    const kind = mine && !mine.conflict ? mine.kind : stands.kind;
    for (const button of row.querySelectorAll("input[type=radio]")) button.checked = button.value === kind;
  }

  function showConflicts() {
    for (const box of form.querySelectorAll(".app-roll-conflict")) box.remove();
    for (const mark of conflicts()) {
      const row = mark.half_day === halfDay && !("closed" in form.dataset) ? rowOf(mark.seat) : null;
      const box = document.createElement(row ? "div" : "li");
      box.className = "app-roll-conflict";
      if (!row) {
        const link = document.createElement("a");
        link.href = mark.conflict.address;
        link.textContent = `${mark.conflict.person}, ${mark.conflict.when}: ${mark.conflict.told}`;
        box.append(link, " ", choice(form.dataset.toldKeep, mark.conflict.label, () => drop(mark)));
        refused.append(box);
        continue;
      }
      box.classList.add("alert", "alert-warning", "mt-2", "mb-0", "py-2");
      box.setAttribute("role", "alert");
      const said = document.createElement("p");
      said.className = "mb-2";
      said.textContent = mark.conflict.told;
      const choices = document.createElement("div");
      choices.className = "d-flex flex-wrap gap-2";
      choices.append(
        choice(form.dataset.toldKeep, mark.conflict.label, () => drop(mark)),
        choice(form.dataset.toldMine, labelOf(mark.seat, mark.kind), () => { keep(mark.seat, mark.kind); send(); }),
      );
      box.append(said, choices);
      row.append(box);
    }
  }

  function choice(text, kind, act) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-outline-dark";
    button.textContent = text.replace("KIND", kind);
    button.addEventListener("click", act);
    return button;
  }

  function drop(mark) {
    store.change((marks) => { delete marks[keyOf(mark)]; });
    show();
    look();
  }

  // A mark replaces the one that its row shows: the server's, or, after a conflict, the other person's.
  function keep(seat, kind, rest = false) {
    const mark = { seat: Number(seat), half_day: halfDay, kind, at: new Date().toISOString() };
    if (rest) mark.rest = true;
    store.change((marks) => {
      const before = marks[keyOf(mark)];
      mark.seen = before?.conflict ? before.conflict.version : before?.seen ?? Number(rowOf(seat).dataset.version);
      marks[keyOf(mark)] = mark;
    });
    const button = rowOf(seat).querySelector(`input[type=radio][value="${kind}"]`);
    if (button) button.checked = true;
    show();
  }

  async function send() {
    const batch = waiting().slice(0, BATCH);
    if (sending || batch.length === 0) return;
    sending = true;
    let more = false;
    try {
      const answer = await fetch(address, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": token },
        body: JSON.stringify({ marks: batch.map(({ conflict, ...mark }) => mark) }),
      });
      if (answer.ok && answer.headers.get("Content-Type")?.includes("json")) {
        const said = await answer.json();
        signedOut = false;
        batch.forEach((mark, n) => answered(mark, said.told[n], said.stands[n], said.conflicts[n]));
        more = waiting().length > 0;
      } else {
        await renew();
      }
    } catch {
      // No connection: the marks stay, and the next attempt is automatic.
    } finally {
      sending = false;
      show();
    }
    if (more) send();
  }

  function answered(mark, told, stands, conflict) {
    store.change((marks) => {
      const now = marks[keyOf(mark)];
      if (!now) return;
      if (now.at !== mark.at) { // marked again during sending: replaces the first mark, if the server kept it
        if (!told) now.seen = stands.version;
      } else if (conflict) {
        now.conflict = { ...conflict, told, kind: stands.kind, version: stands.version };
      } else {
        delete marks[keyOf(mark)];
      }
    });
    if (told && !conflict) tellRefused(mark, told);
    if (stands) showStanding(stands);
  }

  // Marks that others made since this page was made; shown only after the waiting marks are confirmed.
  async function look() {
    if (document.hidden || sending) return;
    try {
      const answer = await fetch(nowAddress, { credentials: "same-origin" });
      if (!answer.ok || !answer.headers.get("Content-Type")?.includes("json")) return;
      const { stands } = await answer.json();
      if (sending) return;
      stands.forEach(showStanding);
      show();
    } catch {
      // No connection: the next check is automatic.
    }
  }

  // The page's token may be stale, or the session may have ended: the page itself says so.
  async function renew() {
    const answer = await fetch(window.location.href, { credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    signedOut = !page.querySelector("form[data-roll-call]");
    if (!signedOut) token = page.querySelector("meta[name=csrf-token]").content;
  }

  function tellRefused(mark, why) {
    const line = document.createElement("li");
    line.textContent = `${form.dataset.toldRefused} ${nameOf(mark.seat)}: ${why}`;
    refused.append(line);
  }

  form.addEventListener("change", (event) => {
    const seat = event.target.closest("[data-seat]")?.dataset.seat;
    if (!seat || event.target.type !== "radio") return;
    keep(seat, event.target.value);
    send();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (event.submitter?.name === "rest") {
      for (const row of form.querySelectorAll("[data-seat]")) {
        if (row.querySelector("input:checked") || row.querySelector(".app-roll-conflict")) continue;
        keep(row.dataset.seat, event.submitter.value, true);
      }
    }
    send();
  });
  form.querySelector("[data-save]")?.classList.add("d-none"); // everything is sent automatically
  for (const mark of waiting()) {
    if (mark.half_day !== halfDay) continue;
    const button = form.querySelector(`[data-seat="${mark.seat}"] input[type=radio][value="${mark.kind}"]`);
    if (button) button.checked = true;
  }
  const again = async () => { await send(); await look(); };
  window.addEventListener("online", again);
  window.addEventListener("pageshow", (event) => { if (event.persisted) again(); });
  document.addEventListener("visibilitychange", look);
  setInterval(send, RETRY);
  setInterval(look, LOOK);
  show();
  send();
}

// The marks that wait to be sent. In a browser without storage they last as long as the page.
function makeStore(name) {
  let memory = {};
  const read = () => {
    try {
      return JSON.parse(window.localStorage.getItem(name)) ?? memory;
    } catch {
      return memory;
    }
  };
  return {
    read,
    change(act) {
      const marks = read();
      act(marks);
      memory = marks;
      try {
        window.localStorage.setItem(name, JSON.stringify(marks));
      } catch {
        // kept in memory
      }
    },
  };
}
