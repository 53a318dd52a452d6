/* Silences: the time that is left, and the browser's zone for times that people type. */
import { now } from "./times.js";

function span(minutes) {
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.floor(minutes / 1440)} d ${Math.floor((minutes % 1440) / 60)} h`;
}

function countDown() {
  for (const element of document.querySelectorAll("time[data-left]")) {
    const minutes = Math.ceil((new Date(element.dateTime).getTime() - now()) / 60000);
    element.textContent = minutes > 0 ? `${span(minutes)} left` : "over";
  }
}

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
for (const field of document.querySelectorAll("input[name=zone]")) field.value = zone;
for (const name of document.querySelectorAll("[data-zone]")) name.textContent = zone;
countDown();
setInterval(() => document.hidden || countDown(), 5000);
