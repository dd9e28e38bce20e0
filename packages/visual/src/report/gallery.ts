import { count, formatNumber, formatPercent } from './format.js';
import { type Html, html, name } from './html.js';
import type { GalleryItem, ReportPicture, ReportView } from './report-data.js';

const TYPES: readonly string[] = ['image/png', 'image/jpeg', 'image/webp'] satisfies ReportPicture['type'][];

/** Bytes of pictures that may still be put into the report. */
export interface PictureBudget {
  bytes: number;
}

/** Pictures with what was said of them; those beyond the budget are counted, not shown. */
export function gallerySection(
  title: string,
  lead: string,
  items: readonly GalleryItem[] | undefined,
  budget: PictureBudget,
  threshold: number | undefined,
): Html | undefined {
  if (!items || items.length === 0) return undefined;
  const cards: Html[] = [];
  for (const item of items) {
    const size = item.image.bytes.length + (item.overlay?.bytes.length ?? 0);
    if (size > budget.bytes) continue;
    budget.bytes -= size;
    cards.push(card(item, threshold));
  }
  const left = items.length - cards.length;
  return html`<section><h2>${title}</h2><p class="prose">${lead}</p><div class="gallery">${cards}</div>${left > 0 ? html`<p class="prose">${count(left, 'more image')} not shown, to keep this file small.</p>` : undefined}</section>`;
}

/** Pictures with a title and what they say; those beyond the budget are left out. */
export function viewsSection(
  title: string,
  views: readonly ReportView[] | undefined,
  budget: PictureBudget,
): Html | undefined {
  const shown = (views ?? []).filter(({ picture: { bytes } }) => {
    if (bytes.length > budget.bytes) return false;
    budget.bytes -= bytes.length;
    return true;
  });
  if (shown.length === 0) return undefined;
  const figures = shown.map(
    (view) =>
      html`<figure class="card"><div class="pictures one">${picture(view.picture, view.title)}</div><figcaption><span class="file">${view.title}</span><span class="score">${view.caption}</span></figcaption></figure>`,
  );
  return html`<section><h2>${title}</h2><div class="gallery">${figures}</div></section>`;
}

function card(item: GalleryItem, threshold: number | undefined): Html {
  const what = item.label === 'bad' && item.defect ? item.defect : item.label;
  const chance =
    item.falseAlarmProbability === undefined
      ? ''
      : ` · false-alarm probability ${formatPercent(item.falseAlarmProbability)}`;
  return html`<figure class="card"><div class="pictures">${picture(item.image, `${item.name}, ${what}`)}${item.overlay && picture(item.overlay, `Anomaly map over ${item.name}`)}</div><figcaption><span class="file">${name(item.name)}</span><span class="tag ${item.label}">${name(what)}${mistake(item, threshold)}</span><span class="score">score ${formatNumber(item.score)}${chance}</span></figcaption></figure>`;
}

function mistake({ label, score }: GalleryItem, threshold: number | undefined): string {
  if (threshold === undefined) return '';
  if (label === 'good' && score >= threshold) return ', false alarm';
  return label === 'bad' && score < threshold ? ', missed' : '';
}

function picture({ type, bytes, width, height }: ReportPicture, alt: string): Html | undefined {
  if (!TYPES.includes(type)) return undefined;
  // Enlarged without a script: what is open fills the window.
  return html`<details class="zoom"><summary><img src="data:${type};base64,${base64(bytes)}" width="${width}" height="${height}" alt="${alt.slice(0, 300)}"></summary></details>`;
}

function base64(bytes: Uint8Array): string {
  let binary = '';
  // Spreading a whole picture would exceed the number of arguments a call may have.
  for (let i = 0; i < bytes.length; i += 8192) binary += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(binary);
}
