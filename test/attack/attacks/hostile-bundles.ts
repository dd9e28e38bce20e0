import { sha256Hex } from '@cflow/detector';
import { BUNDLE_FILES } from '@cflow/spec';
import type { Attack, Scene } from '../attack-types.js';
import { EXTERNAL_DATA } from '../bundles/external-data.js';
import { changedBundle, type HostileBundle } from '../bundles/hostile-bundle.js';
import { LYING_FILES } from '../bundles/lying-files.js';
import { TOO_MUCH } from '../bundles/too-much.js';
import { mayCut } from '../limits.js';
import { publish } from '../publish.js';

/** Milliseconds until a bundle is refused: longer, and something of it was run. */
const MOST_MS = 15_000;
/** Memory for bundles that ask for sixteen gigabytes: as much as for those that ask for nothing. */
const SERVICE = { env: { CFLOW_REQUEST_TIMEOUT_SECONDS: '10' } };

export const hostileBundlesPublished: Attack = {
  name: 'hostile-bundles-published',
  about:
    'bundles that read files of the server, run for ever, allocate terabytes, or lie about their sizes, published over HTTP',
  short: true,
  service: SERVICE,
  async run(scene) {
    const { client, hostName, samples, fault, note } = scene;
    const bundles = chosen(scene);
    let slowest = 0;
    for (const [i, bundle] of bundles.entries()) {
      const files = await changedBundle(samples.bundle, bundle.spoil);
      const { status, text, ms } = await publish(client, `hostile-${i}`, files);
      slowest = Math.max(slowest, ms);
      const bytes = [...files.values()].reduce((sum, { length }) => sum + length, 0);
      if (mayCut(hostName, { bytes, status })) continue;
      if (![400, 413, 422].includes(status))
        fault(`${bundle.what}: expected 422, got ${status} ${text.slice(0, 160)}`);
      else if (!bundle.names.test(detailOf(text)))
        fault(`${bundle.what}: refused for something else: ${detailOf(text).slice(0, 200)}`);
      if (ms > MOST_MS) fault(`${bundle.what}: refused after ${Math.round(ms / 1000)} s`);
    }
    note(`${bundles.length} bundles, at most ${Math.round(slowest)} ms each`);
    await stillRight(scene);
  },
};

export const hostileBundlesInStore: Attack = {
  name: 'hostile-bundles-in-store',
  about: 'the same bundles, put into the store past the service, and asked for',
  short: true,
  service: SERVICE,
  async run(scene) {
    const { client, host, samples, fault, note } = scene;
    const bundles = chosen(scene);
    let slowest = 0;
    for (const [i, bundle] of bundles.entries()) {
      const name = `hostile-${i}`;
      await putVersion(host.put, name, await changedBundle(samples.bundle, bundle.spoil));
      const { status, text, ms } = await client.predict(samples.png, name);
      slowest = Math.max(slowest, ms);
      if (status < 400) fault(`${bundle.what}: it answers: ${status} ${text.slice(0, 160)}`);
      if (status === 0) fault(`${bundle.what}: no answer`);
      if (ms > MOST_MS) fault(`${bundle.what}: refused after ${Math.round(ms / 1000)} s`);
    }
    note(`${bundles.length} bundles, at most ${Math.round(slowest)} ms each`);
    await stillRight(scene);
  },
};

/** All of them, or one of each few where time is short: those that the table names. */
function chosen({ full }: Scene): HostileBundle[] {
  const lying = LYING_FILES.filter((_, i) => full || i % 5 === 0);
  const external = EXTERNAL_DATA.filter(({ what }) => full || /canary\.bin$|function|sparse/.test(what));
  return [...external, ...TOO_MUCH, ...lying];
}

function detailOf(text: string): string {
  try {
    return String((JSON.parse(text) as { detail?: unknown }).detail);
  } catch {
    return text;
  }
}

/** Writes a version as the registry keeps it: files under their hashes, the manifest, an alias. */
async function putVersion(
  put: (key: string, bytes: Uint8Array) => Promise<void>,
  name: string,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<void> {
  const manifest = files.get(BUNDLE_FILES.manifest) as Uint8Array;
  const version = await sha256Hex(manifest);
  for (const [file, bytes] of files) {
    if (file !== BUNDLE_FILES.manifest) await put(`files/${await sha256Hex(bytes)}`, bytes);
  }
  await put(`detectors/${name}/versions/${version}.json`, manifest);
  const alias = JSON.stringify({ version, movedAt: '2026-01-01T00:00:00.000Z' });
  await put(`detectors/${name}/aliases/latest`, Buffer.from(alias));
}

async function stillRight({ client, samples, fault }: Scene): Promise<void> {
  const { status, text } = await client.predict(samples.png);
  if (status !== 200) fault(`a healthy detector answers ${status} afterwards: ${text.slice(0, 160)}`);
  const ready = await client.ask('/readyz');
  if (ready.status !== 200) fault(`/readyz says ${ready.status} afterwards: ${ready.text.slice(0, 160)}`);
}
