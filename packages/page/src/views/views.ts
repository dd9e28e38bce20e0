import { byId } from '../dom/by-id.js';
import { addressOf, VIEWS, type ViewName, viewOf } from './addresses.js';

const TITLES: Readonly<Record<ViewName, string>> = {
  inspect: 'Inspect',
  review: 'Review',
  detectors: 'Detectors',
  train: 'Train',
  line: 'Line',
};

/** One view at a time, each with an address of its own that survives a reload and works with the browser's buttons. */
export class Views {
  readonly #opened = new Map<ViewName, (of: string) => void>();

  /** @param opened Called whenever a view is shown, with the part of its address after the name. */
  on(view: ViewName, opened: (of: string) => void): void {
    this.#opened.set(view, opened);
  }

  start(): void {
    addEventListener('hashchange', () => this.#show(true));
    const skip = byId('skip');
    skip.addEventListener('click', (event) => {
      event.preventDefault();
      byId(this.current).focus();
    });
    this.#show(false);
  }

  get current(): ViewName {
    return viewOf(location.hash).view;
  }

  go(view: ViewName, of = ''): void {
    const address = addressOf(view, of);
    if (location.hash === address) this.#show(true);
    else location.hash = address;
  }

  /** The choice made in a view, as a part of its address; it adds no step to the browser's history. */
  note(view: ViewName, of: string): void {
    if (this.current !== view) return;
    const address = addressOf(view, of);
    if (location.hash !== address) history.replaceState(null, '', address);
    const link = document.querySelector<HTMLAnchorElement>(`nav a[data-view="${view}"]`);
    if (link) link.href = address;
  }

  #show(focus: boolean): void {
    const { view, of } = viewOf(location.hash);
    for (const each of VIEWS) byId(each).hidden = each !== view;
    for (const link of document.querySelectorAll<HTMLElement>('nav a[data-view]')) {
      if (link.dataset.view === view) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
    document.title = `${TITLES[view]} · CFLOW`;
    this.#opened.get(view)?.(of);
    if (!focus) return;
    byId(view).focus({ preventScroll: true });
    scrollTo({ top: 0, behavior: 'instant' });
  }
}
