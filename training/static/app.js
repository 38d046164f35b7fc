// Asks before acts that carry a question, prevents forms from being sent twice, and ticks all boxes of a page.
// Everything works without it.
const sends = (event) => (event.submitter?.formMethod || event.target.method) === "post";
document.addEventListener("submit", (event) => {
  if (!sends(event)) return;
  const { target: form, submitter } = event;
  const own = `question:${submitter?.name}:${submitter?.value}`;
  const question = [...form.elements].find((field) => field.name === "question" || field.name === own);
  if (!question) return;
  // The answer is sent instead of the question; otherwise the server would ask again on a page.
  if (window.confirm(question.value)) {
    const asked = [...form.elements].filter((field) => field.name.startsWith("question"));
    for (const field of asked) field.disabled = true;
    const answer = document.createElement("input");
    Object.assign(answer, { type: "hidden", name: "confirmed", value: "1" });
    form.append(answer);
    setTimeout(() => { // after the form is sent
      answer.remove();
      for (const field of asked) field.disabled = false;
    });
  } else event.preventDefault();
});
// A second press while the form is being sent would make a second plan, paper or upload. This listener is the last, so
// that a form stopped by others does not count. A form may be sent again when the page is shown again (Back), or after
// a while, because a form that returns a file leaves the page as it is.
window.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || !sends(event)) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  setTimeout(() => delete form.dataset.sent, 5000);
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
document.addEventListener("change", (event) => {
  if (!event.target.classList.contains("app-select-all")) return;
  const table = event.target.closest("table");
  for (const box of table.querySelectorAll("tbody input[type=checkbox]")) box.checked = event.target.checked;
});
