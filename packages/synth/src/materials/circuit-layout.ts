/** A conductor: the corners of its path as x, y, x, y, ... in world units, and half its width. */
export interface Trace {
  readonly path: readonly number[];
  readonly radius: number;
}

/** A two-terminal part; `x`, `y` is its center, `upright` means that its terminals lie above each other. */
export interface Chip {
  readonly kind: 'resistor' | 'capacitor' | 'diode';
  readonly x: number;
  readonly y: number;
  readonly upright: boolean;
  /** False: only the pads are there. */
  readonly fitted: boolean;
}

/** An integrated circuit with pins along its top and bottom. */
export interface Package {
  readonly x: number;
  readonly y: number;
  readonly halfWidth: number;
  readonly halfHeight: number;
  readonly pins: number;
  readonly pitch: number;
  readonly marking: string;
}

export interface Label {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  /** Height of the letters, world units. */
  readonly size: number;
}

/** A circuit board in the order in which it is made: copper, holes, print, parts. */
export interface CircuitLayout {
  readonly traces: readonly Trace[];
  readonly vias: readonly (readonly [number, number])[];
  readonly holes: readonly (readonly [number, number])[];
  readonly labels: readonly Label[];
  readonly packages: readonly Package[];
  readonly chips: readonly Chip[];
  /** Parts beside their pads. */
  readonly strayed: readonly Chip[];
  /** Solder where there should be none: lines from pad to pad. */
  readonly bridges: readonly Trace[];
}

const signal = 1.3;
const supply = 2.6;

/** The one board of this product line; every specimen of `printed-circuit` is this board. */
export function circuitLayout(): CircuitLayout {
  const chip = (kind: Chip['kind'], x: number, y: number, upright: boolean): Chip => ({
    kind,
    x,
    y,
    upright,
    fitted: true,
  });
  const label = (text: string, x: number, y: number): Label => ({ text, x, y, size: 7 });
  return {
    traces: [
      { path: [-50, -42, -50, -52, -66, -68, -85, -68], radius: signal },
      { path: [-42, -42, -42, -60, -66, -84, -85, -84], radius: signal },
      { path: [-34, -42, -34, -92], radius: signal },
      { path: [-18, -42, -18, -85, -11, -92], radius: signal },
      { path: [-2, -42, -2, -52, 18, -72, 66, -72], radius: signal },
      { path: [6, -42, 6, -49, 21, -64, 50, -64, 58, -56, 74, -56], radius: signal },
      { path: [3, -92, 30, -92, 38, -100, 131, -100], radius: supply },
      { path: [-131, -104, -60, -104, -47, -92], radius: supply },
      { path: [-131, -76, -108, -76, -99, -84], radius: supply },
      { path: [-108, -76, -99, -68], radius: supply },
      { path: [-50, 14, -50, 48, -74, 72, -74, 100], radius: signal },
      { path: [-42, 14, -42, 56, -58, 72, -58, 100], radius: signal },
      { path: [-34, 14, -34, 64, -42, 72, -42, 100], radius: signal },
      { path: [-26, 14, -26, 100], radius: signal },
      { path: [-18, 14, -18, 64, -10, 72, -10, 100], radius: signal },
      { path: [-10, 14, -10, 34, 10, 54, 10, 62, 29, 62], radius: signal },
      { path: [-2, 14, -2, 26, 10, 38, 40, 38, 43, 41, 43, 62], radius: signal },
      { path: [6, 14, 6, 20, 16, 30, 104, 30, 104, -7], radius: signal },
      { path: [62, -7, 62, 10, 72, 20, 82, 10, 82, -7], radius: signal },
      { path: [62, -21, 62, -34, 82, -34, 82, -21], radius: supply },
      { path: [82, -34, 104, -34, 104, -21], radius: supply },
      { path: [43, 62, 63, 62], radius: signal },
      { path: [77, 62, 100, 62, 100, 86, 131, 86], radius: supply },
      { path: [29, 84, 16, 84, 16, 112, 131, 112], radius: supply },
      { path: [43, 84, 63, 84, 77, 70, 77, 62], radius: signal },
      { path: [-90, 100, -90, 60, -95, 52], radius: signal },
      { path: [-81, 52, -70, 40, -70, -20, -131, -20], radius: supply },
      { path: [82, -88, 82, -100], radius: supply },
      { path: [-131, 8, -92, 8, -86, 2, -86, -8, -131, -8], radius: signal },
    ],
    vias: [
      [-66, -40],
      [-58, 30],
      [30, -50],
      [40, -20],
      [40, -8],
      [40, 4],
      [46, -44],
      [112, -60],
      [112, -72],
      [112, -84],
      [-110, 32],
      [-110, 44],
      [-118, 38],
      [112, 44],
      [112, 56],
      [-20, -112],
      [8, -112],
      [60, 100],
      [80, 100],
      [-72, -110],
    ],
    holes: [
      [-90, 100],
      [-74, 100],
      [-58, 100],
      [-42, 100],
      [-26, 100],
      [-10, 100],
    ],
    labels: [
      label('R11', -101, -96),
      label('R12', -101, -56),
      label('C4', -46, -106),
      label('C5', -8, -106),
      label('U3', 18, -34),
      label('U7', 92, -76),
      label('C9', 44, -28),
      label('R20', 88, -1),
      label('R21', 28, 48),
      label('R22', 62, 48),
      label('C13', 28, 95),
      label('D1', -104, 66),
      label('J1', -110, 98),
      label('REV 2', 56, -118),
    ],
    packages: [
      { x: -22, y: -14, halfWidth: 36, halfHeight: 22, pins: 8, pitch: 8, marking: 'U3 2071' },
      { x: 76, y: -72, halfWidth: 13, halfHeight: 9, pins: 3, pitch: 8, marking: 'A7' },
    ],
    chips: [
      chip('resistor', -92, -84, false),
      chip('resistor', -92, -68, false),
      chip('capacitor', -40, -92, false),
      chip('capacitor', -4, -92, false),
      chip('capacitor', 62, -14, true),
      chip('capacitor', 82, -14, true),
      chip('resistor', 104, -14, true),
      chip('resistor', 36, 62, false),
      chip('resistor', 70, 62, false),
      chip('capacitor', 36, 84, false),
      chip('diode', -88, 52, false),
    ],
    strayed: [],
    bridges: [],
  };
}
