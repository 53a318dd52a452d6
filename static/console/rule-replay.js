/* Under the condition of a rule: what it would have done, while it is written; the threshold can be dragged. */
import { Chart } from "./chart.js";
import { exact } from "./times.js";

const PAUSE_MS = 300;
const MOST_LISTED = 50;

for (const panel of document.querySelectorAll("[data-replay]")) new Replay(panel);

function Replay(panel) {
  const form = panel.closest("form");
  const field = form.querySelector("#id_condition");
  const part = (name) => panel.querySelector(`[data-${name}]`);
  const handle = part("handle"), drawing = part("drawing");
  const chart = new Chart(panel.querySelector(".chart"), () => {});
  let found = null, timer = 0, asked = null, dragged = null;

  const ask = async (isSuggesting = false) => {
    if (!field.value.trim()) return say("Replays the rule as you write it: how often it would have fired.");
    asked?.abort();
    const own = (asked = new AbortController());
    const body = whole(form);
    body.set("rule", panel.dataset.rule);
    body.set("since", part("since").value);
    if (isSuggesting) body.set("suggest", "1");
    panel.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(panel.dataset.replay, { method: "POST", body, signal: own.signal });
      const told = answer.ok ? await answer.json() : { refused: `The replay failed (${answer.status}).` };
      if (own === asked) show(told, isSuggesting);
    } catch (error) {
      if (error.name !== "AbortError") say("The replay could not be asked for; saving works all the same.");
    }
    if (own === asked) panel.removeAttribute("aria-busy");
  };
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE_MS);
  };

  function say(text, more = []) {
    part("said").textContent = text;
    part("more").textContent = more.filter(Boolean).join(" ");
  }

  function show(told, isSuggesting) {
    found = told.refused ? found : told;
    if (told.refused) return say(told.refused);
    const withheld = Object.entries(told.withheld).map(([gate, count]) => `${count} withheld by ${gate}`).join(", ");
    const about = told.instances === 1 ? "1 instance." : `${told.instances} instances.`;
    const gaps = told.gaps.length ? `${told.gaps.length} ${told.gaps.length === 1 ? "gap" : "gaps"}, where nothing is known.` : "";
    const broken = told.broken ? `▲ ${told.broken}` : "";
    const rest = [broken, about, withheld && `${withheld}.`, gaps, told.difference, told.noise && `● ${told.noise}`];
    say(sentence(told.summary), [...rest, ...told.notes]);
    part("suggest").hidden = !(told.noise && told.threshold);
    suggest(told, isSuggesting);
    list(told);
    draw(told);
  }

  function suggest(told, isSuggesting) {
    const place = part("suggested");
    place.replaceChildren();
    if (!isSuggesting) return;
    const one = told.suggestion;
    if (!one) return place.append("No other threshold makes it quiet; let it wait longer.");
    const button = Object.assign(document.createElement("button"), { type: "button", className: "button" });
    button.textContent = `Use ${one.threshold}: fires ${one.fires} times`;
    button.addEventListener("click", () => write(one.condition));
    place.append(button);
  }

  function list(told) {
    const details = panel.querySelector(".replay-episodes");
    details.hidden = !told.episodes.length;
    part("episodes").replaceChildren(...told.episodes.slice(-MOST_LISTED).reverse().map(row));
  }

  function row(episode) {
    const item = document.createElement("li");
    const end = episode.end ? exact(new Date(episode.end)) : "still firing";
    const held = episode.letters.filter((one) => one.kind === "firing" && !one.is_told && one.reason);
    const why = held.length ? `withheld: ${held[0].reason}` : episode.letters.length ? "not told" : "nobody to tell";
    const value = episode.value === null ? "" : ` at ${Math.round(episode.value * 100) / 100}`;
    item.textContent = `${exact(new Date(episode.start))} to ${end}: ${episode.subject}${value}, ${episode.severity}, `;
    item.append(episode.is_notified ? "told" : why, " ");
    if (panel.dataset.mark) item.append(...["must fire", "must not fire"].map((expect) => marker(episode, expect)));
    return item;
  }

  /* A case of the rule's tests. The page stays, with what is not saved yet; only without an answer it is left. */
  function marker(episode, expect) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "link" });
    button.textContent = expect;
    button.addEventListener("click", async () => {
      const fields = { instance: episode.instance, start: episode.start, end: episode.end ?? found.end, expect };
      const sent = document.createElement("form");
      Object.assign(sent, { method: "post", action: panel.dataset.mark, hidden: true });
      fields.csrfmiddlewaretoken = form.querySelector("[name=csrfmiddlewaretoken]").value;
      fields.next = location.pathname;
      for (const [name, value] of Object.entries(fields)) {
        sent.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
      }
      button.disabled = true;
      try {
        const headers = { Accept: "application/json" };
        const answer = await fetch(sent.action, { method: "POST", body: new FormData(sent), headers });
        const { told } = await answer.json();
        part("marked").textContent = told;
      } catch {
        document.body.append(sent);
        sent.submit();
      }
      button.disabled = false;
    });
    return button;
  }

  function draw(told) {
    drawing.hidden = part("values").hidden = part("legend").hidden = !told.chart;
    if (told.chart && dragged === null) chart.show(told.chart);
    place();
  }

  /* The handle lies on the line, over the canvas. */
  function place() {
    const { plot } = chart;
    const limit = dragged ?? found?.threshold?.value;
    handle.hidden = !plot || limit === undefined || !found.chart;
    if (handle.hidden) return;
    const over = plot.over.getBoundingClientRect(), box = drawing.getBoundingClientRect();
    const y = Math.min(Math.max(plot.valToPos(limit, "y"), 0), over.height);
    handle.style.top = `${over.top - box.top + y}px`;
    handle.style.left = `${over.left - box.left}px`;
    handle.style.width = `${over.width}px`;
    handle.setAttribute("aria-valuenow", limit);
    handle.setAttribute("aria-valuetext", `${found.threshold.direction} ${limit}`);
    handle.dataset.value = limit;
  }

  function rounded(value) {
    const { min, max } = chart.plot.scales.y;
    const step = 10 ** Math.floor(Math.log10((max - min) / 100 || 1));
    return Number((Math.round(value / step) * step).toPrecision(12));
  }

  function write(text) {
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /* The number in the text is replaced where the server said it stands. */
  function move(value) {
    const { threshold } = found;
    dragged = value;
    const text = field.value.slice(0, threshold.start) + value + field.value.slice(threshold.end);
    threshold.end = threshold.start + String(value).length;
    threshold.value = value;
    for (const limit of found.chart.thresholds) limit.value = value;
    chart.plot.redraw(false);
    place();
    write(text);
  }

  handle.addEventListener("pointerdown", (event) => {
    handle.setPointerCapture(event.pointerId);
    dragged = found.threshold.value;
    event.preventDefault();
  });
  handle.addEventListener("pointermove", (event) => {
    if (dragged === null) return;
    const top = chart.plot.over.getBoundingClientRect().top;
    const value = rounded(chart.plot.posToVal(event.clientY - top, "y"));
    if (value !== found.threshold.value) move(value);
  });
  for (const end of ["pointerup", "pointercancel"]) handle.addEventListener(end, () => (dragged = null));
  handle.addEventListener("keydown", (event) => {
    const direction = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!direction) return;
    event.preventDefault();
    const { min, max } = chart.plot.scales.y;
    move(rounded(found.threshold.value + (direction * (max - min)) / 100));
    dragged = null;
  });
  form.addEventListener("input", (event) => panel.contains(event.target) || soon());
  form.addEventListener("change", (event) => panel.contains(event.target) || soon());
  part("since").addEventListener("change", () => ask());
  part("suggest").addEventListener("click", () => ask(true));
  new ResizeObserver(place).observe(drawing);
  ask();
}

/* The admin marks what was chosen in a pair of lists only when the form is sent. */
function whole(form) {
  const body = new FormData(form);
  for (const list of form.querySelectorAll("select[multiple][id$=_to]")) {
    body.delete(list.name);
    for (const option of list.options) body.append(list.name, option.value);
  }
  return body;
}

function sentence(text) {
  return `${text[0].toUpperCase()}${text.slice(1)}.`;
}
