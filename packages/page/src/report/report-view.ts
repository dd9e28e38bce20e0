// A report is a page written by the person who trained the detector, and must not run or look like a part of this one. So
// none of its markup is taken over: elements and attributes that reports may have are created anew, styled by a style sheet
// that this page knows, inside a shadow root. Scripts, styles, links and addresses stay out.
import { REPORT_STYLE } from '@cflow/visual';
import { element } from '../dom/element.js';

const HTML = 'http://www.w3.org/1999/xhtml';
const SVG = 'http://www.w3.org/2000/svg';
const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));

const TAGS: Readonly<Record<string, ReadonlySet<string>>> = {
  [HTML]: words(
    'header main footer section h1 h2 h3 p strong code bdi time ul ol li dl dt dd div span table caption thead tbody tr th td figure figcaption img details summary',
  ),
  [SVG]: words('svg g path line rect circle text polyline polygon title'),
};
const ATTRIBUTES = words(
  'class role aria-label aria-hidden scope colspan rowspan width height alt datetime d x y x1 x2 y1 y2 cx cy r rx ry points viewBox transform text-anchor dominant-baseline dx dy',
);
/** A page has one of each. */
const LANDMARKS = words('header main footer');
const PICTURE = /^data:image\/(?:png|jpeg|webp);base64,[A-Za-z0-9+/=]*$/;
/** Most elements of a report: charts have thousands. */
const MOST = 50_000;

/** A report as an element of this page. */
export function reportView(html: string): HTMLElement {
  // Styles in a template are not applied, and so not complained of either: the policy of this page forbids them.
  const parsed = element('template', {});
  parsed.innerHTML = html;
  const host = element('div', { class: 'report-view' });
  const root = host.attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(
    `:host{display:block}.body{padding:1.25rem}${REPORT_STYLE.replaceAll(':root{', ':host{').replaceAll('body{', '.body{')}`,
  );
  root.adoptedStyleSheets = [sheet];
  const page = element('div', { class: 'body' });
  let left = MOST;
  const copy = (from: ParentNode, to: Element): void => {
    for (const child of from.childNodes) {
      if (child instanceof Text) to.append(child.data);
      if (!(child instanceof Element) || left-- <= 0) continue;
      const made = copied(child);
      if (!made) continue;
      copy(child, made);
      to.append(made);
    }
  };
  copy(parsed.content, page);
  root.append(page);
  return host;
}

/** The element without its children; undefined for one that reports do not have. */
function copied(from: Element): Element | undefined {
  const { namespaceURI, localName } = from;
  if (namespaceURI === null || !TAGS[namespaceURI]?.has(localName)) return undefined;
  const made = document.createElementNS(namespaceURI, LANDMARKS.has(localName) ? 'div' : localName);
  for (const { name, value } of from.attributes) {
    if (ATTRIBUTES.has(name)) made.setAttribute(name, value);
  }
  if (localName === 'img') {
    const address = from.getAttribute('src') ?? '';
    if (!PICTURE.test(address)) return undefined;
    made.setAttribute('src', address);
  }
  return made;
}
