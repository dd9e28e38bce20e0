import { describe, expect, it } from 'vitest';
import { withRelease } from './changelog.js';

const HEAD = '# Changelog\n\nNotable changes.\n\n';

describe('the changelog', () => {
  it('gets a section for a version, before the older ones', () => {
    const text = withRelease(
      `${HEAD}## 0.1.0 (2026-01-01)\n\n- First.\n`,
      '0.2.0',
      ['One.', 'Two\nlines.\n'],
      '2026-02-01',
    );
    expect(text).toBe(
      `${HEAD}## 0.2.0 (2026-02-01)\n\n- One.\n- Two\n  lines.\n\n## 0.1.0 (2026-01-01)\n\n- First.\n`,
    );
  });

  it('goes on with the section that was kept for it', () => {
    const text = withRelease(
      `${HEAD}## 0.1.0 (unreleased)\n\n- First.\n`,
      '0.1.0',
      ['Second.'],
      '2026-01-01',
    );
    expect(text).toBe(`${HEAD}## 0.1.0 (2026-01-01)\n\n- First.\n- Second.\n`);
  });

  it('is not written where a section is kept for another version', () => {
    expect(() =>
      withRelease(`${HEAD}## 0.1.0 (unreleased)\n\n- First.\n`, '0.2.0', [], '2026-01-01'),
    ).toThrow(/expected "## 0\.2\.0 \(unreleased\)".*got "## 0\.1\.0 \(unreleased\)"/);
  });
});
