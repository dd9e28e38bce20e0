import type { Region } from '@cflow/spec';
import type { RuleAlarm } from './rules/rules.js';

/** What became of one frame: what the journal keeps and every sink gets. */
export interface Result {
  /** The same however often it is delivered: the line's id, a dash, the sequence number. */
  id: string;
  /** Counts what the line has accepted, from 1, without gaps. */
  sequence: number;
  /** The source's name. */
  source: string;
  /** The frame's number at its source. */
  number: number;
  /** When the frame was taken, ISO 8601 in UTC. */
  time: string;
  name: string;
  /** The file that it was, where it was one. */
  file?: { path: string; stamp: string };
  /** The detector's name. */
  detector: string;
  /** What the detector says of this frame alone; null when it could not be read. */
  label: 'good' | 'bad' | null;
  score: number | null;
  /** Probability that a good image scores at least as high. */
  falseAlarmProbability: number | null;
  threshold: number;
  /** Present where products may be rounded to TF32; absent, they are exact. */
  precisionMode?: 'throughput';
  /** In pixels of the picture, whose size is `imageSize`. */
  regions: Region[];
  mapSize?: { width: number; height: number };
  imageSize?: { width: number; height: number };
  /** Why it could not be read. */
  error?: string;
  /** What the rules make of it and of the frames before; without rules the label. */
  verdict: 'good' | 'bad' | null;
  /** What the rules raise. */
  alarms: RuleAlarm[];
  /** Of the trace that it is a part of, where there is one, as W3C Trace Context has it. */
  traceparent?: string;
  /** Where its picture was kept. */
  pictureFile?: string;
}
