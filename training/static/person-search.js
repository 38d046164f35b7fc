// Offers people while a name is typed. Without it the code is typed in full; the server understands both.
const WAIT = 200; // milliseconds of quiet before asking

for (const input of document.querySelectorAll("input[data-person-search]")) {
  const list = document.createElement("datalist");
  list.id = `${input.id}-people`;
  input.after(list);
  input.setAttribute("list", list.id);
  let timer, asked = "";
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const text = input.value.split(" – ")[0].trim();
      if (text.length < 2 || text === asked) return;
      asked = text;
      const answer = await fetch(`${input.dataset.personSearch}?q=${encodeURIComponent(text)}`);
      if (!answer.ok || text !== asked) return;
      list.replaceChildren(...(await answer.json()).map((person) => {
        const option = document.createElement("option");
        option.value = `${person.code} – ${person.name}`;
        option.textContent = person.unit;
        return option;
      }));
    }, WAIT);
  });
}
