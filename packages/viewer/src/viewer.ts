import { numberOf, oneOf, set } from './attributes.js';
import { type Findings, findingsOf, type Thresholds, thresholdsInUse } from './findings.js';
import { Layers } from './layers.js';
import { Legend } from './legend.js';
import { STYLE } from './style.js';
import { Toolbar } from './toolbar.js';
import type { ViewerColors, ViewerPrediction, ViewerRegion, ViewerRegions } from './viewer-prediction.js';
import { Zoom } from './zoom.js';

/** What an element is where there is none: the module can be imported on a server, and does nothing there. */
const Base = (globalThis.HTMLElement ?? class {}) as typeof HTMLElement;

const COLORS: readonly string[] = ['red', 'blue', 'yellow', 'spectrum'] satisfies ViewerColors[];
const REGIONS: readonly string[] = ['outlines', 'boxes', 'none'] satisfies ViewerRegions[];

let sheet: CSSStyleSheet | undefined;

/**
 * `<cflow-viewer>`: a picture with what a detector sees in it. A good picture is shown as it was photographed; what is at
 * or above the threshold is red, by a scale of the detector: nothing else that was looked at changes it.
 *
 * The picture is the element's `src`, or its content: an `img`, a `video`, a `canvas`.
 *
 * Attributes: `src`, `alt`, `threshold`, `pixel-threshold`, `colors` (`red`, `blue`, `yellow`, `spectrum`), `regions`
 * (`outlines`, `boxes`, `none`), `controls`, `legend`. Parts to be styled: `stage`, `map`, `lines`, `toolbar`, `legend`,
 * `note`.
 *
 * Fires `cflow-threshold` with `detail.threshold` when somebody moves the threshold of the toolbar.
 */
export class CflowViewer extends Base {
  static readonly observedAttributes: readonly string[] = [
    'src',
    'alt',
    'threshold',
    'pixel-threshold',
    'colors',
    'regions',
    'controls',
    'legend',
  ];

