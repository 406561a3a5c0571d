// Consumption hour by hour or day by day: large figures, a legend, a chart and a table.

import { Bars } from './bars.js';
import { consumption, isUsed } from './consumption.js';
import { showLegend, showSummary } from './summary.js';
import { table } from './table.js';

export class Report {
  #place;
  #bars;

  /** @param {Element} place a section */
  constructor(place) {
    this.#place = place;
  }

  /**
   * @param {object} report of GET /api/v1/usage
   * @param {(part: object) => string} name of an hour or day
   * @returns {object | null} what {@link consumption} makes of it; null where nothing happened
   */
  show(report, name) {
    const [none, some, summary, legend, chart, scroll] =
      ['.none', '.some', '.summary', '.legend', '.chart', '.scroll'].map(selector => this.#place.querySelector(selector));
    const figures = consumption(report);
    some.hidden = !figures.parts.some(part => isUsed(part.total));
    none.hidden = !some.hidden;
    if (some.hidden)
      return null;
    // What can have the focus stays, and only what is in it is replaced.
    showSummary(summary, report);
    showLegend(legend, figures);
    this.#bars ??= new Bars(chart);
    this.#bars.show(figures, name);
    scroll.replaceChildren(table(figures, scroll.getAttribute('aria-label'), name));
    return figures;
  }
}
