/** Views of the page, in the order of its navigation. */
export const VIEWS = ['inspect', 'review', 'detectors', 'train', 'line'] as const;
export type ViewName = (typeof VIEWS)[number];

/** Where the page is: `#review/wood` is the view `review`, of `wood`. */
export function viewOf(hash: string): { view: ViewName; of: string } {
  const [name = '', ...rest] = hash.replace(/^#/, '').split('/');
  const view = VIEWS.find((each) => each === name) ?? 'inspect';
  return { view, of: decoded(rest.join('/')) };
}

export function addressOf(view: ViewName, of = ''): string {
  return `#${view}${of === '' ? '' : `/${encodeURI(of)}`}`;
}

function decoded(text: string): string {
  try {
    return decodeURI(text);
  } catch {
    return '';
  }
}