  readonly #stage = part('div', 'stage');
  readonly #content = part('div', 'content');
  readonly #picture = document.createElement('img');
  readonly #over = part('div', 'over');
  readonly #divider = part('div', 'divider');
  readonly #note = part('p', 'note');
  readonly #layers = new Layers();
  readonly #legend = new Legend();
  readonly #zoom = new Zoom(this.#stage, this.#content);
  readonly #toolbar = new Toolbar({
    zoomIn: () => this.#zoom.in(),
    zoomOut: () => this.#zoom.out(),
    zoomReset: () => this.#zoom.reset(),
    setThreshold: (value) => this.#moved(value),
    resetThreshold: () => this.#moved(undefined),
    setColors: (colors) => {
      this.colors = colors;
    },
    setBefore: (share) => {
      this.#before = share;
      this.#schedule();
    },
  });
  #prediction: ViewerPrediction | undefined;
  #findings: Findings | undefined;
  #blob: Blob | undefined;
  #address: string | undefined;
  #before: number | undefined;
  #unshown = false;
  #scheduled = false;

  constructor() {
    super();
    sheet ??= styleSheet();
    const root = this.attachShadow({ mode: 'open' });
    root.adoptedStyleSheets = [sheet];
    const slot = document.createElement('slot');
    this.#picture.className = 'picture';
    this.#picture.alt = '';
    this.#picture.hidden = true;
    slot.append(this.#picture);
    this.#over.append(this.#layers.canvas, this.#layers.lines);
    this.#layers.canvas.setAttribute('part', 'map');
    this.#layers.lines.setAttribute('part', 'lines');
    this.#divider.hidden = true;
    this.#note.hidden = true;
    this.#content.append(slot, this.#over, this.#divider);
    this.#stage.append(this.#content, this.#note);
    root.append(this.#stage, this.#legend.node, this.#toolbar.node);
    // Neither event leaves the picture, but both can be caught on their way to it.
    this.#content.addEventListener('error', () => this.#shown(false), true);
    this.#content.addEventListener('load', () => this.#shown(true), true);
    this.addEventListener('error', () => this.#shown(false), true);
    this.addEventListener('load', () => this.#shown(true), true);
  }

  connectedCallback(): void {
    if (this.#blob && !this.#address) this.src = this.#blob;
    this.#schedule();
  }

  disconnectedCallback(): void {
    this.#forget();
  }

  attributeChangedCallback(name: string, _: string | null, value: string | null): void {
    if (name === 'src') this.#show(value ?? undefined);
    this.#schedule();
  }

  /** Address of the picture, or the picture itself: a `File` as it was dropped. Not needed where it is the content. */
  get src(): string | Blob | undefined {
    return this.#blob ?? this.getAttribute('src') ?? undefined;
  }
  set src(src: string | Blob | null | undefined) {
    this.#forget();
    this.#blob = src instanceof Blob ? src : undefined;
    if (this.#blob) {
      this.removeAttribute('src');
      this.#address = URL.createObjectURL(this.#blob);
      this.#show(this.#address);
      return;
    }
    set(this, 'src', (src as string | null | undefined) ?? undefined);
    // No attribute that changes, where a file was shown before.
    this.#show(this.getAttribute('src') ?? undefined);
  }

  /** What the picture is called, for those who cannot see it. */
  get alt(): string {
    return this.getAttribute('alt') ?? '';
  }
  set alt(alt: string) {
    this.setAttribute('alt', alt);
  }

  /** What a detector says of the picture; without it, the picture alone is shown. */
  get prediction(): ViewerPrediction | undefined {
    return this.#prediction;
  }
  set prediction(prediction: ViewerPrediction | null | undefined) {
    this.#prediction = prediction ?? undefined;
    this.#schedule();
  }

  /** Score from which the picture is bad; default: the prediction's. */
  get threshold(): number | undefined {
    return numberOf(this, 'threshold');
  }
  set threshold(value: number | null | undefined) {
    set(this, 'threshold', value ?? undefined);
  }

  /** Map value from which a pixel is anomalous; default: the prediction's, or `threshold` where both are one. */
  get pixelThreshold(): number | undefined {
    return numberOf(this, 'pixel-threshold');
  }
  set pixelThreshold(value: number | null | undefined) {
    set(this, 'pixel-threshold', value ?? undefined);
  }

  /** Default `red`. */
  get colors(): ViewerColors {
    return oneOf(COLORS, this.getAttribute('colors')) as ViewerColors;
  }
  set colors(colors: ViewerColors) {
    this.setAttribute('colors', colors);
  }

  /** How regions are marked. Default `outlines`. */
  get regions(): ViewerRegions {
    return oneOf(REGIONS, this.getAttribute('regions')) as ViewerRegions;
  }
  set regions(regions: ViewerRegions) {
    this.setAttribute('regions', regions);
  }

  /** Whether zoom, comparison, threshold and colors can be set below the picture. */
  get controls(): boolean {
    return this.hasAttribute('controls');
  }
  set controls(controls: boolean) {
    this.toggleAttribute('controls', controls);
  }

  /** Whether a line below the picture says what was found and what the colors mean. */
  get legend(): boolean {
    return this.hasAttribute('legend');
  }
  set legend(legend: boolean) {
    this.toggleAttribute('legend', legend);
  }

  /** The verdict at the thresholds in use. */
  get label(): 'good' | 'bad' | undefined {
    this.update();
    return this.#findings?.label;
  }

  /** What stands out at the thresholds in use, the highest peak first, in pixels of the picture. */
  get found(): readonly ViewerRegion[] {
    this.update();
    return this.#findings?.regions ?? [];
  }

  /** Draws what was changed now; otherwise it is done before the next frame. */
  update(): void {
    if (!this.#scheduled) return;
    this.#scheduled = false;
    this.#render();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => this.update());
  }

  #render(): void {
    const prediction = this.#prediction;
    const thresholds: Thresholds | undefined =
      prediction && thresholdsInUse(prediction, this.threshold, this.pixelThreshold);
    this.#findings = prediction && thresholds && findingsOf(prediction, thresholds);
    const { controls } = this;
    this.#stage.classList.toggle('zooms', controls);
    this.#zoom.active = controls;
    if (controls) this.#stage.tabIndex = 0;
    else this.#stage.removeAttribute('tabindex');
    this.#stage.setAttribute('role', controls ? 'group' : 'img');
    const words = [this.alt, this.#findings?.words].filter((each) => each).join(': ');
    this.#stage.setAttribute('aria-label', words || 'Picture');
    this.#toolbar.node.hidden = !controls || !prediction;
    this.#legend.node.hidden = !this.legend || !prediction;
    this.#showBefore();
    if (!prediction || !thresholds || !this.#findings) {
      this.#layers.clear();
      return;
    }
    const own = prediction.pixelThreshold;
    this.#layers.draw(prediction.map, this.#findings, {
      own,
      threshold: thresholds.pixel,
      size: prediction.original,
      colors: this.colors,
      marks: this.regions,
    });
    this.#legend.show(this.#findings, thresholds, own, this.colors);
    this.#toolbar.show({
      threshold: thresholds.score,
      range: rangeOf(prediction, thresholds.score),
      colors: this.colors,
      before: this.#before,
    });
    this.#shape();
  }

  #showBefore(): void {
    const before = this.controls ? this.#before : undefined;
    this.#content.style.setProperty('--before', `${100 * (before ?? 0)}%`);
    this.#divider.hidden = before === undefined;
  }

  /** Width and height of the stage; a kind of file that browsers cannot show is no reason to hide the map. */
  #shape(): void {
    const { original, map } = this.#prediction ?? {};
    const { naturalWidth: width, naturalHeight: height } = this.#picture;
    const size = this.#unshown || height === 0 ? (original ?? map) : { width, height };
    if (size) this.#stage.style.setProperty('--ratio', String(size.width / size.height));
    else this.#stage.style.removeProperty('--ratio');
    this.#note.hidden = !this.#unshown;
    this.#note.textContent = 'The browser cannot show this kind of file; the map is shown alone.';
    this.#stage.style.aspectRatio = this.#unshown && size ? `${size.width} / ${size.height}` : '';
  }

  #moved(threshold: number | undefined): void {
    this.threshold = threshold;
    const detail = { threshold: threshold ?? this.#prediction?.threshold };
    this.dispatchEvent(new CustomEvent('cflow-threshold', { detail, bubbles: true, composed: true }));
  }

  #shown(shown: boolean): void {
    this.#unshown = !shown;
    this.#shape();
  }

  #show(address: string | undefined): void {
    this.#unshown = false;
    this.#picture.hidden = address === undefined;
    if (address === undefined) this.#picture.removeAttribute('src');
    else this.#picture.src = address;
    this.#shape();
  }

  #forget(): void {
    if (this.#address !== undefined) URL.revokeObjectURL(this.#address);
    this.#address = undefined;
  }
}

/** Ends of the slider: of the detector, and such that the picture can be called good. */
function rangeOf({ threshold, score }: ViewerPrediction, inUse: number): readonly [number, number] {
  const span = Math.abs(threshold) || 1;
  return [Math.min(threshold - span, inUse), Math.max(threshold + span, score + span / 20, inUse)];
}

function part<K extends 'div' | 'p'>(tag: K, name: string): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  node.className = name;
  node.setAttribute('part', name);
  return node;
}

function styleSheet(): CSSStyleSheet {
  const made = new CSSStyleSheet();
  made.replaceSync(STYLE);
  return made;
}
