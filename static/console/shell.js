/* What every page does: theme, menus, times, and the live poll with its pill. */
import { startLive } from "./live.js";
import { labelCells } from "./cells.js";
import { startMenus } from "./menus.js";
import { startSections } from "./sections.js";
import { startThemeSwitch } from "./theme-switch.js";
import { startTimes } from "./times.js";

startThemeSwitch();
startMenus();
startTimes();
labelCells();
if (document.body.dataset.live) {
  startSections();
  startLive(document.body.dataset.live, document.body.dataset.login);
}
