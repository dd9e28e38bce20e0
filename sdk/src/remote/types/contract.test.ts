import type * as spec from '@cflow/spec';
import { PROBLEM_CODES, problemSchema } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import type { DeviceName, Region as SdkRegion } from '../../detector.js';
import type * as manifest from './bundle-manifest.js';
import type * as job from './job.js';
import type * as jobEvent from './job-event.js';
import type * as metrics from './metrics.js';
import type * as registry from './registry.js';
import type * as service from './service.js';

// Each is assignable to the other, and has its fields, optional ones too: checked by the compiler (npm run typecheck), which fails
// here when they part.
type Same<A, B> = [A, keyof A] extends [B, keyof B]
  ? [B, keyof B] extends [A, keyof A]
    ? true
    : false
  : false;
type Equal = [
  Same<service.Problem, spec.Problem>,
  Same<service.ProblemCode, spec.ProblemCode>,
  Same<service.Feedback, spec.Feedback>,
  Same<service.Drift, spec.Drift>,
  Same<registry.DetectorSummary, spec.DetectorSummary>,
  Same<registry.VersionSummary, spec.VersionSummary>,
  Same<registry.VersionDetail, spec.VersionDetail>,
  Same<registry.DetectorSettings, spec.DetectorSettings>,
  Same<registry.ShadowReport, spec.ShadowReport>,
  Same<manifest.BundleManifest, spec.BundleManifest>,
  Same<manifest.DetectorConfiguration, spec.DetectorConfiguration>,
  Same<manifest.ScoreCalibration, spec.ScoreCalibration>,
  Same<metrics.Metrics, spec.Metrics>,
  Same<job.Job, spec.Job>,
  Same<job.JobRequest, spec.JobRequest>,
  Same<job.JobSettings & { dataSet: job.DataSetReference }, spec.JobRequestInput>,
  Same<jobEvent.JobEvent, spec.JobEvent>,
  Same<job.DataSetUpload, spec.DataSetUpload>,
  Same<job.StoredDataSet, spec.StoredDataSet>,
  Same<SdkRegion, spec.Region>,
  Same<DeviceName, spec.DeviceChoice>,
];
const equal: Equal = [
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
];

describe("the SDK's own types", () => {
  it('say the same as the schemas of the service', () => {
    expect(equal.every(Boolean)).toBe(true);
  });

  it('name every kind of problem that there is', () => {
    const problem: service.Problem = problemSchema.parse({
      type: 'urn:cflow:problem:internal',
      title: '-',
      status: 500,
      detail: '-',
      code: PROBLEM_CODES.at(-1),
      requestId: '-',
    });
    expect(problem.code).toBe('interrupted');
  });
});
