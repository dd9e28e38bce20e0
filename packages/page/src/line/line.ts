import type { Prediction } from '@cflow/sdk';
import { type FrameStream, openStream } from '@cflow/sdk/stream';
import type { Client } from '../api/client.js';
import { sdkOptions } from '../api/sdk-options.js';
import { Camera } from '../camera/camera.js';
import { eachFrame } from '../camera/each-frame.js';
import { listDetectors } from '../detectors/list-detectors.js';
import { byId } from '../dom/by-id.js';
import { element } from '../dom/element.js';
import { onSubmit } from '../dom/on-submit.js';
import { problemMessage } from '../dom/problem-message.js';
import { LineTally, rulesOf, ruleWords, type TalliedPart } from './line-tally.js';
import { sound } from './sound.js';

/** Of the frames that are sent: high enough that compression leaves no marks of its own. */
const JPEG_QUALITY = 0.92;
/** How a wrapper around the page, or a script in it, asks for a frame: `dispatchEvent(new Event('cflow-trigger'))`. */
const TRIGGER = 'cflow-trigger';

/** The operator's view: a part, OK or NG as large as the screen, what was counted, and what the rules say. */
export class Line {
  readonly #client: Client;
  readonly #on: { chosen: (name: string) => void; starting: () => void };
  readonly #setup = byId('line-setup', HTMLFormElement);
  readonly #select = byId('line-detector', HTMLSelectElement);
  readonly #problem = byId('line-problem');
  readonly #running = byId('line-running');
  readonly #word = byId('line-word');
  readonly #alarm = byId('line-alarm');
  readonly #camera: Camera;
  #tally = new LineTally({});
  #stream: FrameStream | undefined;
  #ending: AbortController | undefined;
  #asked = 0;
  #dropped = 0;
  #encoding = false;

