// Asks before acts that carry a question, and ticks all boxes of a page. Everything works without it.
document.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
});
document.addEventListener("change", (event) => {
  if (!event.target.classList.contains("app-select-all")) return;
  const table = event.target.closest("table");
  for (const box of table.querySelectorAll("tbody input[type=checkbox]")) box.checked = event.target.checked;
});
