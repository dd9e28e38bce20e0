import type { BundleManifest, Prediction } from '@cflow/sdk';
import type { Client } from '../api/client.js';
import type { Decisions } from '../api/decisions.js';
import { byId } from '../dom/by-id.js';
import type { ChosenDetector } from '../places/chosen-detector.js';
import type { Places } from '../places/places.js';
import { VersionState } from './version-state.js';

/** What the page knows of each version that has scored something. */
export class VersionStates {
  readonly #states = new Map<string, VersionState>();

  readonly #client: Client;
  readonly #decisions: Decisions;
  readonly #places: Pick<Places, 'manifestOf'>;
  readonly #onCalibrated: () => void;

  constructor(
    client: Client,
    places: Pick<Places, 'manifestOf'>,
    decisions: Decisions,
    onCalibrated: () => void,
  ) {
    this.#client = client;
    this.#decisions = decisions;
    decisions.on((settings) => {
      for (const state of this.#states.values()) if (state.name === settings.name) state.decide(settings);
      onCalibrated();
    });
    this.#places = places;
    this.#onCalibrated = onCalibrated;
  }

  find(chosen: ChosenDetector | undefined): VersionState | undefined {
    return this.#states.get(`${chosen?.name}@${chosen?.version}`);
  }

  of(prediction: Prediction): VersionState {
    const { name, version } = prediction.detector;
    const key = `${name}@${version}`;
    let state = this.#states.get(key);
    if (!state) {
      state = new VersionState(prediction);
      this.#states.set(key, state);
      void this.#calibrate(state);
    }
    return state;
  }

  /** Makes the threshold that of the detector, for everyone who uses it from now on. */
  async save(state: VersionState): Promise<void> {
    const { threshold, pixelThreshold, version, settings } = state;
    if (!settings) return;
    // One or the other.
    const falseAlarmRate = undefined;
    await this.#decisions.save(settings, { threshold, pixelThreshold, version, falseAlarmRate });
  }

  /** Without the right to read the manifest, there is a threshold but no false-alarm rate. */
  async #calibrate(state: VersionState): Promise<void> {
    type Manifest = Pick<BundleManifest, 'calibration'>;
    const here = this.#places.manifestOf(state.version) as Manifest | undefined;
    try {
      const [manifest, settings] = await Promise.all([
        here ??
          this.#client.service.detectors.version(state.name, state.version).then((found) => found.manifest),
        // The service does not have what was trained in this tab.
        this.#decisions.read(state.name).catch(() => undefined),
      ]);
      state.calibrations = (manifest as Manifest).calibration;
      if (settings) state.decide(settings);
      this.#onCalibrated();
    } catch {
      byId('false-alarm-rate').title = 'The service does not let this key read the calibration.';
    }
  }
}
