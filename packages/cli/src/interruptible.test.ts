// What hangs in native code is not waited for: the command ends as the signal does by default.
import { describe, expect, it } from 'vitest';
import { startScript } from '../../../test/support/start-script.js';

const SCRIPT = new URL('./testing/hanging-run.ts', import.meta.url);

describe('a command whose run hangs', () => {
  it('ends by SIGTERM when its time is over', async () => {
    const { child, printed, ended } = startScript(SCRIPT, ['500']);
    await printed('runs');
    child.kill('SIGTERM');
    await ended;
    expect(child).toMatchObject({ exitCode: null, signalCode: 'SIGTERM' });
  });

  it('ends by the second SIGINT at once', async () => {
    const { child, printed, ended } = startScript(SCRIPT, []);
    await printed('runs');
    child.kill('SIGINT');
    // The first one it has to hear before the second.
    const again = setInterval(() => child.kill('SIGINT'), 300);
    await ended;
    clearInterval(again);
    expect(child).toMatchObject({ exitCode: null, signalCode: 'SIGINT' });
  });
});
