// The blocks that no test can run, and why. Each is parsed as far as that goes without what it needs.

export interface NotRun {
  page: string;
  /** How the block begins: enough to know it by. */
  begins: string;
  reason: string;
  check: 'shell' | 'gcloud' | 'yaml' | 'python' | 'dockerfile';
}

export const NOT_RUN: readonly NotRun[] = [
  {
    page: 'README.md',
    begins: 'npm ci\nnpm run demo',
    reason: 'installs and builds this repository, which runs the test; the demo is its own entry in CI',
    check: 'shell',
  },
  {
    page: 'README.md',
    begins: 'npm ci && npm test',
    reason: 'the test would run itself',
    check: 'shell',
  },
  {
    page: 'docs/getting-started.md',
    begins: 'npm ci',
    reason: 'installs and builds this repository, which runs the test',
    check: 'shell',
  },
  {
    page: 'docs/sdk.md',
    begins: 'npm install @cflow/sdk',
    reason: 'needs a registry; test/packages/install.test.ts installs the package as it is published',
    check: 'shell',
  },
  {
    page: 'docs/clients.md',
    begins: 'from pathlib import Path',
    reason: 'needs the generated package; test/clients/python/generated.py calls it the same way',
    check: 'python',
  },
  {
    page: 'docs/choosing.md',
    begins: 'npx cflow backbone pull',
    reason:
      'fetches weights from the Hugging Face hub; packages/model tests it against a hub on this machine',
    check: 'shell',
  },
  {
    page: 'docs/deploy.md',
    begins: 'docker compose up',
    reason: 'needs Docker and the images; test/deploy checks their files',
    check: 'shell',
  },
  {
    page: 'docs/deploy.md',
    begins: 'FROM nvidia/cuda',
    reason: 'needs Docker and the images',
    check: 'dockerfile',
  },
  {
    page: 'docs/deploy.md',
    begins: 'import subprocess\nimport modal',
    reason: 'needs an account at Modal',
    check: 'python',
  },
  {
    page: 'docs/deploy.md',
    begins: 'az containerapp create',
    reason: 'needs an account at Azure',
    check: 'shell',
  },
  {
    page: 'docs/deploy.md',
    begins: 'gcloud run deploy',
    reason: 'needs an account at Google Cloud',
    check: 'gcloud',
  },
  {
    page: 'docs/deploy.md',
    begins: 'gcloud beta run jobs create',
    reason: 'needs an account at Google Cloud',
    check: 'gcloud',
  },
  {
    page: 'docs/deploy.md',
    begins: 'apiVersion: apps/v1',
    reason: 'needs a cluster',
    check: 'yaml',
  },
  {
    page: 'packages/model/README.md',
    begins: 'torch.onnx.export(',
    reason: 'needs PyTorch, and a model of the reader',
    check: 'python',
  },
  {
    page: 'packages/runtime/README.md',
    begins: 'VK_ICD_FILENAMES=',
    reason: 'needs a Vulkan driver in software; packages/runtime tests webgpu where there is one',
    check: 'shell',
  },
  {
    page: 'sdk/examples/workers/README.md',
    begins: 'npm install\nnpx wrangler',
    reason: 'needs an account at Cloudflare; test/edge bundles the example and runs the entry in workerd',
    check: 'shell',
  },
];
