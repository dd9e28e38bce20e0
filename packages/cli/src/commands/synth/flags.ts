import type { MaterialName } from '@cflow/synth';

export interface SynthFlags {
  materials: MaterialName[];
  train: number;
  testGood: number;
  perDefect: number;
  size: number;
  seed: number;
  json?: true;
  quiet?: true;
}
