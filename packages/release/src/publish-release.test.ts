import { describe, expect, it } from 'vitest';
import { publishRelease } from './publish-release.js';

const packed = ['spec', 'onnx', 'model'].map((name) => ({
  name: `@cflow/${name}`,
  version: '1.2.3',
  tarball: `/release/cflow-${name}-1.2.3.tgz`,
}));
const failure = (code: string): Error =>
  Object.assign(new Error(code), { stdout: JSON.stringify({ error: { code } }) });

describe('publishing', () => {
  it('leaves out what is there, and keeps the order', async () => {
    const published: string[] = [];
    const said: string[] = [];
    await publishRelease(
      packed,
      (line) => said.push(line),
      async ([verb, what]) => {
        if (verb === 'publish') published.push(what as string);
        else if (what !== '@cflow/onnx@1.2.3') throw failure('E404');
        return '"1.2.3"';
      },
    );
    expect(published).toEqual(['/release/cflow-spec-1.2.3.tgz', '/release/cflow-model-1.2.3.tgz']);
    expect(said[1]).toBe('@cflow/onnx@1.2.3: is there');
  });

  it('ends where the registry does not answer, and publishes nothing after that', async () => {
    const asked: string[] = [];
    const run = async ([verb = '']: readonly string[]): Promise<string> => {
      asked.push(verb);
      throw failure('ECONNREFUSED');
    };
    await expect(publishRelease(packed, () => {}, run)).rejects.toThrow('ECONNREFUSED');
    expect(asked).toEqual(['view']);
  });
});
