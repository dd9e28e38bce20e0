import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ConfigurationError } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { loadPage } from './load-page.js';

describe('loadPage', () => {
  it('has both pages, and every file that they name', async () => {
    const page = await loadPage();
    for (const path of ['/', '/docs']) {
      const asset = page.get(path)!;
      expect(asset.contentType).toBe('text/html; charset=utf-8');
      expect(asset.cacheControl).toBe('no-cache');
      expect(asset.etag).toMatch(/^"[0-9a-f]{64}"$/);
      const html = new TextDecoder().decode(asset.body);
      const named = [...html.matchAll(/(?:src|href)="(assets\/[^"]+)"/g)].map((match) => `/${match[1]}`);
      expect(named).toHaveLength(3);
      for (const name of named) expect(page.get(name)?.cacheControl).toContain('immutable');
      // What the content security policy would refuse.
      expect(html).not.toMatch(/ style=|<style|<script(?! type="module" src="assets\/)| on\w+=/);
    }
  });

  it('is small', async () => {
    const page = await loadPage();
    for (const [path, { body, encoding }] of page) {
      // What only local scoring loads, and that when it is chosen.
      if (encoding === 'gzip') continue;
      const limit = path.endsWith('.js') ? 40_000 : 10_000;
      expect(gzipSync(body).length, path).toBeLessThan(limit);
    }
    // Schemas and color formulas are for the server.
    const script = [...page].find(([path]) => path.startsWith('/assets/app-') && path.endsWith('.js'))![1];
    expect(new TextDecoder().decode(script.body)).not.toMatch(/ZodError|interpolateRgb|innerHTML/);
  });

  it('has all that local scoring loads, compressed, under names that never change', async () => {
    const page = await loadPage();
    const local = [...page].filter(
      ([path]) => path.startsWith('/assets/local-') && path.split('/').length > 3,
    );
    const names = local.map(([path]) => path.split('/').at(-1));
    for (const name of [
      'worker.js',
      'training.js',
      'jpeg.js',
      'ort-wasm.js',
      'ort-wasm.wasm',
      'ort-webgpu.wasm',
    ]) {
      expect(names).toContain(name);
    }
    for (const [path, { body, contentType, cacheControl, encoding }] of local) {
      expect([path, encoding, cacheControl]).toEqual([path, 'gzip', expect.stringContaining('immutable')]);
      expect(contentType).toBe(
        path.endsWith('.wasm') ? 'application/wasm' : 'text/javascript; charset=utf-8',
      );
      // gzip's own mark.
      expect([...body.subarray(0, 2)]).toEqual([0x1f, 0x8b]);
    }
    const app = [...page].find(([path]) => /^\/assets\/app-\w+\.js$/.test(path))![1];
    expect(new TextDecoder().decode(app.body)).not.toContain('ort-wasm');
  });

  it('says that a page is not built', async () => {
    const empty = await mkdtemp(join(tmpdir(), 'cflow-page-'));
    await expect(loadPage(empty)).rejects.toThrow(ConfigurationError);
    await rm(empty, { recursive: true });
    await expect(loadPage(empty)).rejects.toThrow('expected a built page');
  });
});
