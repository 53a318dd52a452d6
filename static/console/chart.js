/* One chart: uPlot with our axes, limit lines, alert bands, crosshair shared with its neighbours. */
import { fillTable, legendEntry, limitsByLine, table } from "./chart-parts.js";
import { reading, tick, timeLabels } from "./chart-words.js";
import { exact } from "./times.js";

const SYNC = "ops";
const COLOURS = ["series-1", "series-2", "series-3", "series-4"];
/* A canvas does not know CSS variables: ask the browser what one is now. */
const probe = document.createElement("i");
probe.hidden = true;
document.body.append(probe);
function colour(name, alpha = 1) {
  probe.style.color = `var(--${name})`;
  const found = getComputedStyle(probe).color;
  return alpha === 1 ? found : found.replace("rgb(", "rgba(").replace(")", `, ${alpha})`);
}

export class Chart {
  constructor(element, onZoom) {
    this.element = element;
    this.panel = element.closest(".chart-panel");
    this.metric = element.dataset.metric;
    this.onZoom = onZoom;
    this.found = null;
    this.plot = null;
    this.isHeld = false; // while somebody drags, nothing moves under the pointer
    element.addEventListener("pointerdown", () => (this.isHeld = true));
    for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => this.letGo());
    new ResizeObserver(() => this.plot?.setSize(this.size())).observe(element);
  }

  letGo() {
    if (!this.isHeld) return;
    this.isHeld = false;
    if (this.found) this.draw();
  }

  size() {
    return { width: this.element.clientWidth - 8, height: this.element.clientHeight - 8 };
  }

  show(found) {
    this.found = found;
    this.draw();
  }

  /* New points of the live answer; the window moves with the server's time. */
  append(series, fromMs, toMs) {
    if (!this.found) return;
    for (const one of series) {
      const known = this.found.series.find(({ id }) => id === one.id);
      if (!known) {
        this.found.series.push(one);
        continue;
      }
      const last = known.at.at(-1) ?? 0;
      one.at.forEach((at, index) => {
        if (at > last) known.at.push(at) && known.value.push(one.value[index]);
      });
    }
    for (const one of this.found.series) {
      const keep = one.at.findIndex((at) => at >= fromMs);
      if (keep > 0) one.at.splice(0, keep) && one.value.splice(0, keep);
    }
    Object.assign(this.found, { from: fromMs, to: toMs });
    this.draw();
  }

  /* The canvas stays while the series do: new data never takes away what the pointer is on. */
  draw() {
    if (this.isHeld) return;
    const { series, from, to } = this.found;
    if (this.plot && series.length === this.plot.series.length - 1) {
      this.plot.setData(table(series), false);
      this.plot.setScale("x", { min: from / 1000, max: to / 1000 });
    } else this.build();
    this.showLegend(this.plot?.cursor.idx);
    this.showTable();
  }

  build() {
    this.plot?.destroy();
    this.plot = null;
    this.element.replaceChildren();
    if (!this.found.series.length) this.element.append(this.emptyNote());
    else this.plot = new uPlot(this.options(), table(this.found.series), this.element);
  }

  emptyNote() {
    const note = document.createElement("p");
    note.className = "chart-empty";
    note.append(Object.assign(document.createElement("span"), { textContent: "No points in this range" }));
    return note;
  }

  options() {
    const { unit, from, to, series } = this.found;
    const isPercent = unit === "percent";
    const grid = { stroke: () => colour("line-soft"), width: 1 };
    const axis = { stroke: () => colour("muted"), font: "12px system-ui, sans-serif", grid, ticks: { show: false } };
    return {
      ...this.size(),
      legend: { show: false },
      cursor: {
        sync: { key: SYNC },
        drag: { x: true, y: false, setScale: false },
        points: { size: 7, width: 2, fill: (plot, index) => plot.series[index].stroke() },
        focus: { prox: 24 },
      },
      scales: {
        x: { time: true, range: () => [this.found.from / 1000, this.found.to / 1000] },
        y: { range: isPercent ? [0, 100] : (plot, low, high) => this.verticalRange(low, high) },
      },
      axes: [
        { ...axis, values: timeLabels, space: 64, gap: 6, size: 32 },
        { ...axis, values: (plot, splits) => splits.map((one) => tick(one, unit)), size: unit === "bytes" ? 72 : 54, gap: 6 },
      ],
      series: [{}, ...series.map((one, index) => this.line(one, index, series.length))],
      hooks: {
        drawAxes: [(plot) => this.drawBands(plot)],
        draw: [(plot) => this.drawLimits(plot)],
        setCursor: [(plot) => this.showReadout(plot)],
        setSelect: [(plot) => this.zoom(plot)],
      },
    };
  }

  line(one, index, count) {
    const name = COLOURS[index % COLOURS.length];
    const fill = count === 1 ? { fill: () => colour(name, 0.1) } : {};
    return { label: one.label, stroke: () => colour(name), width: 1.5, points: { show: false }, ...fill };
  }

  /* Zero and the limits stay in sight. */
  verticalRange(low, high) {
    const limits = this.found.thresholds.map(({ value }) => value).filter((value) => value < (high || 1) * 3);
    const top = Math.max(high ?? 0, ...limits, 0);
    return [Math.min(low ?? 0, 0), top > 0 ? top * 1.08 : 1];
  }

  drawBands(plot) {
    const { ctx, bbox } = plot;
    ctx.save();
    for (const band of this.found.bands) {
      const left = plot.valToPos(Math.max(band.from, this.found.from) / 1000, "x", true);
      const right = plot.valToPos(Math.min(band.to ?? this.found.to, this.found.to) / 1000, "x", true);
      ctx.fillStyle = colour(band.level, 0.12);
      ctx.fillRect(left, bbox.top, Math.max(right - left, 2), bbox.height);
      ctx.fillStyle = colour(band.level);
      ctx.fillRect(left, bbox.top, Math.max(right - left, 2), 3 * devicePixelRatio);
    }
    ctx.restore();
  }

  drawLimits(plot) {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
    ctx.textAlign = "right";
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([5 * devicePixelRatio, 4 * devicePixelRatio]);
    for (const [{ value, level }] of limitsByLine(this.found.thresholds)) {
      const y = Math.round(plot.valToPos(value, "y", true));
      if (y < bbox.top || y > bbox.top + bbox.height) continue;
      ctx.strokeStyle = ctx.fillStyle = colour(level);
      ctx.beginPath();
      ctx.moveTo(bbox.left, y);
      ctx.lineTo(bbox.left + bbox.width, y);
      ctx.stroke();
    }
    ctx.restore();
  }

  zoom(plot) {
    const { left, width } = plot.select;
    if (width < 4 || plot.cursor.event?.target !== plot.over) return; // a neighbour's, told by the sync
    const at = (pixels) => Math.round(plot.posToVal(pixels, "x") * 1000);
    plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
    this.onZoom(at(left), at(left + width));
  }

  showReadout(plot) {
    const index = plot.cursor.idx;
    const at = index === null || index === undefined ? null : plot.data[0][index];
    const text = at === null || at === undefined ? "" : exact(new Date(at * 1000));
    this.panel.querySelector("[data-readout]").textContent = text;
    this.showLegend(text ? index : null);
  }

  showLegend(found) {
    const index = found ?? null;
    const list = this.panel.querySelector("[data-legend]");
    const { series, thresholds, unit } = this.found;
    const entries = series.map((one, number) => {
      const value = index === null ? one.value.at(-1) : this.plot?.data[number + 1]?.[index];
      return [COLOURS[number % COLOURS.length], "swatch", one.label || this.metric, reading(value, unit)];
    });
    for (const [limit, rules] of limitsByLine(thresholds)) {
      entries.push([`is-${limit.level}`, "swatch dashed", rules, `${limit.direction} ${tick(limit.value, unit)}`]);
    }
    list.replaceChildren(...entries.map(legendEntry));
  }

  showTable() {
    const details = this.panel.querySelector(".as-table");
    details.ontoggle = () => details.open && fillTable(details, this.found);
    if (details.open) fillTable(details, this.found);
  }
}
