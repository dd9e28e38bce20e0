import { expect, it } from 'vitest';
import { resumeCommand } from './resume-command.js';

it('can be pasted into a shell', () => {
  expect(resumeCommand(['train', "it's here/*.png", '--lr', '1e-4'])).toBe(
    `cflow train 'it'\\''s here/*.png' --lr 1e-4 --resume`,
  );
  expect(resumeCommand(['train', 'x', '--resume'])).toBe('cflow train x --resume');
});
