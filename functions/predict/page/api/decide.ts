import type { DetectorSettings, DetectorSettingsBody } from '@cflow/spec';
import type { Client } from './client.js';

/** What may be decided for a detector; what is undefined is the bundle's own again. */
export type Decision = Pick<
  DetectorSettings,
  | 'threshold'
  | 'pixelThreshold'
  | 'falseAlarmRate'
  | 'minArea'
  | 'ignore'
  | 'keepImageDays'
  | 'version'
  | 'note'
>;

export function readSettings(client: Client, name: string): Promise<DetectorSettings> {
  return client.json<DetectorSettings>(`v1/detectors/${name}/settings`);
}

/** Saves a change to what is in force as the next revision: what it does not name stays. Refused when somebody was faster. */
export function decide(
  client: Client,
  before: DetectorSettings,
  { note, ...change }: Decision,
): Promise<DetectorSettings> {
  const { name, revision, by: _by, at: _at, note: _note, ...decided } = before;
  const body: DetectorSettingsBody = { ...decided, ...change, note, expected: revision };
  return client.json<DetectorSettings>(`v1/detectors/${name}/settings`, { method: 'PUT', json: body });
}
