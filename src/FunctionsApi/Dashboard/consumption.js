// Consumption by endpoint, as both the chart and the table show it.

/** The style sheet has so many for series. */
const colours = 7;

/**
 * @param {object} report of GET /api/v1/usage
 * @returns {{series: object[], parts: object[]}} an endpoint for each of the series; an hour or day for each of the parts,
 *   also where nothing happened, with what each endpoint admitted in it
 */
export function consumption(report) {
  const series = report.totals.map((line, place) =>
    ({ key: keyOf(line), name: line.endpoint, admitted: line.admitted, kind: `series-${place % colours}` }));
  const parts = new Map();
  const step = (report.by === 'hour' ? 1 : 24) * 3_600_000;
  for (let start = Date.parse(report.from); start < Date.parse(report.to); start += step)
    parts.set(start, { start: new Date(start), end: new Date(start + step), admitted: new Map(), refused: 0, errors: 0, credits: 0 });
  for (const line of report.usage)
    add(parts.get(Date.parse(line.time)), line);
  return { series, parts: [...parts.values()] };
}

export const sum = (items, figure) => items.reduce((total, item) => total + figure(item), 0);

/** Whether anything happened in an hour or day. */
export const isUsed = part => part.refused + part.errors + sum([...part.admitted.values()], count => count) > 0;

const keyOf = line => `${line.api} ${line.endpoint}`;

function add(part, line) {
  part.admitted.set(keyOf(line), line.admitted);
  part.refused += line.refused;
  part.errors += line.clientErrors + line.serverErrors + line.unavailable;
  part.credits += line.credits;
}
