// The same as first-score.mjs one part after the other, each with its time: nothing overlaps here, so the parts add up
// to more than the whole does there.
import { readFile } from 'node:fs/promises';

const [bundle, file, threads] = process.argv.slice(2);
const parts = {};
let last = 0;
const end = (name) => {
  const now = performance.now();
  parts[name] = now - last;
  last = now;
};
end('node');
const detectorModule = await import('@cflow/detector');
const { folderBundle } = await import('@cflow/detector/node');
const { createNodeRuntime } = await import('@cflow/runtime/node');
end('imports');
const runtime = createNodeRuntime({ device: 'cpu', threads: Number(threads) });
// The thread answers when it has loaded the runtime: with an error, since this is no model.
await runtime.createSession({ model: new Uint8Array(1) }).catch(() => undefined);
end('runtime');
const verified = await detectorModule.verifyBundle(folderBundle(bundle));
const probe = detectorModule.readProbe(verified);
end('read-and-verify');
const backbone = await detectorModule.openBackbone(runtime, verified);
end('backbone-session');
const head = await detectorModule.openHead(runtime, verified);
end('head-session');
await detectorModule.probeGraphs(backbone, head, probe);
end('golden-probe');
const { decodeImage } = await import('@cflow/images/node');
const image = await decodeImage(await readFile(file));
end('decode');
const { manifest } = verified;
const detector = new detectorModule.Detector({
  manifest,
  runtime,
  backbone,
  head,
  dispose: () => runtime.dispose(),
});
await detector.predict(image);
end('first-run');
console.log(JSON.stringify(parts));
await detector.dispose();
