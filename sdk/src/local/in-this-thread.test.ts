// The engine without a worker, as on a server or at the edge: the SDK as it is built, in Node.
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { loadDetector as loadByNode } from '@cflow/detector';
import { makeBundle, memoryBundle, testImage } from '@cflow/detector/testing';
import { writePngPortable } from '@cflow/images/portable';
import { nodeDevices } from '@cflow/runtime/node';
import { type LocalDetector, loadDetector, trainDetector } from '@cflow/sdk/local';
import { encodePng } from '@cflow/visual/node';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const HERE = { inThisThread: true, device: 'wasm' } as const;

describe('a detector in this thread', () => {
  let files: Map<string, Uint8Array>;
  let server: Server;
  let origin: string;
  let detector: LocalDetector;
  const asked: string[] = [];

  beforeAll(async () => {
    files = await makeBundle();
    // Other files than the detector's, which would not be fetched again.
    const others = await makeBundle({ name: 'wood', seed: 1, backboneSeed: 1 });
    server = createServer((request, response) => {
      asked.push(request.url as string);
      const file = others.get((request.url as string).split('/').at(-1)!.replace(/\?.*/, ''));
      response.writeHead(file ? 200 : 404).end(file);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    detector = await loadDetector({ files }, HERE);
  });
  afterAll(async () => {
    await detector.dispose();
    await new Promise((resolve) => server.close(resolve));
  });

  it('gives the numbers that the rest of the project gives', async () => {
    const reference = await loadByNode(memoryBundle(files), { devices: await nodeDevices(), device: 'cpu' });
    const image = testImage(5, 90, 70);
    const expected = await reference.predict(image, { falseAlarmRate: 0.2 });
    await reference.dispose();
    const { scoreSpread: spread } = reference.manifest.calibration;
    const jpeg = await sharp(image.data, { raw: { width: 90, height: 70, channels: 3 } })
      .jpeg()
      .toBuffer();
    const forms = [
      image,
      await encodePng(image),
      new Blob([(await encodePng(image)) as Uint8Array<ArrayBuffer>]),
    ];
    for (const prediction of await detector.predictBatch(forms, { falseAlarmRate: 0.2, map: true })) {
      expect(Math.abs(prediction.score - expected.score)).toBeLessThan(1e-3 * spread);
      expect(prediction).toMatchObject({
        where: 'local',
        label: expected.label,
        threshold: expected.threshold,
      });
      expect(prediction.mapSize).toEqual({ width: 64, height: 64 });
    }
    // JPEG is lossy, so that only its being read is to be seen here.
    expect((await detector.predict(jpeg)).original).toEqual({ width: 90, height: 70 });
  });

  it('leaves out what a mask covers', async () => {
    const { map, score } = await detector.predict(testImage(5), { map: true });
    const at = map!.data.indexOf(Math.max(...map!.data));
    const data = new Uint8Array(64 * 64 * 3);
    data.fill(255, 3 * at, 3 * at + 3);
    const masked = await detector.predict(testImage(5), { ignore: { width: 64, height: 64, data } });
    expect(masked.score).toBeLessThan(score);
  });

  it('draws the picture of the service', async () => {
    const { overlay } = await detector.predict(testImage(5), { overlay: true });
    const { width, format } = await sharp(Buffer.from(await overlay!.arrayBuffer())).metadata();
    expect([width, format]).toEqual([64, 'png']);
  });

  it.each([
    ['/v1/detectors/wood@production', '/v1/detectors/wood/versions/production/files/manifest.json'],
    ['/v1/detectors/wood', '/v1/detectors/wood/versions/latest/files/manifest.json'],
    ['/bundles/wood?signature=1', '/bundles/wood/manifest.json?signature=1'],
  ])('finds the files of %s', async (address, manifest) => {
    asked.length = 0;
    const found = await loadDetector(origin + address, HERE);
    expect(asked[0]).toBe(manifest);
    const base = address.startsWith('/v1')
      ? `/v1/detectors/wood/versions/${found.version}/files/head.onnx`
      : '/bundles/wood/head.onnx?signature=1';
    expect(asked).toContain(base);
    expect(found.notices.map(({ code }) => code)).toContain('cache-unavailable');
    await found.dispose();
  });

  it('refuses what is not an image, and names which', async () => {
    await expect(detector.predict(new Uint8Array(100))).rejects.toMatchObject({
      name: 'ImageError',
      code: 'image',
    });
    await expect(detector.predictBatch([testImage(1), new Uint8Array(3)])).rejects.toMatchObject({
      message: expect.stringContaining('image 1'),
    });
    await expect(detector.predict(7 as never)).rejects.toMatchObject({ code: 'configuration' });
    await expect(detector.predict(testImage(1), { device: 'webgpu' })).rejects.toMatchObject({
      code: 'device',
    });
    await expect(detector.predict(testImage(1), { threshold: 1, falseAlarmRate: 0.5 })).rejects.toMatchObject(
      { code: 'configuration' },
    );
  });

  it('refuses a bundle that lacks a file, and one that is none', async () => {
    const some = new Map([...files].filter(([name]) => name !== 'head.onnx'));
    await expect(loadDetector({ files: some }, HERE)).rejects.toMatchObject({ name: 'BundleError' });
    await expect(loadDetector('ftp://host/wood/', HERE)).rejects.toMatchObject({ code: 'configuration' });
  });

  it('computes with an onnxruntime-web that the host gives', async () => {
    const wasm = createRequire(import.meta.url).resolve('onnxruntime-web/ort-wasm-simd-threaded.wasm');
    const asked: string[] = [];
    const own = await loadDetector(
      { files },
      {
        ...HERE,
        async loadRuntime(device) {
          asked.push(device);
          const ort = await import('onnxruntime-web/wasm');
          ort.env.wasm.numThreads = 1;
          ort.env.wasm.wasmBinary = new Uint8Array(await readFile(wasm)).buffer;
          return ort;
        },
      },
    );
    const [mine, theirs] = [await own.predict(testImage(1)), await detector.predict(testImage(1))];
    expect(mine.score).toBe(theirs.score);
    expect(asked).toEqual(['wasm']);
    await own.dispose();
  });

  it('finds the range of pictures of 12 bits, keeps it, and says it', async () => {
    const deep = (seed: number, full: number): Promise<Uint8Array> => {
      const { width, height, data } = testImage(seed);
      return writePngPortable({
        width,
        height,
        channels: 3,
        depth: 16,
        bytes: Uint8Array.from({ length: 2 * data.length }, (_, i) => {
          const value = Math.round((data[i >> 1]! * full) / 255);
          return i & 1 ? value & 255 : value >> 8;
        }),
      });
    };
    const events: { type: string }[] = [];
    const train = async (full: number) =>
      trainDetector(await Promise.all([0, 1, 2, 3].map((seed) => deep(seed, full))), {
        ...{ ...HERE, from: detector, name: 'deep', overrides: { epochs: 1 } },
        onProgress: (progress) => progress.stage === 'training' && events.push(progress.event),
      });
    const trained = await train(4095);
    expect(trained.manifest.configuration).toMatchObject({ range: { low: 0, high: 4095 } });
    expect(events.filter(({ type }) => type === 'range')).toEqual([
      { type: 'range', low: 0, high: 4095, told: false },
    ]);
    const loaded = await trained.load({ device: 'wasm' });
    expect(await loaded.predict(await deep(5, 4095))).not.toHaveProperty('warnings');
    expect((await loaded.predict(testImage(5))).score).toBe(
      (await loaded.predict(await deep(5, 4095))).score,
    );
    expect((await loaded.predict(await deep(5, 65_535))).warnings?.[0]).toMatch(/outside of 0 to 4095/);
    const speck = { width: 1, height: 3, data: new Uint8Array(9) };
    expect((await loaded.predict(speck)).warnings).toEqual([
      expect.stringMatching(/^is 1x3 pixels, enlarged/),
    ]);
    const tiff = await sharp(testImage(1).data, { raw: { width: 64, height: 64, channels: 3 } })
      .tiff()
      .toBuffer();
    await expect(loaded.predict(tiff)).rejects.toThrow(/is TIFF.*save it as PNG of 16 bits/);
    await loaded.dispose();
    expect((await train(65_535)).manifest.configuration).not.toHaveProperty('range');
  });

  it('trains the same decoders in this thread', async () => {
    const images = Array.from({ length: 4 }, (_, i) => testImage(i));
    const options = { ...HERE, from: detector, name: 'mine', overrides: { epochs: 1 } };
    const first = await trainDetector(images, options);
    const second = await trainDetector(images, options);
    const bytes = async (trained: typeof first) =>
      new Uint8Array(await trained.files.get('decoders.safetensors')!.arrayBuffer());
    expect(await bytes(second)).toEqual(await bytes(first));
    const loaded = await first.load({ device: 'wasm' });
    expect(loaded.name).toBe('mine');
    await loaded.dispose();
  });
});
