import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// Run by src/node/webgpu.test.ts in a process that was started with a Vulkan driver in its environment.
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  test: { include: ['webgpu-suite.ts'], pool: 'forks', testTimeout: 120_000, hookTimeout: 120_000 },
});
