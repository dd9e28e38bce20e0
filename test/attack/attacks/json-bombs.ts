import type { Attack, Scene } from '../attack-types.js';
import type { Answer } from '../client/client.js';
import { BOMBS } from '../json/bombs.js';
import { type SampleBody, sampleBodies, withoutSample } from '../json/sample-bodies.js';
import { placesIn, withBomb } from '../json/with-bomb.js';

/** No turn of the event loop on an idle machine may be longer. */
const MOST_TURN_MS = 100;
const VERTEX = { AIP_PREDICT_ROUTE: '/vertex', AIP_HEALTH_ROUTE: '/vertex-health' };

/** Every field of every route, each with every kind of bomb; in the short form each with a few. */
export const jsonBombs: Attack = {
  name: 'json-bombs',
  about:
    'arrays, records, keys, depths, numbers and texts of a megabyte in every field of every route that takes JSON',
  jobs: true,
  short: true,
  mostTurnMs: MOST_TURN_MS,
  service: { env: { ...VERTEX, CFLOW_TRAIN: 'elsewhere' } },
  async run(scene) {
    const samples = await samplesFor(scene);
    const kinds = Object.entries(BOMBS).map(
      ([kind, bomb]) => [kind, bomb(scene.full ? 1_000_000 : 600_000)] as const,
    );
    const worst = new Slowest();
    let turn = 0;
    for (const sample of samples) {
      for (const place of placesIn(sample.body)) {
        const chosen = scene.full ? kinds : [kinds[turn++ % kinds.length], kinds[(turn * 7) % kinds.length]];
        for (const each of chosen) {
          if (!each) continue;
          const [kind, bomb] = each;
          const answer = await send(scene, sample, withBomb(sample.body, place, bomb));
          worst.see(answer, `${kind} in ${place.join('.') || 'the body'} of ${sample.path.slice(0, 60)}`);
        }
      }
    }
    scene.note(worst.words());
  },
};

/** As large as a body may be, where bodies may be large: the routes that take images. */
export const jsonUpToTheLimit: Attack = {
  name: 'json-up-to-the-limit',
  about: 'JSON of 2, 24 and 60 MB of every shape to the routes that take images',
  mostTurnMs: MOST_TURN_MS,
  service: { env: VERTEX },
  async run(scene) {
    const samples = (await samplesFor(scene)).filter(
      ({ path, field }) => field === undefined && /predict$|infer$|invocations$|vertex$/.test(path),
    );
    const worst = new Slowest();
    const sizes = scene.hostName === 'workerd' ? [2e6, 7e6] : [2e6, 24e6, 60e6];
    for (const bytes of sizes) {
      for (const [kind, bomb] of Object.entries(BOMBS)) {
        const text = bomb(bytes);
        for (const sample of samples) {
          const record = sample.body as Record<string, unknown>;
          // The list that the route is about, and one field that it does not know.
          const list = ['images', 'instances', 'inputs'].find((name) => name in record) as string;
          const places = bytes > 2e6 ? [[list]] : [[list], ['another'], ['detectors']];
          for (const place of places) {
            const answer = await send(scene, sample, withBomb(sample.body, place, text));
            worst.see(answer, `${bytes / 1e6} MB of ${kind} in ${place.join('.')} of ${sample.path}`);
          }
        }
      }
    }
    scene.note(worst.words());
  },
};

/** Right in every number, only very many: 18 MB of tensor data as JSON, which must be answered, or refused at once. */
export const tensorData: Attack = {
  name: 'tensor-data',
  about: '18 MB of valid tensor data as JSON under /v2, flat and nested, beside other callers',
  notOn: { workerd: 'the Worker has no routes under /v2' },
  short: true,
  mostTurnMs: MOST_TURN_MS,
  async run(scene) {
    const { client, full } = scene;
    const side = full ? 1400 : 1000;
    const values = new Array<number>(3 * side * side).fill(123);
    const row = `[${new Array<number>(side).fill(123).join(',')}]`;
    const plane = `[${new Array<string>(side).fill(row).join(',')}]`;
    const datas = { flat: `[${values.join(',')}]`, nested: `[[${plane},${plane},${plane}]]` };
    for (const [kind, data] of Object.entries(datas)) {
      const head = `{"inputs":[{"name":"image","datatype":"UINT8","shape":[1,3,${side},${side}],"data":`;
      const { status, ms, text } = await client.ask('/v2/models/wood/infer', {
        headers: { 'content-type': 'application/json' },
        body: [head, data, '}]}'],
      });
      scene.note(`${kind} ${(data.length / 1e6).toFixed(0)} MB ${status} in ${Math.round(ms)} ms`);
      if (![200, 413, 429].includes(status))
        scene.fault(`${kind} tensor data: ${status} ${text.slice(0, 200)}`);
    }
  },
};

async function samplesFor(scene: Scene): Promise<SampleBody[]> {
  const all = await sampleBodies(scene.client, scene.samples);
  for (const operation of await withoutSample(scene.client, all)) {
    scene.fault(`${operation} takes JSON, and test/attack/json/sample-bodies.ts has no body for it`);
  }
  // The Worker has no hosts' routes.
  return scene.hostName === 'workerd' ? all.filter(({ path }) => path.startsWith('/v1/')) : all;
}

function send(
  { client }: Scene,
  { method, path, field }: SampleBody,
  body: readonly string[],
): Promise<Answer> {
  if (field === undefined) {
    return client.ask(path, { method, headers: { 'content-type': 'application/json' }, body });
  }
  return client.form(path, [[field, '', Buffer.from(body.join(''))]]);
}

class Slowest {
  #ms = 0;
  #what = '';

  see({ ms }: Answer, what: string): void {
    if (ms <= this.#ms) return;
    this.#ms = ms;
    this.#what = what;
  }

  words(): string {
    return `slowest: ${this.#what}, ${Math.round(this.#ms)} ms`;
  }
}
