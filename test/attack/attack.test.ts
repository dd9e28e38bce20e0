// Attacks in their short form, on a service on Node: what strangers and bad days do, done to a real process.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ATTACKS } from './catalog.js';
import { openRange, type Range } from './range.js';

/**
 * Those that take seconds and whose verdict does not hang on how busy the machine is; `npm run attack` does all of them, on
 * every host.
 */
const CHOSEN = [
  'multipart-bombs',
  'small-chunks',
  'pipelined-requests',
  'tensor-data',
  'dripping-publish',
  'slow-connections',
  'refused-connections',
  'large-headers',
  'compressed-assets',
  'leaving-clients',
  'many-addresses',
  'rebinding-anonymous',
  'rebinding-loopback',
  'log-to-a-full-disk',
  'image-bombs',
  'huge-regions',
  'hostile-bundles-published',
  'killed-while-publishing',
  'told-to-end',
  'webhooks',
];

let range: Range;

beforeAll(async () => {
  range = await openRange('node', { full: false });
});
afterAll(() => range?.close());

describe('holds under', () => {
  for (const name of CHOSEN) {
    const attack = ATTACKS.find((each) => each.name === name);
    it(`${name}: ${attack?.about ?? 'is in the catalog'}`, async () => {
      if (!attack) throw new Error(`no attack is called ${name}`);
      expect((await range.attack(attack)).faults).toEqual([]);
    }, 300_000);
  }
});
