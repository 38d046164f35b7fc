// The roll call on a telephone that loses its connection. Each mark is written into this device's store as it is made,
// with its moment, and sent until the server has answered for it; what is sent twice changes nothing there. The store
// belongs to an account: another one on the same device sends its own marks alone. Without this module the form is
// sent as a whole.
const RETRY = 4000; // milliseconds between attempts
const BATCH = 500;

const form = document.querySelector("form[data-roll-call]");
if (form) start(form);

function start(form) {
  const { rollCall: address, user, halfDay } = form.dataset;
  const store = makeStore(`roll-call:${user}`);
  const status = form.querySelector(".app-roll-status");
  const refused = form.querySelector(".app-roll-refused");
  let token = form.querySelector("[name=csrf_token]").value;
  let sending = false, signedOut = false;

  const nameOf = (seat) => form.querySelector(`[data-seat="${seat}"] strong`)?.textContent ?? `#${seat}`;
  const keyOf = (mark) => `${mark.seat} ${mark.half_day}`;

  function show() {
    const count = Object.keys(store.read()).length;
    const text = count === 0 ? form.dataset.toldSaved
      : signedOut ? form.dataset.toldSignedOut : form.dataset.toldWaiting;
    const people = form.querySelectorAll("[data-seat]");
    const marked = form.querySelectorAll("[data-seat] input:checked");
    status.hidden = count === 0 && "closed" in form.dataset; // nothing was saved where nothing may change
    status.textContent = text.replace("COUNT", count).replace("MARKED", marked.length).replace("ALL", people.length);
    status.className = `app-roll-status mb-2 alert py-1 px-2 alert-${count ? "warning" : "success"}`;
    status.dataset.waiting = count;
  }

  function keep(seat, kind) {
    const mark = { seat: Number(seat), half_day: halfDay, kind, at: new Date().toISOString() };
    store.change((marks) => { marks[keyOf(mark)] = mark; });
    show();
  }

  async function send() {
    const batch = Object.values(store.read()).slice(0, BATCH);
    if (sending || batch.length === 0) return;
    sending = true;
    let more = false;
    try {
      const answer = await fetch(address, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": token },
        body: JSON.stringify({ marks: batch }),
      });
      if (answer.ok && answer.headers.get("Content-Type")?.includes("json")) {
        const { told } = await answer.json();
        signedOut = false;
        store.change((marks) => batch.forEach((mark) => {
          if (marks[keyOf(mark)]?.at === mark.at) delete marks[keyOf(mark)];
        }));
        batch.forEach((mark, n) => { if (told[n]) tellRefused(mark, told[n]); });
        more = Object.keys(store.read()).length > 0;
      } else {
        await renew();
      }
    } catch {
      // No connection: the marks stay, the next attempt comes by itself.
    } finally {
      sending = false;
      show();
    }
    if (more) send();
  }

  // The page's token may have become stale, or nobody is signed in any more: the page itself tells.
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
        if (row.querySelector("input:checked")) continue;
        const button = row.querySelector(`input[value="${event.submitter.value}"]`);
        button.checked = true;
        keep(row.dataset.seat, button.value);
      }
    }
    send();
  });
  form.querySelector("[data-save]")?.classList.add("d-none"); // everything is sent by itself
  for (const mark of Object.values(store.read())) {
    if (mark.half_day !== halfDay) continue;
    const button = form.querySelector(`[data-seat="${mark.seat}"] input[value="${mark.kind}"]`);
    if (button) button.checked = true;
  }
  window.addEventListener("online", send);
  setInterval(send, RETRY);
  show();
  send();
}

// What waits to be sent. In a browser that stores nothing it lives as long as the page does.
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
