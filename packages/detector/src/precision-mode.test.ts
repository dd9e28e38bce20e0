import type { DeviceCandidate } from '@cflow/runtime';
import { nodeDevices } from '@cflow/runtime/node';
import { BundleError, THROUGHPUT_FILES } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import type { BundleSource } from './bundle.js';
import { loadDetector } from './load-detector.js';
import { inPrecisionMode } from './precision-mode.js';
import { makeBundle } from './testing/make-bundle.js';
import { memoryBundle } from './testing/memory-bundle.js';
import { testImage } from './testing/test-image.js';
import { withThroughput } from './testing/with-throughput.js';
import { verifyBundle } from './verify-bundle.js';

const files = await makeBundle();
const cpu = (await nodeDevices({ threads: 1 })).find(({ device }) => device === 'cpu') as DeviceCandidate;

describe('a bundle in a precision mode', () => {
  it('has the calibration and the probe of that mode, and says so in its predictions', async () => {
    const both = await withThroughput(files, { score: 1.25 });
    for (const mode of ['exact', 'throughput'] as const) {
      const source = inPrecisionMode(memoryBundle(both), mode);
      const detector = await loadDetector(source, { devices: [cpu] });
      const prediction = await detector.predict(testImage(0));
      await detector.dispose();
      if (mode === 'exact') {
        expect(prediction).not.toHaveProperty('precisionMode');
        expect(prediction.threshold).not.toBe(1.25);
      } else expect(prediction).toMatchObject({ precisionMode: 'throughput', threshold: 1.25 });
    }
  });

  it('is itself where the mode is exact', () => {
    const source = memoryBundle(files);
    expect(inPrecisionMode(source, 'exact')).toBe(source);
  });

  const open = (source: BundleSource) => verifyBundle(inPrecisionMode(source, 'throughput'));

  it('is refused where it was not calibrated for it, with what to do', async () => {
    const refused = open(memoryBundle(files));
    await expect(refused).rejects.toBeInstanceOf(BundleError);
    await expect(refused).rejects.toThrow(
      /not calibrated for the precision mode throughput; .*"cflow calibrate"/,
    );
  });

  it.each(Object.values(THROUGHPUT_FILES))('is refused where %s is damaged', async (file) => {
    const damaged = await withThroughput(files);
    damaged.set(file, (damaged.get(file) as Uint8Array).slice(0, -1));
    await expect(open(memoryBundle(damaged))).rejects.toThrow(/is damaged/);
  });

  it('is read from where weights lie by their path', async () => {
    const at = (file: string): string => `/somewhere/${file}`;
    const source = { ...memoryBundle(await withThroughput(files)), path: async (file: string) => at(file) };
    expect(await inPrecisionMode(source, 'throughput').path?.('decoders.safetensors')).toBe(
      at('decoders.safetensors'),
    );
  });
});
