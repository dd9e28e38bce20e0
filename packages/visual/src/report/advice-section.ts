import type { Advice } from '@cflow/evaluation';
import { type Html, html } from './html.js';

/** The verdict, and what to do next. */
export function adviceSection({ rating, verdict, steps }: Advice): Html {
  const list =
    steps.length > 0
      ? html`<p>Next:</p><ol>${steps.map(({ text }) => html`<li>${text}</li>`)}</ol>`
      : undefined;
  return html`<section class="advice ${rating}" aria-label="Verdict"><p class="verdict">${verdict}</p>${list}</section>`;
}
