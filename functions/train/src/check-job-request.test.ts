import { expect, it } from 'vitest';
import { checkJobRequest } from './check-job-request.js';

const asked = (configuration: object) => () =>
  checkJobRequest({ configuration } as Parameters<typeof checkJobRequest>[0]);

it('refuses layers that the backbone does not have before anything is fetched', () => {
  expect(asked({ backbone: 'resnet18', layers: ['layer2', 'layer3'] })).not.toThrow();
  expect(asked({ backbone: 'resnet18.a1_in1k', layers: ['layer9'] })).toThrow(/no layer "layer9"/);
  expect(asked({ backbone: 'resnet18', layers: ['layer2', 'layer2'] })).toThrow(/named twice/);
});
