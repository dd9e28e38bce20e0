import { createConfig, lintFromString } from '@redocly/openapi-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openApiDocument } from '../openapi/open-api-document.js';
import { publishedOpenApi } from '../openapi/published-open-api.js';
import { feedbackSuite } from '../testing/feedback-suite.js';
import { frameSuite } from '../testing/frame-suite.js';
import { hostsSuite } from '../testing/hosts-suite.js';
import { jobsSuite } from '../testing/jobs-suite.js';
import { openInferenceSuite } from '../testing/open-inference-suite.js';
import { predictSuite } from '../testing/predict-suite.js';
import { protocolsSuite } from '../testing/protocols-suite.js';
import { registrySuite } from '../testing/registry-suite.js';
import { reviewSuite } from '../testing/review-suite.js';
import { createTestService, type TestService } from '../testing/test-service.js';
import { createApp } from './create-app.js';

let service: TestService;
beforeAll(async () => {
  service = await createTestService();
});
afterAll(() => service?.close());
const get = (): TestService => service;

predictSuite(get);
feedbackSuite(get);
reviewSuite(get);
registrySuite(get);
jobsSuite(get);
hostsSuite(get);
protocolsSuite(get);
openInferenceSuite(get);
frameSuite(get);

// After all others: what they have seen is compared with what is promised.
describe('the OpenAPI document', () => {
  it('promises nothing that was not seen, and all that was', () => {
    expect(service.recorder.undocumented()).toEqual([]);
    expect(service.recorder.unseen()).toEqual([]);
    expect(service.recorder.wrong()).toEqual([]);
  });

  it('passes the recommended rules of a public linter', async () => {
    const document = openApiDocument(createApp(service.parts, service.extras), service.parts.version);
    const config = await createConfig({ extends: ['recommended'] });
    const problems = await lintFromString({ source: JSON.stringify(document), config });
    expect(
      problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer}`),
    ).toEqual([]);
  });

  it('can be published without a service', () => {
    const { parts, extras } = service;
    expect(publishedOpenApi(parts.version, extras)).toEqual(
      openApiDocument(createApp(parts, extras), parts.version),
    );
  });

  it('has an operation id, a tag and a summary for each operation, each id once', () => {
    const document = openApiDocument(createApp(service.parts, service.extras), service.parts.version);
    const operations = Object.values(document.paths ?? {}).flatMap((path) => Object.values(path));
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(
      operations.filter(({ operationId, summary, tags }) => !(operationId && summary && tags?.length === 1)),
    ).toEqual([]);
  });
});
