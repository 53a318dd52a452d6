/* One poll per page: every 5 s, one request at a time, none while the tab is hidden. What came is told as `ops:live`. */
import { learnServerTime, now } from "./times.js";

const EVERY_MS = 5000;
const LIMIT_MS = 10000;
const LONGEST_WAIT_MS = 30000;

const state = { etag: "", answer: null, failures: 0, nextAt: 0, isAsking: false, isOver: false, timer: 0 };
let wanted = () => ({});

/* A page with charts says what they stand at: {since, metrics}. */
export function wantPoints(ask) {
  wanted = ask;
}

export function startLive(url, loginUrl) {
  const ask = () => poll(url);
  document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(state.timer) : ask()));
  addEventListener("online", ask);
  addEventListener("pageshow", (event) => event.persisted && ask());
  setInterval(() => document.hidden || showPill(loginUrl), 1000);
  document.addEventListener("ops:live", () => showPill(loginUrl));
  ask();
}

async function poll(url) {
  if (state.isAsking || state.isOver || document.hidden) return;
  clearTimeout(state.timer);
  state.isAsking = true;
  try {
    await ask(url);
    state.failures = 0;
  } catch {
    state.failures += 1; /* the network, or an answer that is none: said in the pill, asked again */
  }
  state.isAsking = false;
  const wait = Math.min(EVERY_MS * 2 ** Math.max(state.failures - 1, 0), LONGEST_WAIT_MS);
  state.nextAt = Date.now() + wait;
  if (!state.isOver) state.timer = setTimeout(() => poll(url), wait);
}

async function ask(url) {
  const response = await fetch(address(url), {
    cache: "no-store",
    headers: state.etag ? { "If-None-Match": state.etag } : {},
    signal: AbortSignal.timeout(LIMIT_MS),
  });
  if (response.status === 401) {
    state.isOver = true;
    return;
  }
  if (response.status !== 304 && !response.ok) throw new Error(`status ${response.status}`);
  learnServerTime(Number(response.headers.get("X-Ops-Now")));
  document.dispatchEvent(new CustomEvent("ops:polled"));
  if (response.status !== 304) {
    state.answer = await response.json();
    state.etag = response.headers.get("ETag");
    document.dispatchEvent(new CustomEvent("ops:live", { detail: state.answer }));
  }
}

function address(url) {
  const { since, metrics = [] } = wanted();
  if (!since) return url;
  const query = new URLSearchParams({ since });
  for (const metric of metrics) query.append("metric", metric);
  return `${url}?${query}`;
}

/* What the pill says: [state, text]. */
function condition() {
  if (state.isOver) return ["signed-out", "signed out, sign in again"];
  if (state.failures > 0) {
    const seconds = Math.max(Math.ceil((state.nextAt - Date.now()) / 1000), 0);
    return ["disconnected", seconds ? `disconnected, retrying in ${seconds} s` : "disconnected, retrying"];
  }
  if (!state.answer) return ["waiting", "connecting"];
  if (!state.answer.sampled_at) return ["waiting", "waiting for data"];
  const age = Math.max(Math.round((now() - state.answer.sampled_at) / 1000), 0);
  const text = age < 120 ? `${age} s` : age < 7200 ? `${Math.round(age / 60)} min` : `${Math.round(age / 3600)} h`;
  return age * 1000 > state.answer.stale_after_ms ? ["stale", `stale ${text}`] : ["live", `live · ${text} ago`];
}

function showPill(loginUrl) {
  const pill = document.querySelector("[data-pill]");
  if (!pill) return;
  const [name, text] = condition();
  if (pill.dataset.state !== name) {
    pill.dataset.state = name;
    document.querySelector("[data-announce]").textContent = name === "live" ? "" : text;
    if (name === "signed-out") offerSignIn(pill, loginUrl);
  }
  const label = pill.querySelector("[data-pill-text]");
  if (label && label.textContent !== text) label.textContent = text;
}

function offerSignIn(pill, loginUrl) {
  const link = document.createElement("a");
  link.href = `${loginUrl}?next=${encodeURIComponent(location.pathname + location.search)}`;
  link.dataset.pillText = "";
  pill.replaceChildren(link);
}
