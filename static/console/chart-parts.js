/* Around a chart: its data as uPlot wants them, its legend, its table. */
import { reading } from "./chart-words.js";
import { exact } from "./times.js";

/* Where samples are missing for long, the line breaks. */
function withGaps(at, value) {
  const steps = at.slice(1).map((one, index) => one - at[index]).sort((a, b) => a - b);
  const longest = (steps[steps.length >> 1] ?? 0) * 4;
  const xs = [], ys = [];
  at.forEach((one, index) => {
    if (index && one - at[index - 1] > longest) {
      xs.push((at[index - 1] + 1) / 1000);
      ys.push(null);
    }
    xs.push(one / 1000);
    ys.push(value[index]);
  });
  return [xs, ys];
}

export function table(series) {
  if (!series.length) return [[], []];
  return uPlot.join(series.map((one) => withGaps(one.at, one.value)));
}

/* Rules with the same limit share a line. */
export function limitsByLine(thresholds) {
  const lines = new Map();
  for (const limit of thresholds) {
    const key = `${limit.direction} ${limit.value}`;
    const [first, rules] = lines.get(key) ?? [limit, []];
    lines.set(key, [first, [...rules, limit.rule]]);
  }
  return [...lines.values()].map(([limit, rules]) => [limit, rules.join(", ")]);
}

export function legendEntry([kind, swatch, label, value]) {
  const entry = document.createElement("li");
  entry.className = kind;
  const sample = Object.assign(document.createElement("i"), { className: swatch });
  const name = Object.assign(document.createElement("span"), { textContent: label, className: "muted" });
  entry.append(sample, name, Object.assign(document.createElement("b"), { textContent: value }));
  return entry;
}

const MOST_ROWS = 60;

export function fillTable(details, { series, unit }) {
  const row = (tag, texts) => {
    const element = document.createElement("tr");
    for (const text of texts) element.append(Object.assign(document.createElement(tag), { textContent: text }));
    return element;
  };
  details.querySelector("thead").replaceChildren(row("th", ["Time", ...series.map(({ label }) => label || "Value")]));
  const [times, ...columns] = table(series);
  const step = Math.max(Math.ceil(times.length / MOST_ROWS), 1);
  const rows = [];
  for (let index = times.length - 1; index >= 0; index -= step) {
    rows.push(row("td", [exact(new Date(times[index] * 1000)), ...columns.map((column) => reading(column[index], unit))]));
  }
  details.querySelector("tbody").replaceChildren(...rows);
}
