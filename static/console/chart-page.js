/* The charts of a page: one range for all, kept in the address, moved by presets, zoom and live points. */
import { Chart } from "./chart.js";
import { wantPoints } from "./live.js";
import { now } from "./times.js";

const UNIT_MS = { s: 1000, m: 60000, h: 3600000, d: 86400000, w: 604800000 };
const SHORTEST_MS = 10000;
const LONGEST_CATCH_UP_MS = 15 * 60000;

const root = document.querySelector("[data-charts]");
if (root) start(root);

function start(root) {
  const charts = [...root.querySelectorAll("[data-metric]")].map((element) => new Chart(element, zoom));
  const range = { from: root.dataset.from, to: root.dataset.to, before: null };
  const form = root.querySelector("[data-range]");
  let loadedTo = 0;

  const millis = (text) => {
    const relative = /^now(?:-(\d+)([smhdw]))?$/.exec(text);
    if (relative) return now() - (relative[1] ? relative[1] * UNIT_MS[relative[2]] : 0);
    return /^\d+$/.test(text) ? Number(text) : Date.parse(/[Z+]|-\d\d:\d\d$/.test(text.slice(11)) ? text : `${text}Z`);
  };
  const isLive = () => range.to === "now";

  async function load() {
    const asked = `${range.from} ${range.to}`;
    await Promise.all(charts.map(async (chart) => {
      const query = new URLSearchParams({ metric: chart.metric, from: range.from, to: range.to });
      try {
        const response = await fetch(`${root.dataset.seriesUrl}?${query}`);
        const found = await response.json();
        if (asked !== `${range.from} ${range.to}`) return; // overtaken by a later choice
        if (!response.ok) return;
        chart.show(found);
        loadedTo = found.to;
      } catch {
        /* the pill tells of the network; the next choice or the next catch-up loads again */
      }
    }));
  }

  function show(from, to, { isZoom = false, isBack = false } = {}) {
    if (isZoom && !range.before) range.before = [range.from, range.to];
    if (!isZoom) range.before = null;
    Object.assign(range, { from: String(from), to: String(to) });
    if (!isBack && form) {
      const address = new URL(location.href);
      address.searchParams.set("from", range.from);
      address.searchParams.set("to", range.to);
      history.pushState({ before: range.before }, "", address);
    }
    showControls();
    load();
  }

  function zoom(fromMs, toMs) {
    const middle = (fromMs + toMs) / 2;
    const half = Math.max(toMs - fromMs, SHORTEST_MS) / 2;
    show(Math.round(middle - half), Math.round(middle + half), { isZoom: true });
  }

  function shift(how) {
    const [from, to] = [millis(range.from), millis(range.to)];
    const length = to - from;
    if (how === "in") return zoom(from + length / 4, to - length / 4);
    const step = { earlier: -length / 2, later: length / 2, out: 0 }[how];
    const spare = how === "out" ? length / 2 : 0;
    const end = Math.min(to + step + spare, now());
    return zoom(end - length - 2 * spare, end);
  }

  function showControls() {
    if (!form) return;
    for (const link of form.querySelectorAll("[data-from]")) {
      const isCurrent = link.dataset.from === range.from && link.dataset.to === range.to;
      isCurrent ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current");
    }
    form.querySelector("[data-reset]").hidden = !range.before;
    const isPreset = form.querySelector("[data-from][aria-current]");
    form.querySelector("[data-range-name]").textContent = isPreset || range.before ? "Other" : "Chosen range";
    form.querySelector('[data-shift="later"]').disabled = isLive();
    showInputs();
  }

  function showInputs() {
    const local = (ms) => new Date(ms - new Date(ms).getTimezoneOffset() * UNIT_MS.m).toISOString().slice(0, 16);
    form.elements.from.value = local(millis(range.from));
    form.elements.to.value = local(millis(range.to));
    for (const zone of form.querySelectorAll("[data-zone]")) zone.textContent = "your time";
  }

  function listen() {
    form.addEventListener("click", (event) => {
      const preset = event.target.closest(".segments [data-from]");
      const button = event.target.closest("[data-shift]");
      if (event.target.closest("[data-reset]")) {
        event.preventDefault();
        show(...(range.before ?? ["now-1h", "now"]));
      } else if (preset && !event.ctrlKey && !event.metaKey) {
        event.preventDefault();
        show(preset.dataset.from, preset.dataset.to);
      } else if (button) shift(button.dataset.shift);
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const [from, to] = ["from", "to"].map((name) => new Date(form.elements[name].value).getTime());
      form.elements.to.setCustomValidity(to - from < SHORTEST_MS ? "It has to end after it begins." : "");
      if (!form.reportValidity()) return;
      form.querySelector("[data-menu]").open = false;
      show(from, to);
    });
    form.elements.from.addEventListener("input", () => form.elements.to.setCustomValidity(""));
    form.elements.to.addEventListener("input", () => form.elements.to.setCustomValidity(""));
    addEventListener("popstate", (event) => {
      const query = new URLSearchParams(location.search);
      show(query.get("from") ?? "now-1h", query.get("to") ?? "now", { isBack: true });
      range.before = event.state?.before ?? null;
      showControls();
    });
  }

  function lastAt() {
    const ends = charts.flatMap(({ found }) => found?.series.map(({ at }) => at.at(-1)) ?? []);
    const recent = ends.filter((at) => at > now() - LONGEST_CATCH_UP_MS);
    return recent.length ? Math.min(...recent) : 0;
  }

  /* The first answer comes with the page, the charts' own first reading is on its way then. */
  const isBehind = (sampledAt) => loadedTo > 0 && sampledAt !== null && sampledAt > loadedTo && !lastAt();

  wantPoints(() => (isLive() ? { since: lastAt(), metrics: charts.map(({ metric }) => metric) } : {}));
  document.addEventListener("ops:live", ({ detail }) => {
    if (!isLive()) return;
    if (!detail.points) return isBehind(detail.sampled_at) && load();
    for (const chart of charts) chart.append(detail.points[chart.metric] ?? [], millis(range.from), now());
  });
  document.addEventListener("ops:theme", () => charts.forEach((chart) => chart.plot?.redraw()));
  if (form) listen();
  showControls();
  load();
}
