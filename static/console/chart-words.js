/* What charts write: readings with their unit, ticks, times on a 24 h clock. */
import { dayMonth, hourMinute } from "./times.js";

const UNITS = { percent: " %", seconds: " s", ratio: "", bytes: "" };
const suffix = (unit) => UNITS[unit] ?? (unit ? ` ${unit}` : "");

export function reading(value, unit) {
  if (value === null || value === undefined) return "–";
  if (unit === "bytes") return bytes(value);
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 1 ? 1 : 3;
  return value.toFixed(digits) + suffix(unit);
}

function bytes(value) {
  const steps = ["B", "KiB", "MiB", "GiB", "TiB"];
  let step = 0;
  while (value >= 1024 && step < steps.length - 1) [value, step] = [value / 1024, step + 1];
  return `${value.toFixed(value < 10 && step ? 1 : 0)} ${steps[step]}`;
}

export const tick = (value, unit) => (unit === "bytes" ? bytes(value) : Number(value.toFixed(6)) + suffix(unit));

export function timeLabels(plot, splits, axis, space, increment) {
  return splits.map((seconds) => {
    const date = new Date(seconds * 1000);
    const isMidnight = date.getHours() === 0 && date.getMinutes() === 0;
    if (increment >= 86400 || isMidnight) return dayMonth(date);
    return increment < 60 ? `${hourMinute(date)}:${String(date.getSeconds()).padStart(2, "0")}` : hourMinute(date);
  });
}
