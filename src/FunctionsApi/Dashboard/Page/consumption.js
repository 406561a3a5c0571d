// Consumption by endpoint, as charts, heat map and tables show it.

const hourMs = 3_600_000;

/**
 * @param {object} report of GET /api/v1/usage
 * @returns {{series: object[], parts: object[], policies: string[]}} an endpoint for each of the series; an hour or day for each of
 *   the parts, also where nothing happened, with what happened at each endpoint in it; the policies that refused anything
 */
export function consumption(report) {
  const series = report.totals.map(line => ({ key: keyOf(line), name: line.endpoint, ...figuresOf(line) }));
  const parts = new Map();
  const step = report.by === 'hour' ? hourMs : 24 * hourMs;
  for (let start = Date.parse(report.from); start < Date.parse(report.to); start += step)
    parts.set(start, { start: new Date(start), of: new Map(), total: nothing() });
  for (const line of report.usage)
    put(parts.get(Date.parse(line.time)), line);
  return { series, parts: [...parts.values()], policies: Object.keys(sumOf(report.totals).refusedBy).sort() };
}

export const sum = (items, figure) => items.reduce((total, item) => total + figure(item), 0);

/** What lines of a report say together. */
export const sumOf = lines => lines.map(figuresOf).reduce(plus, nothing());

/** Whether anything happened in an hour or day, or at an endpoint. */
export const isUsed = ({ admitted, refused, errors }) => admitted + refused + errors > 0;

/**
 * The figures of the hour that is now, put into those of a day.
 * @param {object} day a report by hour
 * @param {object} hour a later report of its last hour alone
 */
export function withHour(day, hour) {
  const usage = [...day.usage.filter(line => Date.parse(line.time) < Date.parse(hour.from)), ...hour.usage];
  return { ...day, limits: hour.limits, usage, totals: totalsOf(usage) };
}

/** When the hour that a report ends with begins. */
export const lastHourOf = report => new Date(Date.parse(report.to) - hourMs);

const keyOf = line => `${line.api} ${line.endpoint}`;

const nothing = () => ({ admitted: 0, refused: 0, refusedBy: {}, shadowRefused: {}, errors: 0, credits: 0 });

const figuresOf = line => ({
  admitted: line.admitted,
  refused: line.refused,
  refusedBy: line.refusedBy,
  shadowRefused: line.shadowRefused,
  errors: line.clientErrors + line.serverErrors + line.unavailable,
  credits: line.credits,
});

const plus = (a, b) => ({
  admitted: a.admitted + b.admitted,
  refused: a.refused + b.refused,
  refusedBy: plusEach(a.refusedBy, b.refusedBy),
  shadowRefused: plusEach(a.shadowRefused, b.shadowRefused),
  errors: a.errors + b.errors,
  credits: a.credits + b.credits,
});

function plusEach(a, b) {
  const both = { ...a };
  for (const [name, count] of Object.entries(b))
    both[name] = (both[name] ?? 0) + count;
  return both;
}

function put(part, line) {
  part.of.set(keyOf(line), figuresOf(line));
  part.total = plus(part.total, figuresOf(line));
}

/** As the API totals them: in order of API and endpoint. */
function totalsOf(usage) {
  const counts = ['admitted', 'refused', 'unavailable', 'clientErrors', 'serverErrors', 'permits', 'credits'];
  return [...Map.groupBy(usage, keyOf)].sort(([a], [b]) => a < b ? -1 : 1).map(([, lines]) => ({
    api: lines[0].api,
    endpoint: lines[0].endpoint,
    ...Object.fromEntries(counts.map(count => [count, sum(lines, line => line[count])])),
    refusedBy: sumOf(lines).refusedBy,
    shadowRefused: sumOf(lines).shadowRefused,
  }));
}
