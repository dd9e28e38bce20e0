import { describe, expect, it } from 'vitest';
import { SOURCE_NAMES } from './names.js';
import { publishedManifest } from './published-manifest.js';
import { findRepository } from './repository.js';

const workspace = {
  folder: 'packages/runtime',
  manifest: {
    name: '@cflow/runtime',
    version: '1.2.3',
    type: 'module',
    files: ['dist'],
    exports: { '.': './dist/index.js', './testing': './dist/testing.js' },
    scripts: { build: 'tsup' },
    tsup: { entry: [] },
    dependencies: { '@cflow/spec': '^1.0.0', zod: '^4.0.0', 'onnxruntime-node': '1.30.0' },
    devDependencies: { vitest: '^4.0.0' },
  },
};
const versions = new Map([['@cflow/spec', '1.2.3']]);
const repository = 'https://forge.example/owner/name';

describe('a published package.json', () => {
  it('asks for the release it is of, and for the engine of each platform in place of a script', () => {
    const published = publishedManifest(workspace, versions, { names: SOURCE_NAMES });
    expect(published.dependencies).toEqual({ '@cflow/spec': '1.2.3', zod: '^4.0.0' });
    expect(published.optionalDependencies).toMatchObject({
      '@cflow/onnxruntime-linux-x64': '1.30.0',
      '@cflow/onnxruntime-darwin-arm64': '1.30.0',
    });
    expect(published.repository).toBeUndefined();
    const one = publishedManifest(workspace, versions, { names: SOURCE_NAMES, platforms: ['linux-arm64'] });
    expect(one.optionalDependencies).toEqual({ '@cflow/onnxruntime-linux-arm64': '1.30.0' });
  });

  it('has nothing that is ours alone', () => {
    const published = publishedManifest(workspace, versions, { names: SOURCE_NAMES, repository });
    for (const field of ['scripts', 'tsup', 'devDependencies']) expect(published).not.toHaveProperty(field);
    expect(published.exports).toEqual({ '.': './dist/index.js' });
    expect(published).toMatchObject({
      bugs: { url: `${repository}/issues` },
      repository: { type: 'git', url: `git+${repository}.git`, directory: 'packages/runtime' },
      publishConfig: { access: 'public', provenance: true },
    });
  });

  it('has other names where a release has', () => {
    const names = { command: '@acme/anomaly', scope: '@acme', starter: 'create-anomaly' };
    const published = publishedManifest(workspace, versions, { names });
    expect(published.name).toBe('@acme/runtime');
    expect(Object.keys(published.dependencies ?? {})).toEqual(['@acme/spec', 'zod']);
    const command = { folder: 'packages/cli', manifest: { ...workspace.manifest, name: 'cflow' } };
    expect(publishedManifest(command, versions, { names }).name).toBe('@acme/anomaly');
  });
});

describe('the repository of a release', () => {
  it('is the one that is named, or the one whose workflow runs', () => {
    const env = { GITHUB_SERVER_URL: 'https://forge.example', GITHUB_REPOSITORY: 'owner/name' };
    expect(findRepository(undefined, env)).toBe(repository);
    expect(findRepository('https://forge.example/other/one.git', env)).toBe(
      'https://forge.example/other/one',
    );
    expect(findRepository(undefined, {})).toBeUndefined();
    expect(() => findRepository('git@forge.example:owner/name', env)).toThrow(/expected https:.*got "git@/);
  });
});
