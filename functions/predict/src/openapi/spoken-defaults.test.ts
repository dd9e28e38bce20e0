import { expect, it } from 'vitest';
import { publishedOpenApi } from './published-open-api.js';
import { withSpokenDefaults } from './spoken-defaults.js';

it('says in words what a field is when it is left out, wherever the field is', () => {
  const flag = { type: 'boolean', default: false, description: 'Also a picture.' };
  const said = { type: 'boolean', description: 'Also a picture. Default: false' };
  const whole = (field: object) => ({
    properties: { default: field, list: { type: 'array', items: { properties: { a: field } } } },
    additionalProperties: { anyOf: [field, { oneOf: [field] }, { allOf: [field] }] },
  });
  expect(withSpokenDefaults(whole(flag))).toEqual(whole(said));
  expect(withSpokenDefaults({ default: 3 })).toEqual({ description: 'Default: 3' });
  expect(withSpokenDefaults({ additionalProperties: false })).toEqual({ additionalProperties: false });
});

it('leaves no default in a body that generators of clients would make something of', () => {
  const { paths, components } = publishedOpenApi('0.0.0');
  const bodies = Object.values(paths ?? {}).flatMap((path) =>
    Object.values(path).map((operation) => (operation as { requestBody?: object }).requestBody ?? {}),
  );
  const text = JSON.stringify([bodies, components?.schemas]);
  expect(text).toMatch(/Default: \\"float32\\"/);
  expect(text).not.toMatch(/"default":(?!\{)/);
});
