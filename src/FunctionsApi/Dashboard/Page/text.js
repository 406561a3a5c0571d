// How figures and times are written, and how text gets onto the page: as text nodes only, so that no name can become markup.

const numbers = new Intl.NumberFormat('en');

export const number = value => numbers.format(value);

/** For an axis: 1.2K */
export const compact = new Intl.NumberFormat('en', { notation: 'compact' }).format;

export const requests = count => `${number(count)} ${count === 1 ? 'request' : 'requests'}`;

/** requests-per-hour → Requests per hour */
export const words = name => name.charAt(0).toUpperCase() + name.slice(1).replaceAll('-', ' ');

/** @param {number} seconds whole, 0 or more */
export function duration(seconds) {
  const [days, hours, minutes] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  if (days > 0)
    return `${days} d ${hours} h`;
  if (hours > 0)
    return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}

/** Local time. */
export const clock = time => time.toLocaleTimeString([], { hour: 'numeric', minute: '2-digit' });

/** Local time, the hour alone. */
export const hourOfDay = time => time.toLocaleTimeString([], { hour: 'numeric' });

export const clockWithSeconds = time =>
  time.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** Local time, with the day where that is another than today. */
export const clockSoon = time => time.toDateString() === new Date().toDateString()
  ? clock(time)
  : time.toLocaleString([], { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' });

/** Days are counted in UTC, so they are named in UTC. */
export const utcDay = time => time.toLocaleDateString([], { month: 'short', day: 'numeric', timeZone: 'UTC' });

/**
 * @param {string} name of the element
 * @param {Record<string, string | number>} attributes by names of ours, never of the API's
 * @param {(Node | string)[]} children strings become text
 */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes))
    made.setAttribute(attribute, String(value));
  made.append(...children);
  return made;
}
