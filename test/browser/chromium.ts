import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const EXECUTABLE = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Why there are no browser tests here; undefined where there are. */
export const missingChromium: string | undefined = existsSync(EXECUTABLE)
  ? undefined
  : `skipped: there is no Chromium at ${EXECUTABLE}; install it, or name it in CHROMIUM`;

export interface ChromiumOptions {
  /** WebGPU on a software driver. Default true. */
  webgpu?: boolean;
}

/** A headless Chromium that talks to nobody but this machine. The caller closes it. */
export function startChromium({ webgpu = true }: ChromiumOptions = {}): Promise<Browser> {
  const gpu = webgpu
    ? ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-features=Vulkan']
    : ['--disable-gpu', '--disable-features=WebGPU,WebGPUService', '--disable-blink-features=WebGPU'];
  return chromium.launch({
    executablePath: EXECUTABLE,
    args: [
      ...gpu,
      '--no-sandbox',
      '--disable-background-networking',
      '--no-first-run',
      '--disable-sync',
      '--disable-component-update',
      '--disable-quic',
    ],
  });
}
