// Today's plan beside the next: what each limit would be, and how many of the requests that it refused the next plan would have admitted.

import { element, number, words } from './text.js';

/**
 * @param {Element} place
 * @param {object[]} nextPlans of the report
 */
export function showPlans(place, nextPlans) {
  place.replaceChildren(...nextPlans.flatMap(plan => [
    element('h3', {}, `${words(plan.api)}: ${plan.plan} and ${plan.next}`),
    element('p', {}, verdict(plan)),
    element('div', { class: 'scroll', role: 'region', tabindex: 0, 'aria-label': `Limits of ${plan.api} plans` }, element('table', {},
      element('thead', {}, element('tr', {},
        ...['Limit', words(plan.plan), words(plan.next), 'Refused', 'Would have been admitted'].map(title => element('th', { scope: 'col' }, title)))),
      element('tbody', {}, ...plan.limits.map(limit => element('tr', {},
        element('th', { scope: 'row' }, words(limit.policy)),
        element('td', {}, number(limit.limit)),
        element('td', {}, limit.nextLimit === null ? 'as agreed' : number(limit.nextLimit)),
        element('td', {}, number(limit.refused)),
        element('td', {}, limit.wouldHaveAdmitted === null ? '–' : number(limit.wouldHaveAdmitted))))))),
  ]));
}

function verdict(plan) {
  const refused = plan.limits.reduce((sum, limit) => sum + limit.refused, 0);
  if (refused === 0)
    return `Nothing was refused: ${words(plan.plan)} has been enough.`;
  const known = plan.limits.filter(limit => limit.wouldHaveAdmitted !== null);
  const admitted = known.reduce((sum, limit) => sum + limit.wouldHaveAdmitted, 0);
  return `Of ${number(refused)} refused requests, ${words(plan.next)} would have admitted about ${number(admitted)}`
    + (known.length < plan.limits.length ? ', and more by limits that are agreed with you.' : '.');
}
