// The starter as a user meets it: made, installed, built, started, and asked about a part.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { launchChromium } from '../support/chromium.js';
import type { EmptyProject } from './empty-project.js';

export interface StarterShown {
  /** What the page says of a good part and of one with a hole. */
  good: string;
  bad: string;
  /** What its viewer says of the second. */
  label: string;
}

/** Makes the starter's project in a folder of an empty one. */
export async function makeStarter({ run, folder }: EmptyProject): Promise<string> {
  await run('npm', 'create', '--yes', 'cflow', 'line');
  const line = join(folder, 'line');
  for (const step of [['install'], ['run', 'detector'], ['run', 'build']]) {
    await run('npm', '--prefix', line, ...step);
  }
  return line;
}

/**
 * Starts the server of a starter's project and looks at its page.
 * @param node The program that runs it
 */
export async function lookAtStarter(line: string, node: string = process.execPath): Promise<StarterShown> {
  const server = spawn(node, ['server/main.js'], {
    cwd: line,
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    await page.goto(await firstLine(server));
    const shown = async (image: string): Promise<string> => {
      await page.locator('[role="status"]').evaluate((element) => element.removeAttribute('data-label'));
      await page.setInputFiles('input', join(line, 'parts/brushed-metal/test', image));
      await page.waitForSelector('[role="status"][data-label]');
      return (await page.textContent('[role="status"]')) ?? '';
    };
    const good = await shown('good/000.png');
    const bad = await shown('hole/000.png');
    await page.waitForFunction("document.querySelector('cflow-viewer').label !== undefined");
    const label = await page
      .locator('cflow-viewer')
      .evaluate((viewer) => String(Reflect.get(viewer, 'label')));
    return { good, bad, label };
  } finally {
    await browser.close();
    server.kill('SIGTERM');
    if (server.exitCode === null) await once(server, 'exit');
  }
}

/** The address that the server prints. */
async function firstLine(server: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: server.stdout as NodeJS.ReadableStream })) return line;
  throw new Error('expected an address, got nothing: the server has ended');
}
