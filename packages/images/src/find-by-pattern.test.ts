import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { failure, summary, testFolder } from './fixtures/data-sets.js';
import { openDataSet } from './open-data-set.js';

const folder = testFolder();

describe('a glob', () => {
  it('is a data set: every image once, in order, unknown unless said', async () => {
    await folder.plant('a/1.png', 'a/b/2.PNG', 'a/b/3.png', 'c/4.png', 'a/.hidden/5.png');
    await folder.write({ 'a/notes.txt': 'x' });
    const set = await openDataSet(join(folder.root, 'a/**/*'));
    expect(set.layout).toBe('glob');
    expect([set.root, set.name]).toEqual([join(folder.root, 'a'), join(folder.root, 'a/**/*')]);
    expect(summary(set)).toEqual(
      ['1.png', 'b/2.PNG', 'b/3.png'].map((name) => `${name} | train | unknown | - | -`),
    );
    const marked = await openDataSet(['c/*.png', 'a/1.png', 'a/b', 'a/b/3.png'], {
      folder: folder.root,
      label: 'good',
      split: 'test',
    });
    expect([marked.root, marked.name]).toEqual([folder.root, 'c/*.png and 3 more']);
    expect(summary(marked)).toEqual(
      ['a/1.png', 'a/b/2.PNG', 'a/b/3.png', 'c/4.png'].map((name) => `${name} | test | good | - | -`),
    );
  });

  it('takes a name that exists as it is, brackets and all', async () => {
    await folder.plant('odd [1].png', 'odd 1.png');
    const set = await openDataSet('odd [1].png', { folder: folder.root });
    expect(set.items.map(({ name }) => name)).toEqual(['odd [1].png']);
  });

  it('takes every image below a folder when asked to', async () => {
    await folder.plant('red/1.png', 'blue/2.png');
    expect(summary(await openDataSet(folder.root, { layout: 'glob', split: 'test' }))).toEqual([
      'blue/2.png | test | unknown | - | -',
      'red/1.png | test | unknown | - | -',
    ]);
  });

  it('is refused when a part of it names nothing', async () => {
    await folder.plant('1.png');
    expect(await failure(['*.png', '*.jpg'], { folder: folder.root })).toMatch(
      /no images: "\*\.jpg" names none, searched from/,
    );
    await folder.write({ 'none/readme.txt': 'no image' });
    expect(await failure(['*.png', 'none'], { folder: folder.root })).toBe(
      'there are no images in the folder "none", nor below it',
    );
    expect(await failure([])).toMatch(/list of files and globs is empty/);
    expect(await failure(['1.png'], { folder: folder.root, layout: 'mvtec' })).toMatch(
      /layout mvtec needs one folder/,
    );
  });

  it('does not run in circles', async () => {
    await folder.plant('a/1.png');
    await symlink(folder.root, join(folder.root, 'a', 'again'));
    const set = await openDataSet('a/*.png', { folder: folder.root });
    expect(set.items).toHaveLength(1);
    const all = await openDataSet('**/*.png', { folder: folder.root });
    expect(all.items.map(({ path }) => path)).toEqual([join(folder.root, 'a', '1.png')]);
  });
});
