/* Menus are <details>: they work by themselves; here they also close on Escape and on a click elsewhere. */
export function startMenus() {
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("[data-menu][open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("[data-menu][open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
  document.addEventListener("toggle", (event) => {
    if (event.target.matches?.(".acknowledge[open]")) event.target.querySelector("input[name=note]").focus();
  }, true);
}
