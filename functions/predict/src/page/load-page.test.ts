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
    for (const [path, { body }] of page) {
      const limit = path.endsWith('.js') ? 40_000 : 10_000;
      expect(gzipSync(body).length, path).toBeLessThan(limit);
    }
    // Schemas and colour formulas are for the server.
    const script = [...page].find(([path]) => path.startsWith('/assets/app-') && path.endsWith('.js'))![1];
    expect(new TextDecoder().decode(script.body)).not.toMatch(/ZodError|interpolateRgb|innerHTML/);
  });

  it('says that a page is not built', async () => {
    const empty = await mkdtemp(join(tmpdir(), 'cflow-page-'));
    await expect(loadPage(empty)).rejects.toThrow(ConfigurationError);
    await rm(empty, { recursive: true });
    await expect(loadPage(empty)).rejects.toThrow('expected a built page');
  });
});
