import type { LocalDetector } from '@cflow/sdk/local';
import { byId } from '../dom/by-id.js';
import { element } from '../dom/element.js';
import { formatBytes, formatMilliseconds, plural } from '../dom/format.js';
import { problemMessage, sentence } from '../dom/problem-message.js';
import { PLACE_WORDS, PLACES, type PlaceName, refusalWords } from './place.js';
import type { Places, PlacesState } from './places.js';

/** The switch between server, WebGPU and WASM: the time of each, what is loaded, and what does not work and why. */
export class PlaceSwitch {
  readonly #group = byId('places');
  readonly #note = byId('place-note');
  readonly #more = byId('place-more');
  readonly #problem = byId('place-problem');
  readonly #bar = byId('place-progress', HTMLProgressElement);
  readonly #radios: Readonly<Record<PlaceName, HTMLInputElement>>;
  readonly #times: Readonly<Record<PlaceName, HTMLElement>>;
  readonly #noWebGpu = missingWebGpu();
  #shownProblem: unknown;

  readonly #places: Pick<Places, 'use' | 'times'>;

  constructor(places: Pick<Places, 'use' | 'times'>) {
    this.#places = places;
    const made = PLACES.map((place) => {
      const radio = element('input', { type: 'radio', name: 'place', value: place, id: `place-${place}` });
      const time = element('span', { class: 'place-time', id: `time-${place}` });
      radio.addEventListener('change', () => void this.#places.use(place));
      this.#group.append(
        element(
          'label',
          { class: 'place', for: radio.id },
          radio,
          element('span', { class: 'place-name' }, PLACE_WORDS[place]),
          time,
        ),
      );
      return [place, radio, time] as const;
    });
    this.#radios = Object.fromEntries(made.map(([place, radio]) => [place, radio])) as Record<
      PlaceName,
      HTMLInputElement
    >;
    this.#times = Object.fromEntries(made.map(([place, , time]) => [place, time])) as Record<
      PlaceName,
      HTMLElement
    >;
    this.#radios.server.checked = true;
    byId('no-webgpu').textContent = this.#noWebGpu;
    if (this.#noWebGpu !== '') {
      this.#radios.webgpu.disabled = true;
      this.#radios.webgpu.setAttribute('aria-describedby', 'no-webgpu');
    }
  }

  show({ place, wanted, local, progress, problem, asBefore, note, here }: PlacesState): void {
    for (const each of PLACES) {
      const median = this.#places.times[each].median;
      setText(this.#times[each], median === undefined ? '' : formatMilliseconds(median));
    }
    this.#radios[wanted].checked = true;
    this.#radios.server.disabled = here;
    this.#bar.hidden = progress === undefined;
    const opening = progress?.stage === 'opening';
    if (progress && !opening) this.#bar.value = progress.total > 0 ? progress.done / progress.total : 0;
    // Without a value it shows that something is happening.
    if (opening) this.#bar.removeAttribute('value');
    const words = progress
      ? opening
        ? `Opening the detector on ${PLACE_WORDS[wanted]} …`
        : `Fetching the detector: ${formatBytes(progress.total)}. It is kept for the next time.`
      : wanted !== place
        ? `Fetching what ${PLACE_WORDS[wanted]} needs …`
        : whereWords(place, local);
    setText(this.#note, note === '' ? words : `${note} ${words}`);
    setText(this.#more, local?.notices.map(({ message }) => sentence(message)).join(' ') ?? '');
    if (problem === this.#shownProblem) return;
    this.#shownProblem = problem;
    this.#problem.replaceChildren(
      ...(problem === undefined ? [] : [this.#refusal(problem, asBefore ? place : undefined)]),
    );
  }

  #refusal(problem: unknown, place: PlaceName | undefined): HTMLElement {
    const attempts = (problem as { attempts?: { device: string; reason: string }[] } | null)?.attempts ?? [];
    const message = problemMessage(attempts.length > 0 ? attempts.map(refusalWords).join(' ') : problem);
    if (place === undefined) return message;
    const where = place === 'server' ? 'on the server' : `with ${PLACE_WORDS[place]}`;
    message.append(element('p', { class: 'hint' }, `Images are scored ${where}, as before.`));
    return message;
  }
}

function whereWords(place: PlaceName, local: LocalDetector | undefined): string {
  if (place === 'server') return 'Images are sent to the service.';
  if (!local) return 'Images stay in this page.';
  const threads = local.device === 'wasm' ? `, ${plural(local.threads, 'thread')}` : '';
  const refused = local.refused.map((attempt) => ` ${refusalWords(attempt)}`).join('');
  return `Images stay in this page. ${local.name} is loaded on ${PLACE_WORDS[local.device]}${threads}.${refused}`;
}

/** Why there is no WebGPU, in words; empty where it may be available. */
function missingWebGpu(): string {
  if ('gpu' in navigator) return '';
  return isSecureContext
    ? 'This browser has no WebGPU, or it is switched off. WASM works all the same.'
    : 'Browsers give WebGPU to pages over HTTPS and on localhost only. WASM works all the same.';
}

/** A live region is read out again whenever it is written to. */
function setText(node: HTMLElement, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}
