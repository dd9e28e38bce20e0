import { BundleError } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import type { ModelSource } from '../runtime.js';
import { externalModel, vector } from './models.js';
import type { ConformanceContext } from './options.js';

export function describeExternalData(context: ConformanceContext): void {
  const location = 'weights.safetensors';
  const { model, data, weights } = externalModel(location);

  const expectWeights = async (source: ModelSource): Promise<void> => {
    const session = await context.runtime().createSession(source);
    expect((await session.run({ x: vector(1, 2, 3, 4) })).y?.data).toEqual(
      Float32Array.from(weights, (weight, i) => weight + i + 1),
    );
    await session.dispose();
  };

  describe('weights outside the model', () => {
    it('as bytes, which stay the caller’s', async () => {
      const bytes = data.slice();
      await expectWeights({ model, externalData: [{ path: location, data: bytes }] });
      expect(bytes).toEqual(data);
    });

    it('are refused when they are missing or too short', async () => {
      const { runtime } = context;
      await expect(runtime().createSession({ model })).rejects.toThrow(BundleError);
      const other = { model, externalData: [{ path: 'other.safetensors', data }] };
      await expect(runtime().createSession(other)).rejects.toThrow(BundleError);
      const short = { model, externalData: [{ path: location, data: data.subarray(0, 12) }] };
      await expect(runtime().createSession(short)).rejects.toThrow(BundleError);
    });

    const { writeFile } = context;
    if (!writeFile) return;
    describe('as files', () => {
      it('beside the model', async () => {
        await writeFile(location, data);
        await expectWeights({ model: await writeFile('model.onnx', model) });
      });

      it('for a model given as bytes', async () => {
        const path = await writeFile(location, data);
        await expectWeights({ model, externalData: [{ path: location, data: path }] });
      });

      it('under another name than the model says', async () => {
        const path = await writeFile('0123abcd', data);
        await expectWeights({ model, externalData: [{ path: location, data: path }] });
      });

      it('are refused when they do not exist, by name', async () => {
        const path = `${await writeFile(location, data)}.gone`;
        const creation = context
          .runtime()
          .createSession({ model, externalData: [{ path: location, data: path }] });
        await expect(creation).rejects.toThrow(/weights\.safetensors\.gone/);
        await expect(context.runtime().createSession({ model: path })).rejects.toThrow(BundleError);
      });
    });
  });
}
