/* Auto, light, dark: the button goes round, the choice stays in this browser. */
const NEXT = { auto: "light", light: "dark", dark: "auto" };

function show(theme) {
  document.documentElement.dataset.theme = theme;
  for (const button of document.querySelectorAll("[data-theme-switch]")) {
    button.setAttribute("aria-label", `Theme: ${theme}. Change to ${NEXT[theme]}`);
    button.title = `Theme: ${theme}`;
    const name = button.querySelector("[data-theme-name]");
    if (name) name.textContent = `Theme: ${theme}`;
  }
  document.dispatchEvent(new CustomEvent("ops:theme"));
}

function choose(theme) {
  try {
    localStorage.setItem("theme", theme);
  } catch {
    /* storage is switched off: the choice lasts for this page */
  }
  show(theme);
}

export function startThemeSwitch() {
  show(document.documentElement.dataset.theme);
  for (const button of document.querySelectorAll("[data-theme-switch]")) {
    button.addEventListener("click", () => choose(NEXT[document.documentElement.dataset.theme]));
  }
  addEventListener("storage", (event) => {
    if (event.key === "theme" && event.newValue in NEXT) show(event.newValue);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    document.dispatchEvent(new CustomEvent("ops:theme"));
  });
}
