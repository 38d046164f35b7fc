// Shows the numbers of the chosen policy at once. Without it they are filled in when the form is sent.
const place = document.querySelector("[data-presets]");
const names = place.dataset.presets.split(",");
const form = place.closest("form");
const radios = [...form.querySelectorAll("[data-numbers]")];
const shown = form.elements.shown_numbers;

const numbersOf = (radio) => JSON.parse(radio.dataset.numbers);
const value = (name) => form.elements[name].value.replace(/[.\s\u00a0]/g, "");

form.addEventListener("change", (event) => {
  if (radios.includes(event.target)) {
    const numbers = numbersOf(event.target);
    for (const name of names) form.elements[name].value = numbers[name];
    shown.value = names.map((name) => numbers[name]).join(",");
  } else if (event.target.closest("[data-numbers-of-policy]")) {
    const same = radios.find((radio) => names.every((name) => value(name) === String(numbersOf(radio)[name])));
    form.elements.preset.value = same ? same.value : "own";
  }
});
