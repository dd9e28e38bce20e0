import { describe, expect, it } from 'vitest';
import { benchLine } from '../bench-line.js';
import { replaceSection } from './replace-section.js';
import { sectionText } from './section.js';

describe('the report', () => {
  it('replaces the section of one bench and leaves the others as they are', () => {
    const first = replaceSection(replaceSection('# Head\n', 'score', 'a'), 'train', 'b');
    expect(first).toBe(
      '# Head\n\n<!-- bench:score -->\n\na\n\n<!-- /bench:score -->\n\n<!-- bench:train -->\n\nb\n\n<!-- /bench:train -->\n',
    );
    expect(replaceSection(first, 'score', 'new\n')).toBe(first.replace('\na\n', '\nnew\n'));
  });

  it('refuses a section without its end, which would swallow the others', () => {
    expect(() => replaceSection('<!-- bench:score -->\nx', 'score', 'a')).toThrow(
      /has no "<!-- \/bench:score -->"/,
    );
  });

  it('has the command, the machine, and the ratio with its spread', () => {
    const lines = [benchLine('score/image/resnet18/batch-1', 'ms/image', 10, 'anomalib', 33, [3.1, 3.5])];
    const text = sectionText({ bench: 'score', arguments: ['--threads', '2'], lines, load: 3 });
    expect(text).toContain('npm run --silent bench -- score --threads 2');
    expect(text).toMatch(/cores of .*Node \d+.*onnxruntime-node \d+.*load 3\.0 when the run began/);
    expect(text).toContain(
      '| image/resnet18/batch-1 | 10 ms/image | anomalib | 33 ms/image | 3.3 | 3.1 to 3.5 |',
    );
  });
});
