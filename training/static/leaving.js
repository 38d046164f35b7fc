// Asks before somebody leaves a page with unsent entries. A page that came back from the server (`data-unsaved` on the
// body) has such entries from the start. Forms that keep them themselves have `data-leave-freely`; those of a list
// have `data-keeps` (ticks.js), and may be left for another page of the same list.
const typed = (field) => !["hidden", "submit", "button", "fieldset", "output"].includes(field.type) && !field.disabled;
const forms = [...document.querySelectorAll("main form")].filter((form) =>
  form.method === "post" && !("leaveFreely" in form.dataset) && !form.querySelector("input[type=password]")
  && [...form.elements].some(typed));
const contents = (form) => JSON.stringify([...new FormData(form)].filter(([name]) => name !== "csrf_token")
  .map(([name, value]) => [name, value instanceof File ? value.name : value]));
const unsaved = "unsaved" in document.body.dataset;
const before = new Map(forms.map((form) => [form, unsaved ? null : contents(form)]));
const edited = () => forms.filter((form) => contents(form) !== before.get(form));
let free = false; // the present navigation loses nothing

function freely(yes) {
  free = yes;
  setTimeout(() => { free = false; }, 1000); // a file as the response leaves the page as it is
}
function withinList(address) {
  return new URL(address, document.baseURI).pathname === window.location.pathname
    && edited().every((form) => "keeps" in form.dataset);
}
window.addEventListener("submit", (event) => {
  const method = event.submitter?.formMethod || event.target.method;
  if (event.defaultPrevented || method === "dialog") return;
  freely(method === "post" ? edited().every((form) => form === event.target) : withinList(event.target.action));
});
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (link) freely(withinList(link.href));
});
window.addEventListener("beforeunload", (event) => {
  if (free || edited().length === 0) return;
  event.preventDefault();
  event.returnValue = true; // required by older browsers
});
