import { expect, it } from 'vitest';
import { telemetrySettings } from './telemetry-settings.js';

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318' };

it('asks for what the variables of OpenTelemetry name, and for nothing without them', () => {
  const asked = (env: Record<string, string>): string[] => {
    const settings = telemetrySettings(env);
    return [...(settings?.traces ? ['traces'] : []), ...(settings?.metrics ? ['metrics'] : [])];
  };
  expect(telemetrySettings({})).toBeUndefined();
  expect(telemetrySettings({ OTEL_SERVICE_NAME: 'x', OTEL_TRACES_SAMPLER: 'always_on' })).toBeUndefined();
  expect(asked(ENDPOINT)).toEqual(['traces', 'metrics']);
  expect(asked({ ...ENDPOINT, OTEL_METRICS_EXPORTER: 'none' })).toEqual(['traces']);
  expect(asked({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://localhost/x' })).toEqual(['traces']);
  expect(asked({ OTEL_METRICS_EXPORTER: 'otlp' })).toEqual(['metrics']);
  expect(telemetrySettings({ ...ENDPOINT, OTEL_SDK_DISABLED: 'True' })).toBeUndefined();
  expect(telemetrySettings({ ...ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json' })).toMatchObject({
    tracesAs: 'http/json',
    metricsAs: 'http/protobuf',
  });
});

it('refuses what it cannot do, by the name of the variable', () => {
  expect(() => telemetrySettings({ OTEL_TRACES_EXPORTER: 'zipkin' })).toThrow(
    /OTEL_TRACES_EXPORTER: expected otlp or none, got "zipkin"/,
  );
  expect(() => telemetrySettings({ ...ENDPOINT, OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'grpc' })).toThrow(
    /OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: expected http\/protobuf or http\/json, got "grpc"/,
  );
});
