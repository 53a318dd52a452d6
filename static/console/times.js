/* Times as people read them, told by the server's clock; exact, in the browser's zone, on hover. */
let aheadMs = 0; // how far the server's clock is ahead of this browser's

export const now = () => Date.now() + aheadMs;

export function learnServerTime(serverMs) {
  aheadMs = serverMs - Date.now();
}

const two = (number) => String(number).padStart(2, "0");
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

export function hourMinute(date) {
  return `${two(date.getHours())}:${two(date.getMinutes())}`;
}

export function dayMonth(date) {
  return `${date.getDate()} ${MONTHS[date.getMonth()]}`;
}

export function exact(date) {
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${hourMinute(date)}:${two(date.getSeconds())}`;
}

/* As the template filter `moment` says it. */
export function ago(ms) {
  const seconds = Math.floor((now() - ms) / 1000);
  if (seconds < 5) return "just now";
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86400)} d ago`;
}

const set = (element, text) => {
  if (element.textContent !== text) element.textContent = text;
};

export function refreshTimes(within = document) {
  for (const element of within.querySelectorAll("time[data-ago], time[data-clock]")) {
    const at = new Date(element.dateTime);
    const utc = `${element.dateTime.replace("T", " ").replace("Z", "")} UTC`;
    set(element, "ago" in element.dataset ? ago(at.getTime()) : exact(at));
    element.title = "ago" in element.dataset ? `${exact(at)} (${utc})` : utc;
  }
}

export function startTimes() {
  refreshTimes();
  setInterval(() => document.hidden || refreshTimes(), 5000);
}
