/* Tiles and heartbeats of the overview, from the live answer. */
import "./chart-page.js";
import { ago } from "./times.js";

const set = (element, text) => {
  if (element && element.textContent !== text) element.textContent = text;
};

function showTile(tile) {
  const element = document.querySelector(`[data-tile="${tile.metric}"]`);
  if (!element) return;
  const isKnown = tile.level !== "unknown";
  element.dataset.level = tile.level;
  set(element.querySelector("[data-text]"), tile.text);
  set(element.querySelector("[data-change]"), tile.change);
  set(element.querySelector("[data-detail]"), isKnown ? tile.detail : tile.at ? `Last sample ${ago(tile.at)}` : "Nothing was recorded yet");
  element.querySelector("[data-mark]").hidden = isKnown;
  element.querySelector("polyline").setAttribute("points", tile.spark);
  element.querySelector("polygon").setAttribute("points", tile.spark ? outline(tile.spark) : "");
}

/* The area under the line, closed at the line's own ends. */
function outline(spark) {
  const points = spark.split(" ");
  return `${spark} ${points.at(-1).split(",")[0]},44 ${points[0].split(",")[0]},44`;
}

function showCheck(check) {
  const element = document.querySelector(`[data-check="${CSS.escape(check.name)}"]`);
  if (!element) return;
  showBeats(element.querySelector("[data-beats]"), check.beats);
  set(element.querySelector("[data-state]"), check.status);
  const message = element.querySelector("[data-message]");
  set(message, check.message);
  message.hidden = check.level === "ok";
  message.className = `message is-${check.level}`;
  const mark = element.querySelector("[data-mark] .mark");
  mark.setAttribute("class", `mark is-${check.level}`);
  const use = mark.firstElementChild;
  use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${check.level}`));
}

const BEATS = 50;

function showBeats(element, beats) {
  element.dataset.beats = beats.join(" ");
  const padded = [...Array(Math.max(BEATS - beats.length, 0)).fill("none"), ...beats];
  while (element.children.length < padded.length) element.append(document.createElement("i"));
  while (element.children.length > padded.length) element.firstElementChild.remove();
  padded.forEach((beat, index) => {
    if (element.children[index].className !== beat) element.children[index].className = beat;
  });
  const counts = ["ok", "warning", "critical", "unknown"].map((level) => [beats.filter((beat) => beat === level).length, level]);
  const said = counts.filter(([count]) => count).map(([count, level]) => `${count} ${level}`);
  element.setAttribute("aria-label", `Last ${beats.length} results: ${said.join(", ") || "none yet"}`);
}

function drawBeats() {
  for (const element of document.querySelectorAll("[data-beats]")) {
    showBeats(element, element.dataset.beats.split(" ").filter(Boolean));
  }
}

drawBeats();
document.addEventListener("ops:exchanged", drawBeats);
for (const tile of document.querySelectorAll("[data-tile]")) {
  const spark = tile.querySelector("polyline").getAttribute("points");
  if (spark) tile.querySelector("polygon").setAttribute("points", outline(spark));
}
document.addEventListener("ops:live", ({ detail }) => {
  detail.tiles.forEach(showTile);
  detail.health.forEach(showCheck);
});