  constructor(client: Client, on: { chosen: (name: string) => void; starting: () => void }) {
    this.#client = client;
    this.#on = on;
    this.#camera = new Camera(byId('line-video', HTMLVideoElement), () =>
      this.#end('The camera is gone. Connect it and start again.'),
    );
    onSubmit(this.#setup, () => void this.#start());
    this.#select.addEventListener('change', () => this.#on.chosen(this.#select.value));
    byId('line-end').addEventListener('click', () => this.#end());
    byId('line-trigger').addEventListener('click', () => this.#ask());
    byId('line-go-on').addEventListener('click', () => this.#goOn());
    byId('line-screen').addEventListener('click', () => void this.#fullScreen());
    addEventListener(TRIGGER, () => this.#ask());
    addEventListener('hashchange', () => {
      if (this.#stream && !location.hash.startsWith('#line')) this.#end();
    });
    addEventListener('keydown', (event) => {
      // Where the key has a meaning of its own, it keeps it.
      const free =
        event.target instanceof Element && !event.target.closest('button, input, select, textarea, a');
      if (event.code !== 'Space' || !this.#stream || !free || event.repeat) return;
      event.preventDefault();
      this.#ask();
    });
  }

  /** @param name of the detector, of the address */
  async open(name: string): Promise<void> {
    if (this.#stream) return;
    try {
      const detectors = await listDetectors(this.#client, this.#select, name);
      this.#problem.replaceChildren(
        ...(detectors.length === 0 ? [problemMessage('There is no detector yet. Train one first.')] : []),
      );
      if (this.#select.value !== '') this.#on.chosen(this.#select.value);
    } catch (error) {
      this.#problem.replaceChildren(problemMessage(error, () => void this.open(name)));
    }
  }

  async #start(): Promise<void> {
    this.#problem.replaceChildren();
    this.#on.starting();
    const number = (id: string): number => byId(id, HTMLInputElement).valueAsNumber;
    this.#tally = new LineTally(
      rulesOf({
        n: number('line-n'),
        m: number('line-m'),
        hold: number('line-hold'),
        stop: number('line-stop'),
      }),
    );
    this.#asked = 0;
    this.#dropped = 0;
    try {
      if (!(await this.#camera.start())) return;
      const stream = await openStream({
        ...sdkOptions(this.#client),
        apiKey: this.#client.currentKey,
        detector: this.#select.value,
        regions: false,
      });
      this.#stream = stream;
      void stream.closed.then((end) => {
        if (!end || this.#stream !== stream) return;
        this.#end(`The connection to the service is gone.${end.reason && ` It said: ${end.reason}.`}`);
      });
    } catch (error) {
      this.#camera.stop();
      this.#problem.replaceChildren(problemMessage(error));
      return;
    }
    const ending = new AbortController();
    this.#ending = ending;
    const everyFrame = byId('line-when', HTMLSelectElement).value === 'all';
    eachFrame(this.#camera.video, () => void this.#look(everyFrame), ending.signal);
    byId('line-rules-shown').textContent = ruleWords(this.#tally.rules);
    byId('line-trigger').hidden = everyFrame;
    this.#setup.hidden = true;
    this.#running.hidden = false;
    this.#say('none', 'Ready');
    this.#count();
    this.#running.focus();
  }

  /** A frame has arrived: is it wanted, and is there credit for it? */
  async #look(everyFrame: boolean): Promise<void> {
    const stream = this.#stream;
    if (!stream || this.#tally.alarms.includes('stop')) return;
    if (!everyFrame && this.#asked === 0) return;
    if (this.#encoding || stream.credit === 0) {
      if (everyFrame) this.#miss();
      return;
    }
    if (!everyFrame) this.#asked--;
    this.#encoding = true;
    try {
      const file = await this.#picture();
      if (this.#stream === stream) {
        stream.send(file).then(
          (prediction) => this.#show(prediction),
          (error: Error) => this.#stream === stream && this.#miss(error.message),
        );
      }
    } finally {
      this.#encoding = false;
    }
  }

  async #picture(): Promise<Blob> {
    const frame = await this.#camera.frame();
    const canvas = new OffscreenCanvas(frame.width, frame.height);
    canvas.getContext('2d')?.drawImage(frame, 0, 0);
    frame.close();
    return canvas.convertToBlob({ type: 'image/jpeg', quality: JPEG_QUALITY });
  }

  #ask(): void {
    if (this.#stream && !this.#tally.alarms.includes('stop')) this.#asked = 1;
  }

  #show(prediction: Prediction): void {
    const part = this.#tally.add(prediction, Date.now());
    const bad = part.verdict === 'bad';
    this.#say(part.verdict, bad ? 'NG' : 'OK');
    if (bad && byId('line-sound', HTMLInputElement).checked) sound();
    const { stop } = this.#tally.rules;
    const stopped = this.#tally.alarms.includes('stop');
    this.#alarm.textContent = stopped
      ? `Stopped: ${stop?.k} NG in a row. Look at the machine, then continue.`
      : '';
    byId('line-go-on').hidden = !stopped;
    if (stopped) byId('line-go-on').focus();
    this.#count();
  }

  #goOn(): void {
    this.#tally.goOn();
    this.#alarm.textContent = '';
    byId('line-go-on').hidden = true;
    this.#say('none', 'Ready');
    byId('line-trigger').focus();
  }

  #miss(reason?: string): void {
    this.#dropped++;
    byId('line-dropped').textContent = String(this.#dropped);
    if (reason) this.#alarm.textContent = `A part was not looked at: ${reason}`;
  }

  #say(verdict: 'good' | 'bad' | 'none', word: string): void {
    byId('line-verdict').dataset.verdict = verdict;
    this.#word.textContent = word;
  }

  #count(): void {
    const { good, bad, parts, last } = this.#tally;
    for (const [id, value] of [
      ['ok', good],
      ['ng', bad],
      ['parts', parts],
      ['dropped', this.#dropped],
    ] as const)
      byId(`line-${id}`).textContent = String(value);
    byId('line-last').replaceChildren(...last.map(lastPart));
  }

  async #fullScreen(): Promise<void> {
    if (document.fullscreenElement) await document.exitFullscreen();
    else await this.#running.requestFullscreen().catch(() => undefined);
  }

  #end(reason?: string): void {
    this.#ending?.abort();
    this.#ending = undefined;
    this.#stream?.close();
    this.#stream = undefined;
    this.#camera.stop();
    if (document.fullscreenElement) void document.exitFullscreen();
    this.#running.hidden = true;
    this.#setup.hidden = false;
    this.#alarm.textContent = '';
    byId('line-go-on').hidden = true;
    if (reason) this.#problem.replaceChildren(problemMessage(reason));
  }
}

function lastPart({ number, verdict, time }: TalliedPart): HTMLElement {
  const word = verdict === 'bad' ? 'NG' : 'OK';
  return element(
    'li',
    { 'data-verdict': verdict, title: new Date(time).toLocaleTimeString() },
    element('span', { class: 'line-number' }, number),
    word,
  );
}
