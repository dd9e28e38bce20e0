import {
  backboneKey,
  checkGraphs,
  Detector,
  openBackbone,
  openHead,
  probeGraphs,
  readProbe,
  type VerifiedBundle,
} from '@cflow/detector';
import type { DeviceCandidate, Runtime, Session } from '@cflow/runtime';
import type { LocalDevice } from '../types.js';
import { Shared } from './shared.js';

/** Images that run at once: a wasm thread gains nothing from more, and memory is short. */
const MAX_BATCH: Record<LocalDevice, number> = { webgpu: 8, wasm: 2 };

/** A detector on a device, as part of what the detectors of a page share. */
export interface OpenDetector {
  detector: Detector;
  runtime: Runtime;
  close(): Promise<void>;
}

/** Opens bundles so that detectors share the place on the device, and the backbone where it is the same. */
export class Opener {
  readonly #runtimes: Shared<Runtime> = new Shared(
    (runtime) => runtime.dispose(),
    ({ failure }) => failure === undefined,
  );
  readonly #backbones: WeakMap<Runtime, Shared<Session>> = new WeakMap();

  /** @throws DeviceError when the device gives other numbers than the bundle's golden probe demands */
  async open(bundle: VerifiedBundle, candidate: DeviceCandidate): Promise<OpenDetector> {
    const { manifest } = bundle;
    const probe = readProbe(bundle);
    const uses: { release(): Promise<void> }[] = [];
    // Sessions before the place that they are in.
    const close = async (): Promise<void> => {
      for (const use of uses.reverse().splice(0)) await use.release();
    };
    try {
      const place = await this.#runtimes.use(candidate.device, () => candidate.createRuntime());
      uses.push(place);
      const runtime = place.value;
      const backbones = this.#backbonesOf(runtime);
      const backbone = await backbones.use(backboneKey(manifest), () => openBackbone(runtime, bundle));
      uses.push(backbone);
      const head = await openHead(runtime, bundle);
      uses.push({ release: () => head.dispose() });
      checkGraphs(bundle, backbone.value, head);
      await probeGraphs(backbone.value, head, probe);
      const detector = new Detector({
        manifest,
        runtime,
        backbone: backbone.value,
        head,
        maxBatch: MAX_BATCH[candidate.device as LocalDevice],
        dispose: close,
      });
      return { detector, runtime, close };
    } catch (error) {
      await close();
      throw error;
    }
  }

  #backbonesOf(runtime: Runtime): Shared<Session> {
    let backbones = this.#backbones.get(runtime);
    if (!backbones) {
      backbones = new Shared((session) => session.dispose());
      this.#backbones.set(runtime, backbones);
    }
    return backbones;
  }
}
