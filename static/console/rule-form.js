/* Under each condition: what is wrong with it and what it says now, while it is written; and completion of names.
   Without this the form works: it is checked when it is saved. */
const PAUSE_MS = 300;
const MOST = 8;

for (const field of document.querySelectorAll("textarea[data-check]")) start(field);

function start(field) {
  const said = document.createElement("div");
  said.className = "condition-said";
  said.setAttribute("aria-live", "polite");
  field.after(said);
  const list = completion(field);
  let timer, asked;
  const look = async () => {
    if (!field.value.trim()) return said.replaceChildren();
    asked?.abort();
    asked = new AbortController();
    const body = new FormData();
    body.append("condition", field.value);
    body.append("csrfmiddlewaretoken", document.querySelector("input[name=csrfmiddlewaretoken]").value);
    try {
      const answer = await fetch(field.dataset.check, { method: "POST", body, signal: asked.signal });
      if (answer.ok) show(said, field, await answer.json());
    } catch (error) {
      if (error.name !== "AbortError") said.replaceChildren();  // the form says it when it is saved
    }
  };
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE_MS);
    list.offer();
  });
  look();
}

function show(said, field, draft) {
  const parts = [];
  if (draft.position !== null) {
    const before = field.value.slice(Math.max(0, draft.position - 20), draft.position);
    const after = field.value.slice(draft.position, draft.position + 20);
    parts.push(line("errornote", `▲ ${draft.message}${draft.advice ? `; ${draft.advice}` : ""}`));
    const place = element("code", `${before}`);
    place.append(element("mark", after || "end of text"));
    parts.push(place);
  }
  for (const warning of draft.warnings) parts.push(line("warned", `● ${warning}`));
  if (draft.position === null) parts.push(verdicts(draft));
  said.replaceChildren(...parts);
  field.setAttribute("aria-invalid", String(draft.position !== null));
}

function verdicts(draft) {
  if (!draft.lines.length) return line("help", "✓ Accepted. It is about no series or check that there is now.");
  const table = element("table");
  table.append(element("caption", `Now${draft.is_shortened ? `, the first ${draft.lines.length}` : ""}`));
  for (const one of draft.lines) {
    const row = element("tr");
    row.append(element("td", one.subject), element("td", String(Math.round(one.value * 100) / 100)));
    row.append(element("td", one.reason ? `${one.verdict}: ${one.reason}` : one.verdict));
    table.append(row);
  }
  return table;
}

function completion(field) {
  const box = element("ul");
  box.className = "condition-words";
  box.hidden = true;
  field.after(box);
  let asked = null, shown = [];
  const before = () => field.value.slice(0, field.selectionStart);
  const take = (word) => {
    const typed = /[\w.]*$/.exec(before())[0].split(".").pop();
    const start = field.selectionStart - typed.length;
    field.setRangeText(word, start, field.selectionStart, "end");
    box.hidden = true;
    field.focus();
    field.dispatchEvent(new Event("input"));
  };
  const offer = async () => {
    asked ??= fetch(field.dataset.words).then((answer) => (answer.ok ? answer.json() : {}), () => ({}));
    const words = await asked;
    const typed = /[\w.]*$/.exec(before())[0];
    const inQuotes = (before().match(/'/g)?.length ?? 0) % 2 === 1;
    const kinds = inQuotes ? ["metric"] : typed.includes(".") ? ["method", "fact"] : ["fact", "function"];
    const begun = typed.split(".").pop();
    const known = begun.length < 2 ? [] : kinds.flatMap((kind) => (words[kind] ?? []).map((word) => [kind, word]));
    const found = known.filter(([, word]) => word.startsWith(begun) && word !== begun).slice(0, MOST);
    // What is offered already stays as it is: a button that is replaced under the pointer loses its click.
    if (String(found) !== String(shown)) box.replaceChildren(...found.map(([kind, word]) => item(kind, word, take)));
    shown = found;
    box.hidden = !shown.length;
  };
  field.addEventListener("keydown", (event) => {
    if (box.hidden) return;
    if (event.key === "Escape") box.hidden = true;
    if (event.key === "Tab" && !event.shiftKey && shown.length) {
      event.preventDefault();
      take(shown[0][1]);
    }
  });
  return { offer };
}

function item(kind, word, take) {
  const entry = element("li");
  const button = element("button", word);
  button.type = "button";
  button.title = kind;
  button.addEventListener("click", () => take(word));
  entry.append(button);
  return entry;
}

function line(kind, text) {
  const paragraph = element("p", text);
  paragraph.className = kind;
  return paragraph;
}

function element(name, text = "") {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}
