// Dot plots with intervals, drawn by Chart.js, which comes with the system (Debian: libjs-chart.js) and not with this console. Without it
// the page has its tables.
import { figure } from "./numbers.js";

const SOURCE = "vendor/chart.js";
const ROW = 42; // pixels
const AXIS = 56;
const RADIUS = 5;
const CAP = 7; // taller than a point, so that a short interval is seen

// Told apart by shape as well as by colour. The names are Chart.js's and those of legend().
export const SHAPES = ["circle", "rect", "triangle", "rectRot", "crossRot", "star"];

let loading;

// Chart.js's class; nothing when the server does not have it.
export function loadChart() {
  loading ??= new Promise((resolve) => {
    const script = document.createElement("script");
    script.src = SOURCE;
    script.addEventListener("load", () => resolve(window.Chart));
    script.addEventListener("error", () => resolve(undefined));
    document.head.append(script);
  });
  return loading;
}

// What a custom property is here and now: canvases know no var().
function colour(container, name) {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  container.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

const whiskers = {
  id: "whiskers",
  beforeDatasetsDraw(chart) {
    const { ctx, scales, chartArea } = chart;
    ctx.save();
    ctx.lineWidth = 2;
    chart.data.datasets.forEach((dataset, at) => {
      ctx.strokeStyle = dataset.borderColor;
      chart.getDatasetMeta(at).data.forEach((element, i) => {
        const { low, high } = dataset.data[i];
        if (low === undefined) return;
        const [left, right] = [scales.x.getPixelForValue(low), scales.x.getPixelForValue(high)];
        ctx.beginPath();
        ctx.moveTo(left, element.y);
        ctx.lineTo(right, element.y);
        for (const x of [left, right]) {
          ctx.moveTo(x, element.y - CAP);
          ctx.lineTo(x, element.y + CAP);
        }
        ctx.stroke();
      });
    });
    ctx.restore();
    const { mark } = chart.options.plugins.whiskers;
    if (mark === undefined) return;
    ctx.save();
    ctx.strokeStyle = chart.options.scales.x.ticks.color;
    ctx.setLineDash([4, 4]);
    ctx.beginPath();
    ctx.moveTo(scales.x.getPixelForValue(mark), chartArea.top);
    ctx.lineTo(scales.x.getPixelForValue(mark), chartArea.bottom);
    ctx.stroke();
    ctx.restore();
  },
};

// Series of one row stand a little apart, so that none hides another.
function datasetsOf({ series }, paint) {
  const step = Math.min(0.13, 0.6 / Math.max(1, series.length - 1));
  return series.map((one, at) => {
    const hollow = one.quiet === true;
    const line = paint(`--series-${at + 1}`);
    return {
      label: one.name,
      data: one.points.map((point) => ({ ...point, y: point.row + (at - (series.length - 1) / 2) * step })),
      pointStyle: SHAPES[at % SHAPES.length],
      radius: RADIUS,
      hoverRadius: RADIUS + 1,
      hitRadius: 6,
      borderColor: line,
      backgroundColor: hollow ? paint("--surface") : line,
      borderWidth: 2,
      hoverBorderWidth: 2,
    };
  });
}

function optionsOf({ rows, axis, mark }, paint) {
  const [ink, muted, line] = ["--ink", "--muted", "--line"].map(paint);
  return {
    animation: false,
    maintainAspectRatio: false,
    interaction: { mode: "nearest", intersect: true },
    layout: { padding: { right: 10 } },
    scales: {
      x: {
        beginAtZero: true,
        title: { display: true, text: axis, color: muted },
        ticks: { color: muted, maxRotation: 0 },
        grid: { color: line },
      },
      y: {
        min: -0.6,
        max: rows.length - 0.4,
        reverse: true,
        afterBuildTicks: (scale) => (scale.ticks = rows.map((_, value) => ({ value }))),
        ticks: { color: ink, autoSkip: false, callback: (value) => rows[value] },
        grid: { color: line, borderDash: [2, 3] },
      },
    },
    plugins: {
      legend: { display: false }, // a list beside the plot, which can be read and selected
      whiskers: { mark },
      tooltip: {
        callbacks: {
          title: (items) => [rows[items[0].raw.row]].flat()[0],
          label: ({ dataset, raw }) =>
            `${dataset.label}: ${figure(raw.x)}${raw.low === undefined ? "" : ` [${figure(raw.low)}, ${figure(raw.high)}]`}`,
        },
      },
    },
  };
}

// Draws into `container`, whose height it sets. `plot`: {rows: [label or [label, line below]], series: [{name, quiet?, points: [{row, x, low?,
// high?}]}], axis, mark?, text}: `mark` is a value to draw a line at, `text` what a screen reader says of the picture. Returns what redraws it in
// other colours and what ends it; nothing without Chart.js.
export async function drawDots(container, plot) {
  const Chart = await loadChart();
  if (!Chart) return undefined;
  const canvas = document.createElement("canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", plot.text);
  container.style.height = `${plot.rows.length * ROW + AXIS}px`;
  container.replaceChildren(canvas);
  const paint = (name) => colour(container, name);
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  Chart.defaults.font.size = 12;
  const chart = new Chart(canvas, {
    type: "scatter",
    data: { datasets: datasetsOf(plot, paint) },
    options: optionsOf(plot, paint),
    plugins: [whiskers],
  });
  return {
    recolour() {
      chart.data.datasets = datasetsOf(plot, paint);
      chart.options = optionsOf(plot, paint);
      chart.update();
    },
    end: () => chart.destroy(),
  };
}
