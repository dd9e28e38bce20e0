import { BUNDLE_FILES, BundleError, type BundleManifest } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { manifestBytes, parseManifest } from './manifest.js';
import { makeBundle } from './testing/make-bundle.js';

const bytes = (await makeBundle()).get(BUNDLE_FILES.manifest) as Uint8Array;
const manifest = await parseManifest(bytes, 'test');
const text = new TextDecoder().decode(bytes);

const refusalOf = async (changed: Uint8Array | string): Promise<BundleError> => {
  const encoded = typeof changed === 'string' ? new TextEncoder().encode(changed) : changed;
  const error = await parseManifest(encoded, 'test').catch((found: unknown) => found);
  expect(error).toBeInstanceOf(BundleError);
  expect((error as BundleError).message).toContain('manifest.json of bundle "test"');
  return error as BundleError;
};

/** A manifest that says what it likes and carries the right hash all the same. */
const forged = (changes: Record<string, unknown>): Promise<Uint8Array> =>
  manifestBytes(manifest).then(async () => {
    const zeros = '0'.repeat(64);
    const json = `${JSON.stringify({ manifestSha256: zeros, ...manifest, ...changes }, null, 2)}\n`;
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(json));
    return new TextEncoder().encode(json.replace(zeros, Buffer.from(digest).toString('hex')));
  });

describe('a manifest', () => {
  it('comes back as it was written', async () => {
    expect(await parseManifest(await manifestBytes(manifest), 'test')).toEqual(manifest);
    expect(await manifestBytes(manifest)).toEqual(bytes);
  });

  it('is refused whichever of its bytes is wrong', async () => {
    // Every byte, a different bit of each; some of them give valid JSON with another number or name.
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.slice();
      changed[at] = changed[at]! ^ (1 << (at % 7));
      await refusalOf(changed);
    }
  });

  it('is refused when it was edited', async () => {
    const error = await refusalOf(text.replace('"falseAlarmRate": 0.01', '"falseAlarmRate": 0.02'));
    expect(error.message).toMatch(/is damaged or was edited/);
    expect(error.details).toMatchObject({ file: 'manifest.json' });
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    [
      'too many fields',
      Object.fromEntries(Array.from({ length: 9000 }, (_, i) => [`field${i}`, 0])),
      /at most \d+ fields$/,
    ],
    ['too many layers', { layers: Array(20_000).fill(0) }, /layers: .*<=64/],
    [
      'too many files',
      { files: Object.fromEntries(Array.from({ length: 999 }, (_, i) => [`f${i}`, 0])) },
      /at most 64 fields/,
    ],
    ['a long name', { name: 'a'.repeat(100_000) }, /^.{0,100}name: .{0,100}$/],
    ['a number beyond all of them', { maxLikelihood: 1e300 }, /maxLikelihood/],
    ['a strange field with a long name', { ['x'.repeat(100_000)]: 0 }, /^.{0,300}$/],
  ])('is refused in few words with %s', async (_, changes, message) => {
    const error = await refusalOf(await forged(changes));
    expect(error.message).toMatch(message);
    expect(JSON.stringify(error.details).length).toBeLessThan(2000);
  });

  it('is refused by its size before anything is read of it', async () => {
    expect((await refusalOf(`{${' '.repeat(2 ** 18)}}`)).message).toMatch(/at most 262144 are expected/);
  });

  it.each([
    ['nothing', ''],
    ['not JSON', '<html>404 not found</html>'],
    ['no object', 'null'],
    ['a number', '1'],
    ['a list', '[]'],
    ['no text', new Uint8Array([0xff, 0xfe, 0x00])],
    ['no manifest', '{"name": "a web app", "icons": []}'],
    ['no hash', text.replace(/\n {2}"manifestSha256": "[0-9a-f]{64}",/, '')],
  ])('is refused when it is %s', async (_, changed) => {
    await refusalOf(changed);
  });

  it('is refused when it is far too large', async () => {
    expect((await refusalOf(new Uint8Array(5_000_000).fill(32))).message).toMatch(/at most 262144/);
  });

  it('of another format version is refused before anything else', async () => {
    const newer = await refusalOf('{"formatVersion": 2}');
    expect(newer.message).toMatch(/format version 2, this cflow reads 1; update cflow/);
    expect(newer.details).toMatchObject({ found: 2, expected: 1 });
    expect((await refusalOf('{"formatVersion": 0}')).message).toMatch(/train or export the bundle again/);
  });

  it.each(['../head.onnx', 'a/b', 'a\\b', '/etc/passwd', '..', '', '.hidden', 'C:x'])(
    'is refused when it lists a file named %j',
    async (name) => {
      const files = { ...manifest.files, [name]: { sha256: 'a'.repeat(64), bytes: 1 } };
      const error = await refusalOf(await forged({ files }));
      expect(error.message).toMatch(/is not valid: files/);
    },
  );

  it('is refused with fields that it does not know, or without those that it needs', async () => {
    expect((await refusalOf(await forged({ script: 'x' }))).message).toMatch(/script/);
    expect((await refusalOf(await forged({ thresholds: undefined }))).message).toMatch(/thresholds/);
    expect((await refusalOf(await forged({ maxLikelihood: 'high' }))).message).toMatch(/maxLikelihood/);
    expect((await refusalOf(await forged({ normalization: 'reference' }))).message).toMatch(/normalization/);
  });

  it('is not written when it could not be read back', async () => {
    for (const changes of [{ name: '' }, { maxLikelihood: Number.NaN }, { layers: [] }]) {
      await expect(manifestBytes({ ...manifest, ...changes } as BundleManifest)).rejects.toThrow(BundleError);
    }
  });

  it('says which of its fields is wrong', async () => {
    const calibration = { ...manifest.calibration, scoreSpread: -1 };
    const error = await refusalOf(await forged({ calibration }));
    expect(error.details.problems).toEqual([expect.stringMatching(/^calibration.scoreSpread: /)]);
  });
});
