import {
  type Feedback,
  type Job,
  type JobEvent,
  jobRequestSchema,
  type PredictionResult,
  type VersionSummary,
} from '@cflow/spec';

export const VERSION = '5f0c1f3c0a1f4ce1b1a2f3fb3a1e7a9a5f0c1f3c0a1f4ce1b1a2f3fb3a1e7a9a';

export const PREDICTION: PredictionResult = {
  id: 'WyJ3b29kIiwi.R0qvLm4E',
  image: 0,
  detector: { name: 'wood', version: VERSION, device: 'cpu' },
  score: 2.731,
  falseAlarmProbability: 0.0004,
  label: 'bad',
  threshold: 2.214,
  pixelThreshold: 2.214,
  original: { width: 1024, height: 1024 },
  mapSize: { width: 256, height: 256 },
  regions: [
    {
      box: { x: 384, y: 520, width: 96, height: 44 },
      area: 2992,
      polygon: [
        [384, 536],
        [412, 520],
        [468, 528],
        [480, 552],
        [436, 564],
      ],
      peak: { x: 434, y: 542, value: 2.731 },
      score: 2.731,
    },
  ],
};

export const SUMMARY: VersionSummary = {
  name: 'wood',
  version: VERSION,
  createdAt: '2026-01-01T12:00:00.000Z',
  aliases: ['latest', 'production'],
  bytes: 23_068_672,
};

export const FEEDBACK: Feedback = {
  prediction: PREDICTION.id,
  name: 'wood',
  version: VERSION,
  score: 2.731,
  label: 'good',
  note: 'only dust',
  predictedAt: '2026-01-02T08:30:00.000Z',
  createdAt: '2026-01-02T09:00:00.000Z',
};

const JOB_ID = '0b7f7c0e-2f6b-4a53-9a0e-6d0b0f0e7c11';

export const JOB: Job = {
  id: JOB_ID,
  status: 'running',
  request: jobRequestSchema.parse({ name: 'wood', dataSet: { path: 'data-sets/wood.zip' } }),
  createdAt: '2026-01-01T11:00:00.000Z',
  startedAt: '2026-01-01T11:00:02.000Z',
  finishedAt: null,
  attempt: 1,
  cancelRequested: false,
  progress: { fraction: 0.4, phase: 'training' },
  dataSet: null,
  comparison: null,
  result: null,
  error: null,
};

export const JOB_EVENT: JobEvent = {
  id: 3,
  job: JOB_ID,
  at: '2026-01-01T11:00:10.000Z',
  type: 'progress',
  data: { fraction: 0.4, phase: 'training' },
};
