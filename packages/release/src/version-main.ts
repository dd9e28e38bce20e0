// What a pull request for a release is made of: `npm run release:version`.
import { npm } from './npm.js';
import { versionRelease } from './version-release.js';
import { ROOT } from './workspaces.js';

const version = await versionRelease(ROOT, 'packages/cli', new Date().toISOString().slice(0, 10));
await npm(['install', '--package-lock-only', '--ignore-scripts', '--loglevel=error'], ROOT);
console.log(
  `${version}: look at CHANGELOG.md, commit all of it, and start the workflow "release" once it is merged`,
);
