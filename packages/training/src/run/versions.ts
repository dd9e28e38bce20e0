import { createRequire } from 'node:module';
import { onnxRuntimeVersion } from '@cflow/runtime/node';

/** Versions of what a run's numbers depend on. */
export function versions(): Record<string, string> {
  const runtime = createRequire(import.meta.url)('@cflow/runtime/package.json') as { version: string };
  return {
    node: process.versions.node,
    '@cflow/runtime': runtime.version,
    'onnxruntime-node': onnxRuntimeVersion(),
  };
}
