import { chmod, copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeSafetensors } from '@cflow/model';
import { nodeDevices } from '@cflow/runtime/node';
import { writePng } from '@cflow/visual/node';
import { zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectError } from '../../testing/expect-error.js';
import { jsonLines, runCli } from '../../testing/run-cli.js';
import { createWorkplace, TINY, type Workplace } from '../../testing/workplace.js';

let place: Workplace;
beforeAll(async () => {
  place = await createWorkplace();
});
afterAll(() => place.remove());

const good = (name: string): string => join(place.dataSet, 'train', 'good', name);

/** A folder of good images: some of the data set's, and what `extra` puts there. */
async function folderOfImages(name: string, images: number): Promise<string> {
  const folder = join(place.path, name);
  await mkdir(folder, { recursive: true });
  for (let i = 0; i < images; i++) await copyFile(good(`00${i}.png`), join(folder, `${i}.png`));
  return folder;
}

/** On such a machine the device is no reason to refuse. */
async function hasCuda(): Promise<boolean> {
  const card = (await nodeDevices()).find(({ device }) => device === 'cuda');
  return card !== undefined && (await card.unavailable?.()) === undefined;
}

describe('what cannot work whatever the images are', () => {
  // There is nothing to read: what is said is known before.
  it.each([
    [['--backbone', 'resnet19'], /resnet19/, 2],
    [['--backbone', 'resnet18', '--weights', 'none.safetensors'], /none\.safetensors" cannot be read/],
    [['--backbone', 'embedded', '--layers', 'layer9'], /no layer "layer9"/, 2],
    [['--device', 'cuda'], /the device cuda cannot/],
    [['--output', 'file/in/it'], /expected a folder at ".*file".*found a file/],
    [['--output', 'file'], /is a file/],
    [['--output', 'new', '--resume'], /no run to resume/],
  ])('is refused before the data set is looked for: %j', async (flags, words, code = 1) => {
    if (flags.includes('cuda') && (await hasCuda())) return;
    await writeFile(join(place.path, 'file'), '');
    for (const source of ['nowhere', 'nowhere.zip']) {
      const result = await place.cflow('train', source, ...flags);
      expectError(result, code, words);
      expect(result.stderr).not.toContain('nowhere"');
    }
    if (flags.includes('--resume') || flags.includes('file')) return;
    const plural = flags.map((flag) => flag.replace('--backbone', '--backbones'));
    expectError(await place.cflow('benchmark', 'nowhere', ...plural), code, words);
  });

  it('an archive that is not there is named', async () => {
    expectError(await place.cflow('train', 'nowhere.zip'), 1, 'there is no file nowhere.zip');
  });
});

describe('cflow train', () => {
  it('writes a bundle and tells how good it is', async () => {
    const { code, stdout, stderr } = await place.cflow('train', 'brushed-metal', ...TINY);
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('brushed-metal.cflow');
    expect(stdout).toMatch(/AUROC\s+\d\.\d+\s+\d\.\d+/);
    expect(stdout).toMatch(/^threshold {2}\d/m);
    expect(stdout).toMatch(/^(Good|Fair|Weak): finds \d+ of \d+ bad parts/m);
    expect(stdout).toMatch(/^ {2}1\. /m);
    expect(stdout).toContain(join('brushed-metal.cflow', 'report.html'));
    expect(stderr).toContain('epoch 1 of 1');
    const report = await readFile(join(place.path, 'brushed-metal.cflow', 'report.html'), 'utf8');
    for (const words of ['By kind of defect', 'too few good images', 'data:image/webp', 'Backbone licence']) {
      expect(report).toContain(words);
    }
  });

  it('reads a ZIP archive, as what people marked is exported', async () => {
    const entries: Record<string, Uint8Array> = {};
    for (let i = 0; i < 4; i++) entries[`train/good/${i}.png`] = await readFile(good(`00${i}.png`));
    const bad = await readdir(join(place.dataSet, 'test'));
    const kind = join(place.dataSet, 'test', bad.find((name) => name !== 'good') as string);
    entries['test/bad/1.png'] = await readFile(join(kind, ((await readdir(kind)) as [string])[0]));
    await writeFile(join(place.path, 'feedback.zip'), zipSync(entries));
    const { code, stdout, stderr } = await place.cflow('train', 'feedback.zip', ...TINY, '--quiet');
    expect([code, stderr.includes('Error')], stderr).toEqual([0, false]);
    expect(stdout.trim()).toBe('feedback.cflow');
  });

  it('prints events and nothing else with --json', async () => {
    const { code, stdout, stderr } = await place.cflow('train', 'brushed-metal', ...TINY, '--json');
    expect([code, stderr]).toEqual([0, '']);
    const types = jsonLines(stdout).map(({ type }) => type);
    expect(types.slice(0, 2)).toEqual(['data-set', 'start']);
    expect(types.slice(-2)).toEqual(['advice', 'done']);
    expect(jsonLines(stdout).at(-2)).toMatchObject({
      rating: expect.any(String),
      verdict: expect.stringContaining('bad parts'),
      steps: expect.arrayContaining([{ kind: expect.any(String), text: expect.any(String) }]),
    });
    for (const type of ['features', 'progress', 'epoch', 'calibrated', 'evaluated'])
      expect(types).toContain(type);
  });

  it('prints the path alone with --quiet, takes globs, mixed sizes, and hands every parameter on', async () => {
    const folder = await folderOfImages('mixed', 4);
    const small = { width: 50, height: 90, data: new Uint8Array(50 * 90 * 3).fill(90) };
    await writePng(join(folder, 'small.png'), small);
    const options = ['--decoder', 'freia-flow', '--clamp-alpha', '1.5', '--permute-soft', '--lr', '0.001'];
    const { code, stdout, stderr } = await place.cflow(
      ...['train', 'mixed/*.png', ...TINY, ...options, '--fiber-batch-size', '32', '--seed', '7'],
      ...['--layers', 'expanded_conv_5/add,expanded_conv_12/add', '--input-size', '64x96', '--quiet'],
      ...['--precision', 'float16', '--feature-cache-bytes', '100KiB', '--output', 'out/small.cflow'],
    );
    expect([code, stdout, stderr]).toEqual([0, 'out/small.cflow\n', '']);
    const manifest = JSON.parse(await readFile(join(place.path, 'out/small.cflow/manifest.json'), 'utf8'));
    expect(manifest).toMatchObject({ name: 'mixed', precision: 'float16', provenance: { trainImages: 5 } });
    expect(manifest.configuration).toMatchObject({
      decoder: 'freia-flow',
      clampAlpha: 1.5,
      permuteSoft: true,
      lr: 0.001,
      fiberBatchSize: 32,
      seed: 7,
      layers: ['expanded_conv_5/add', 'expanded_conv_12/add'],
      inputSize: [64, 96],
      conditionVector: 16,
      couplingBlocks: 2,
    });
  });
});

describe('cflow train refuses', () => {
  it('too few good images', async () => {
    await mkdir(join(place.path, 'empty'), { recursive: true });
    expectError(await place.cflow('train', 'empty', ...TINY), 1, /no images/);
    expectError(await place.cflow('train', 'nowhere', ...TINY), 1, 'nowhere');
    await folderOfImages('single', 1);
    expectError(await place.cflow('train', 'single', ...TINY), 1, 'at least 2');
    await mkdir(join(place.path, 'damaged/bad'), { recursive: true });
    await copyFile(good('000.png'), join(place.path, 'damaged/bad/0.png'));
    await mkdir(join(place.path, 'damaged/good'), { recursive: true });
    expectError(await place.cflow('train', 'damaged', ...TINY, '--layout', 'folder'), 1, /good/);
  });

  it('what cannot be configured', async () => {
    const train = ['train', 'brushed-metal', ...TINY];
    expectError(await place.cflow(...train, '--layers', 'nonsense'), 2, 'nonsense', 'expanded_conv_5/add');
    expectError(await place.cflow(...train, '--condition-vector', '6'), 2, 'multiple of 4');
    expectError(await place.cflow(...train, '--backbone', 'nonsense'), 2, 'nonsense', 'resnet18');
    const large = ['--preset', 'anomalib', '--fiber-batch-size', '100000'];
    expectError(await place.cflow(...train, ...large), 1, '100000', '512');
  });

  it('weights of another network', async () => {
    const tensor = { type: 'float32', dims: [2, 2], data: new Float32Array(4) } as const;
    await writeFile(join(place.path, 'other.safetensors'), writeSafetensors(new Map([['fc.other', tensor]])));
    await writeFile(join(place.path, 'text.safetensors'), 'no weights at all');
    const train = ['train', 'brushed-metal', ...TINY, '--backbone', 'resnet18', '--weights'];
    expectError(await place.cflow(...train, 'other.safetensors'), 1, 'resnet18');
    expectError(await place.cflow(...train, 'text.safetensors'), 1, 'safetensors');
    expectError(await place.cflow(...train, 'nowhere.safetensors'), 1, 'nowhere.safetensors');
  });

  it('a folder that is not a bundle, or that may not be written', async () => {
    await folderOfImages('precious', 2);
    const before = await readFile(join(place.path, 'precious/0.png'));
    expectError(await place.cflow('train', 'brushed-metal', ...TINY, '--output', 'precious'), 1, 'precious');
    expect(await readFile(join(place.path, 'precious/0.png'))).toEqual(before);
    expectError(
      await place.cflow('train', 'brushed-metal', ...TINY, '--output', 'precious/0.png/x'),
      1,
      '0.png',
    );

    const locked = join(place.path, 'locked');
    await mkdir(locked);
    await chmod(locked, 0o555);
    await chmod(place.path, 0o755);
    const args = ['train', 'brushed-metal', ...TINY, '--output', 'locked/x.cflow'];
    // Permissions do not hold for root, so there the command runs as somebody else.
    const uid = process.getuid?.() === 0 ? { uid: 65534 } : {};
    await mkdir(join(place.path, 'cache'));
    await chmod(join(place.path, 'cache'), 0o777);
    const env = { CFLOW_CACHE: join(place.path, 'cache') };
    expectError(await runCli(args, { cwd: place.path, env, ...uid }), 1, 'locked', /permi/);
  });

  it('to resume what is not there or was another run', async () => {
    expectError(
      await place.cflow('train', 'brushed-metal', ...TINY, '--output', 'fresh.cflow', '--resume'),
      1,
      'no run to resume',
    );
  });
});

describe('an image that cannot be read', () => {
  beforeAll(async () => {
    const folder = await folderOfImages('partly', 4);
    const whole = await readFile(good('005.png'));
    await writeFile(join(folder, 'truncated.png'), whole.subarray(0, whole.length / 2));
    await writeFile(join(folder, 'text.png'), 'not an image');
  });

  it('is named, counted and left out', async () => {
    const { code, stdout, stderr } = await place.cflow('train', 'partly', ...TINY);
    expect(code, stderr).toBe(0);
    for (const name of ['truncated.png', 'text.png']) {
      expect(stdout).toContain(name);
      expect(stderr).toContain(name);
    }
    expect(stdout).toContain('left out   2 images');
    expect(stdout).toContain('trained    on 4 good images');
    const report = await readFile(join(place.path, 'partly.cflow', 'report.html'), 'utf8');
    expect(report).toContain('2 images could not be read');
    expect(report).toContain('truncated.png');
  });

  it('stops a strict run, which leaves nothing behind in place of the bundle', async () => {
    const result = await place.cflow('train', 'partly', ...TINY, '--strict', '--output', 'strict.cflow');
    expectError(result, 1, /text\.png|truncated\.png/);
    await expect(readFile(join(place.path, 'strict.cflow', 'manifest.json'))).rejects.toThrow('ENOENT');
  });
});
