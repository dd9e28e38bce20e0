// Takes everything out of an installed and built checkout that its image does not need: `node image/trim.mjs FOLDER`.
// What stays is what the command line reaches by its dependencies, for this platform, as JavaScript.
import { existsSync, readdirSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import process from 'node:process';

const ENTRY = 'packages/cli';
/** Of our own packages: what is read when they run, and who made them. */
const OWN_FILES = ['bin', 'dist', 'node_modules', 'openapi.json', 'package.json', 'LICENSE', 'NOTICE'];
const OF_THE_ROOT = ['LICENSE', 'NOTICE', 'functions', 'node_modules', 'package.json', 'packages'];
/** Declarations, sources and source maps: nothing reads them when the program runs. */
const NOT_RUN = /\.[cm]?tsx?$|\.map$|\.tsbuildinfo$/;
/** The one network that comes with a package, and how it is found there. */
const EMBEDDED = [
  'package.json',
  'objectron_solution_packed_assets.data',
  'objectron_solution_packed_assets_loader.js',
];

const root = resolve(process.argv[2] ?? '.');
const reached = reach(join(root, ENTRY));
for (const folder of ['packages', 'functions']) {
  for (const name of readdirSync(join(root, folder))) {
    const own = join(root, folder, name);
    if (reached.has(own)) keepOnly(own, OWN_FILES);
    else remove(own);
  }
}
keepOnly(root, OF_THE_ROOT);
for (const folder of modulesFolders(root)) trimModules(folder);
keepOnly(join(root, 'node_modules/onnxruntime-node/bin/napi-v6'), [process.platform]);
keepOnly(join(root, 'node_modules/onnxruntime-node/bin/napi-v6', process.platform), [process.arch]);
keepOnly(join(root, 'node_modules/@mediapipe/objectron'), EMBEDDED);
removeNotRun(root);

/** The folders of all packages that one needs, itself among them; what is optional may be missing. */
function reach(start) {
  const found = new Set();
  const waiting = [start];
  while (waiting.length > 0) {
    const folder = waiting.pop();
    if (found.has(folder)) continue;
    found.add(folder);
    const { dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta } = JSON.parse(
      readFileSync(join(folder, 'package.json'), 'utf8'),
    );
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })) {
      const [ownOnes, peerOnes] = [{ ...dependencies, ...optionalDependencies }, peerDependenciesMeta];
      // An optional peer is there because some tool of the checkout wanted it.
      if (!(name in ownOnes) && peerOnes?.[name]?.optional === true) continue;
      const place = find(name, folder);
      if (place) waiting.push(place);
      else if (!(name in (optionalDependencies ?? {})))
        throw new Error(`${folder} needs ${name}, which is not installed`);
    }
  }
  return found;
}

function find(name, from) {
  for (let folder = from; folder.startsWith(root); folder = dirname(folder)) {
    if (basename(folder) === 'node_modules') continue;
    const place = join(folder, 'node_modules', name);
    if (existsSync(join(place, 'package.json'))) return realpathSync(place);
  }
  return undefined;
}

/** All folders of modules, those inside of packages too. */
function modulesFolders(folder) {
  const found = [];
  const own = join(folder, 'node_modules');
  if (existsSync(own)) {
    found.push(own);
    for (const place of packagesIn(own)) if (!isLink(place)) found.push(...modulesFolders(place));
  }
  if (folder !== root) return found;
  for (const place of reached)
    if (!place.includes(`${sep}node_modules${sep}`)) found.push(...modulesFolders(place));
  return found;
}

function packagesIn(modules) {
  return readdirSync(modules).flatMap((name) => {
    if (name.startsWith('.')) return [];
    const place = join(modules, name);
    return name.startsWith('@') ? readdirSync(place).map((inner) => join(place, inner)) : [place];
  });
}

function trimModules(modules) {
  if (!existsSync(modules)) return;
  for (const name of readdirSync(modules)) if (name.startsWith('.')) remove(join(modules, name));
  for (const place of packagesIn(modules)) if (!reached.has(targetOf(place))) remove(place);
  for (const name of readdirSync(modules)) {
    if (name.startsWith('@') && readdirSync(join(modules, name)).length === 0) remove(join(modules, name));
  }
}

function targetOf(place) {
  return existsSync(place) ? realpathSync(place) : undefined;
}

function isLink(place) {
  return targetOf(place) !== place;
}

function keepOnly(folder, names) {
  for (const name of readdirSync(folder)) if (!names.includes(name)) remove(join(folder, name));
}

function removeNotRun(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) removeNotRun(path);
    else if (entry.isFile() && NOT_RUN.test(entry.name)) remove(path);
  }
}

function remove(path) {
  // A link to what is kept must not lead there.
  rmSync(path, { recursive: true, force: true });
}

const bytes = (folder) =>
  readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sum + bytes(path);
    return sum + (entry.isFile() ? statSync(path).size : 0);
  }, 0);
process.stdout.write(`${(bytes(root) / 1e6).toFixed(0)} MB left, ${reached.size} packages\n`);
