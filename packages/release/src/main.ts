// One command from this repository to what is on a registry: packs everything, checks what was packed, and publishes it.
import { mkdir, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { checkRelease } from './checks/check-release.js';
import { PUBLISHED_NAMES } from './names.js';
import { completeOffline } from './offline-folder.js';
import { packRelease } from './pack-release.js';
import { publishRelease } from './publish-release.js';
import { releaseLines } from './release-lines.js';
import { findRepository } from './repository.js';

interface Flags {
  into: string;
  dryRun: boolean;
  offline: boolean;
  platform?: string[];
  repository?: string;
}

const command = new Command('npm run release --')
  .description(
    'Packs all packages as they are published, checks them, and publishes those that the registry has not yet',
  )
  .option('--dry-run', 'pack and check, and publish nothing', false)
  .option('--into <folder>', 'where the packages go; it is emptied first', 'release')
  .option('--offline', 'add what is needed to install the folder without a registry: npm ci --offline', false)
  .option('--platform <name...>', 'only these packages of ONNX Runtime, such as linux-x64, with --dry-run')
  .option(
    '--repository <address>',
    'https://HOST/OWNER/NAME; by default that of the workflow that runs this',
  );

async function main(): Promise<void> {
  const { into, dryRun, offline, platform, repository: named } = command.parse().opts<Flags>();
  const repository = findRepository(named, process.env);
  if (!dryRun && platform)
    throw new Error('expected --platform with --dry-run only: a release has all platforms');
  if (!dryRun && repository === undefined) {
    throw new Error('expected --repository: a package that is published says where its sources are');
  }
  const folder = resolve(into);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const packed = await packRelease(folder, { names: PUBLISHED_NAMES, repository, platforms: platform });
  for (const line of await releaseLines(packed)) console.log(line);
  const wrong = await checkRelease(packed);
  if (wrong.length > 0) throw new Error(`not fit to be published:\n  ${wrong.join('\n  ')}`);
  console.log(`${packed.length} packages in ${folder}, checked`);
  if (offline) await completeOffline(folder, packed);
  if (!dryRun) await publishRelease(packed, console.log);
}

await main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
