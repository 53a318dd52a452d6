/* The button that chooses every alert of the list; without scripts each is chosen on its own. */
const boxes = () => [...document.querySelectorAll('input[name="alert"][form="several"]')];

function show() {
  const button = document.querySelector("[data-choose-all]");
  if (!button) return;
  button.hidden = boxes().length < 2;
  button.textContent = boxes().every((box) => box.checked) ? "Choose none" : "Choose all";
}

document.addEventListener("click", ({ target }) => {
  if (!target.closest("[data-choose-all]")) return;
  const choose = !boxes().every((box) => box.checked);
  for (const box of boxes()) box.checked = choose;
  show();
});
document.addEventListener("change", show);
document.addEventListener("ops:exchanged", show);
show();
