/* Before the first paint: the theme this browser chose. The admin's own scripts use the same key. */
"use strict";
(function () {
  const known = ["auto", "light", "dark"];
  let chosen = "auto";
  try {
    chosen = localStorage.getItem("theme") || "auto";
  } catch {
    /* storage is switched off: every page follows the system */
  }
  document.documentElement.dataset.theme = known.includes(chosen) ? chosen : "auto";
})();
