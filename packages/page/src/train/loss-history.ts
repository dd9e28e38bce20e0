/** One point of a curve. */
export interface LossPoint {
  /** Epochs done, with fraction. */
  epoch: number;
  loss: number;
}

export interface LossCurve {
  layer: string;
  kind: 'training' | 'held-out';
  points: LossPoint[];
}

/** Most points of a curve; beyond that every other one is dropped. */
const MAX_POINTS = 400;

/** What the training events of a job say about the loss, layer by layer. */
export class LossHistory {
  readonly #byKey = new Map<string, LossCurve>();
  readonly #strides = new Map<string, { every: number; seen: number }>();

  /** Takes `epoch` and `progress` events, and ignores all others. True when something was added. */
  add(data: Readonly<Record<string, unknown>>): boolean {
    const { type, layer, epoch, loss, heldOut } = data;
    if (typeof layer !== 'string' || typeof epoch !== 'number' || !isNumber(loss)) return false;
    if (type !== 'epoch' && type !== 'progress') return false;
    this.#push(layer, 'training', { epoch, loss });
    if (type === 'epoch' && isNumber(heldOut)) this.#push(layer, 'held-out', { epoch, loss: heldOut });
    return true;
  }

  get curves(): LossCurve[] {
    // Shallow to deep, as they are numbered.
    return [...this.#byKey.values()].sort((a, b) => a.layer.localeCompare(b.layer, 'en', { numeric: true }));
  }

  #push(layer: string, kind: LossCurve['kind'], point: LossPoint): void {
    const key = `${kind} ${layer}`;
    let curve = this.#byKey.get(key);
    let stride = this.#strides.get(key);
    if (!curve || !stride) {
      curve = { layer, kind, points: [] };
      stride = { every: 1, seen: 0 };
      this.#byKey.set(key, curve);
      this.#strides.set(key, stride);
    }
    // An attempt that continues from a checkpoint reports some epochs again.
    while (curve.points.length > 0 && curve.points.at(-1)!.epoch > point.epoch) curve.points.pop();
    if (stride.seen++ % stride.every !== 0) return;
    curve.points.push(point);
    if (curve.points.length > MAX_POINTS) {
      curve.points = curve.points.filter((_, i) => i % 2 === 0);
      stride.every *= 2;
    }
  }
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
