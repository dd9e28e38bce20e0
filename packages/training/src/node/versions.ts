import { createRequire } from 'node:module';

/** Versions of what a run's numbers depend on. */
export function versions(): Record<string, string> {
  const here = createRequire(import.meta.url);
  const runtime = createRequire(here.resolve('@cflow/runtime/package.json'));
  return {
    node: process.versions.node,
    '@cflow/runtime': versionIn(here('@cflow/runtime/package.json')),
    'onnxruntime-node': versionIn(runtime('onnxruntime-node/package.json')),
  };
}

const versionIn = (manifest: unknown): string => (manifest as { version: string }).version;
