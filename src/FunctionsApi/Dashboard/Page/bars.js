// A bar for each hour or day, in which what each endpoint admitted is stacked up, and on top what was refused. Drawn by Chart.js, which
// page.html loads. The arrow keys go from bar to bar; the table below has the same figures for those who cannot see it.

import { fill, refusedStyle, styleOf, variable } from './colours.js';
import { isUsed } from './consumption.js';
import { compact, element, number, requests } from './text.js';

const { Chart } = window;

export class Bars {
  #chart;
  #canvas = element('canvas', { tabindex: 0, role: 'img' });
  #said = element('p', { class: 'unseen', 'aria-live': 'polite' });
  #parts = [];
  #place = -1;

  /** @param {Element} place */
  constructor(place) {
    place.replaceChildren(element('div', { class: 'drawing' }, this.#canvas), this.#said);
    this.#canvas.addEventListener('keydown', event => this.#move(event));
    this.#canvas.addEventListener('blur', () => this.#point(-1));
  }

  /**
   * @param {{series: object[], parts: object[]}} consumption
   * @param {(part: object) => string} name of an hour or day
   */
  show({ series, parts }, name) {
    this.#parts = parts.map(part => ({ ...part, name: name(part) }));
    this.#canvas.setAttribute('aria-label', description(this.#parts));
    const data = { labels: this.#parts.map(part => part.name), datasets: datasets(series.filter(isUsed), parts) };
    this.#chart ??= new Chart(this.#canvas, { type: 'bar', data, options: options() });
    this.#chart.data = data;
    Object.assign(this.#chart.options, options());
    this.#chart.update();
  }

  #move(event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
    if (!(event.key in steps))
      return;
    event.preventDefault();
    const from = this.#place < 0 && event.key === 'ArrowLeft' ? this.#parts.length : this.#place;
    this.#point(Math.min(this.#parts.length - 1, Math.max(0, from + steps[event.key])));
  }

  #point(place) {
    this.#place = place;
    const bars = place < 0 ? [] : this.#chart.data.datasets.map((_, datasetIndex) => ({ datasetIndex, index: place }));
    this.#chart.setActiveElements(bars);
    this.#chart.tooltip.setActiveElements(bars, { x: 0, y: 0 });
    this.#chart.update();
    this.#said.textContent = place < 0 ? '' : tip(this.#parts[place], this.#chart.data.datasets, place);
  }
}

const total = part => part.total.admitted + part.total.refused;

function description(parts) {
  const busiest = parts.reduce((most, part) => total(part) > total(most) ? part : most);
  return `Bar chart of requests by endpoint, ${parts[0].name} to ${parts.at(-1).name}. Most at ${busiest.name}: ${requests(total(busiest))}. `
    + 'Arrow keys read each bar; the table below has all figures.';
}

const tip = (part, sets, place) =>
  [`${part.name}:`, ...sets.filter(set => set.data[place] > 0).map(set => `${set.label} ${number(set.data[place])}`)].join(' ');

function datasets(series, parts) {
  const sets = series.filter(one => one.admitted > 0).map(one => {
    const style = styleOf(one.name);
    return set(one.name, parts.map(part => part.of.get(one.key)?.admitted ?? 0), fill(style), style.colour);
  });
  if (series.some(one => one.refused > 0))
    sets.push(set('refused', parts.map(part => part.total.refused), fill(refusedStyle()), variable('--danger')));
  return sets;
}

const set = (label, data, backgroundColor, borderColor) =>
  ({ label, data, backgroundColor, borderColor, borderWidth: 1, maxBarThickness: 28, categoryPercentage: .9, barPercentage: .85 });

function options() {
  const [quiet, line, card, text] = ['--quiet', '--line', '--card', '--text'].map(variable);
  const font = { family: getComputedStyle(document.body).fontFamily, size: 12 };
  return {
    animation: false,
    maintainAspectRatio: false,
    interaction: { mode: 'index', intersect: false },
    scales: {
      x: { stacked: true, grid: { display: false }, border: { color: line }, ticks: { color: quiet, font, maxRotation: 0, autoSkipPadding: 16 } },
      y: { stacked: true, beginAtZero: true, grid: { color: line }, border: { display: false }, ticks: { color: quiet, font, precision: 0, maxTicksLimit: 6, callback: compact } },
    },
    plugins: {
      legend: { display: false },
      tooltip: {
        filter: item => item.raw > 0,
        backgroundColor: card, borderColor: line, borderWidth: 1, titleColor: text, bodyColor: text, titleFont: font, bodyFont: font, padding: 10,
        callbacks: { label: item => ` ${item.dataset.label} ${number(item.raw)}` },
      },
    },
  };
}
