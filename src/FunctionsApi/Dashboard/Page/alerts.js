// Which limits a tenant is told of, at how much left, and where: PUT /api/v1/alerts.

import { element, words } from './text.js';

const maxPercent = 99;

/**
 * @param {HTMLFormElement} form
 * @param {object} alerts as GET /api/v1/alerts answers
 * @param {object[]} limits of the usage report: what there can be alerts for
 * @param {{save: (settings: object) => Promise<void>, test: () => Promise<void>}} actions
 */
export function showAlerts(form, alerts, limits, actions) {
  const rows = rowsOf(alerts.rules, limits).map(row);
  const url = element('input', { id: 'webhook', type: 'url', placeholder: 'https://example.com/hooks/quota', value: alerts.webhook?.url ?? '', 'aria-describedby': 'webhook-hint' });
  const newSecret = checkbox('new-secret', false);
  const digest = checkbox('digest', alerts.digest.enabled);
  const days = element('input', { id: 'unused-days', type: 'number', min: 1, max: 90, required: '', value: alerts.digest.unusedKeyDays });
  form.replaceChildren(
    element('table', { class: 'rules' },
      element('caption', { class: 'unseen' }, 'When to be told, by limit'),
      element('thead', {}, element('tr', {}, element('th', { scope: 'col' }, 'Limit'), element('th', { scope: 'col' }, 'Tell when so much is left'))),
      element('tbody', {}, ...rows.map(({ line }) => line))),
    element('label', { for: 'webhook' }, 'Webhook'), url,
    element('p', { id: 'webhook-hint', class: 'quiet' }, ...hintOf(alerts.webhook)),
    ...(alerts.webhook ? [choice(newSecret, 'Make a new secret')] : []),
    choice(digest, 'A digest each day: refusals that rise, and keys unused for'),
    element('p', { class: 'row' }, days, element('label', { for: 'unused-days' }, 'days')),
    element('p', { class: 'row' },
      element('button', { type: 'submit' }, 'Save alerts'),
      ...(alerts.webhook ? [testButton(actions)] : [])),
    ...secretOf(alerts.webhook),
    ...recentOf(alerts.recent));
  form.onsubmit = event => {
    event.preventDefault();
    actions.save({
      rules: rows.filter(({ input }) => input.value !== '').map(({ rule, input }) => ({ ...rule, remainingPercent: input.valueAsNumber })),
      webhook: url.value === '' ? null : { url: url.value, newSecret: newSecret.checked },
      digest: { enabled: digest.checked, unusedKeyDays: days.valueAsNumber },
    });
  };
}

/** The rules that there are, and for each other limit that has a window an empty one. */
function rowsOf(rules, limits) {
  const without = limits.filter(limit => limit.windowSeconds !== null && !rules.some(rule => rule.api === limit.api && rule.policy === limit.policy));
  return [...rules, ...without.map(({ api, policy }) => ({ api, policy, remainingPercent: '' }))];
}

function row({ api, policy, remainingPercent }, place) {
  const name = `${words(api)}: ${words(policy).toLowerCase()}`;
  const input = element('input', { type: 'number', min: 0, max: maxPercent, value: remainingPercent, placeholder: 'never', 'aria-label': `${name}, percent left`, id: `rule-${place}` });
  const line = element('tr', {}, element('th', { scope: 'row' }, name), element('td', {}, input, ' %'));
  return { rule: { api, policy }, input, line };
}

const checkbox = (id, checked) => element('input', { id, type: 'checkbox', ...(checked ? { checked: '' } : {}) });

const choice = (input, text) => element('label', { class: 'choice' }, input, ` ${text}`);

function testButton(actions) {
  const button = element('button', { type: 'button', class: 'plain' }, 'Send a test');
  button.addEventListener('click', () => actions.test());
  return button;
}

function hintOf(webhook) {
  if (!webhook)
    return ['Messages are signed as Standard Webhooks describe. Without an address nobody is told.'];
  const failure = webhook.lastFailure ? ` Last failure: ${webhook.lastFailure}` : '';
  return [`It is ${webhook.state}.${failure}`];
}

const secretOf = webhook => webhook?.secret
  ? [element('p', { class: 'notice' }, 'The secret, shown this once: ', element('code', {}, webhook.secret))]
  : [];

function recentOf(messages) {
  if (messages.length === 0)
    return [];
  return [element('details', {},
    element('summary', {}, 'Latest messages'),
    element('ul', {}, ...messages.map(message => element('li', {},
      `${new Date(message.createdAt).toLocaleString()} ${message.type}: ${message.deliveredAt ? 'delivered' : message.failure ?? 'on its way'}`))))];
}
