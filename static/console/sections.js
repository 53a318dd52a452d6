/* Parts of the page that the server draws: when one has changed, the page is read again and that part is exchanged,
   but never under the pointer, nor while something in it has the focus, is open or chosen. */
import { refreshTimes } from "./times.js";

const versions = new Map();
const dirty = new Set();
let isReading = false;

const sections = () => document.querySelectorAll("[data-section]");

export function startSections() {
  const plain = document.title;
  for (const section of sections()) {
    if (section.dataset.version) versions.set(section.dataset.section, section.dataset.version);
  }
  document.addEventListener("ops:live", ({ detail }) => {
    /* a role may be for some parts only */
    document.title = (detail.title ?? "") + plain;
    showCount(detail.alerts ?? []);
    note(detail.versions);
    if (detail.checklist === null && document.querySelector('[data-section="checklist"]')) location.reload();
  });
  /* what no version tells of, such as that nothing comes any more: read again with each poll */
  document.addEventListener("ops:polled", () => {
    for (const { dataset } of sections()) if ("volatile" in dataset) dirty.add(dataset.section);
    if (dirty.size) exchange();
  });
  addEventListener("pageshow", (event) => event.persisted && sections().forEach((one) => dirty.add(one.dataset.section)));
  setInterval(() => dirty.size && !document.hidden && exchange(), 1000);
}

function note(found) {
  for (const { dataset } of sections()) {
    const name = dataset.section;
    if (!versions.has(name)) versions.set(name, found[name]);
    if (versions.get(name) === found[name]) continue;
    versions.set(name, found[name]);
    dirty.add(name);
  }
  if (dirty.size) exchange();
}

function isBusy(section) {
  const isOpen = section.querySelector("details[open], .choice :checked");
  return section.matches(":hover") || isOpen || section.contains(document.activeElement);
}

async function exchange() {
  const free = [...sections()].filter((one) => dirty.has(one.dataset.section) && !isBusy(one));
  if (!free.length || isReading) return;
  isReading = true;
  try {
    const response = await fetch(location.href, { headers: { "X-Ops-Refresh": "1" }, cache: "no-store" });
    if (response.ok && !response.redirected) place(new DOMParser().parseFromString(await response.text(), "text/html"));
  } catch {
    /* the pill tells of the network; the next tick tries again */
  }
  isReading = false;
}

function place(fresh) {
  for (const section of sections()) {
    const name = section.dataset.section;
    const found = fresh.querySelector(`[data-section="${name}"]`);
    if (!dirty.has(name) || !found || isBusy(section)) continue;
    section.replaceChildren(...found.childNodes);
    refreshTimes(section);
    dirty.delete(name);
    document.dispatchEvent(new CustomEvent("ops:exchanged"));
  }
}

function showCount(alerts) {
  for (const badge of document.querySelectorAll("[data-alert-count]")) {
    badge.hidden = alerts.length === 0;
    badge.textContent = alerts.length;
    badge.dataset.level = alerts[0]?.level ?? "";
    badge.setAttribute("aria-label", `${alerts.length} active`);
  }
}
