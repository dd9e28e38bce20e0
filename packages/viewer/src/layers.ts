import { anomalyPixels, anomalyScale, renderHeatMap } from '@cflow/visual';
import type { Findings } from './findings.js';
import { svg } from './svg.js';
import type { ViewerColors, ViewerMap, ViewerRegion, ViewerRegions } from './viewer-prediction.js';

interface Size {
  width: number;
  height: number;
}

/** What is laid over the picture: the map on a canvas of its own size, and lines around what stands out. */
export class Layers {
  readonly canvas: HTMLCanvasElement = document.createElement('canvas');
  readonly lines: SVGSVGElement = svg('svg', { preserveAspectRatio: 'none' });

  constructor() {
    this.canvas.className = 'map';
    this.lines.classList.add('lines');
  }

  /**
   * @param own The detector's pixel threshold, which colors go by.
   * @param threshold The pixel threshold in use.
   * @param size Of the picture, which findings are counted in.
   */
  draw(
    map: ViewerMap | undefined,
    { label, regions, peak }: Findings,
    {
      own,
      threshold,
      size,
      colors,
      marks,
    }: {
      own: number;
      threshold: number;
      size: Size | undefined;
      colors: ViewerColors;
      marks: ViewerRegions;
    },
  ): void {
    const all = colors === 'spectrum';
    if (!map || (label === 'good' && !all)) {
      this.clear();
      return;
    }
    const { width, height } = map;
    const picture = size ?? map;
    // Setting a size clears the canvas as well.
    this.canvas.width = width;
    this.canvas.height = height;
    const context = this.canvas.getContext('2d');
    const pixels = all
      ? opaque(renderHeatMap(map, { min: 0, max: 2 * own }).data)
      : anomalyPixels(map, anomalyScale(own, threshold), colors);
    context?.putImageData(new ImageData(pixels, width, height), 0, 0);
    this.lines.setAttribute('viewBox', `0 0 ${picture.width} ${picture.height}`);
    const shapes =
      marks === 'none' || label === 'good'
        ? []
        : peak
          ? [ring(picture, peak)]
          : marks === 'boxes'
            ? regions.map(({ box }) => svg('rect', { ...box }))
            : [svg('path', { d: regions.map(outline).join('') })];
    // Light on dark, so that the line is seen on any picture.
    this.lines.replaceChildren(
      ...shapes.map((shape) => {
        const under = shape.cloneNode(true) as SVGElement;
        under.classList.add('under');
        return under;
      }),
      ...shapes,
    );
  }

  clear(): void {
    this.canvas.width = 1;
    this.canvas.height = 1;
    this.lines.replaceChildren();
  }
}

function outline({ polygon }: ViewerRegion): string {
  return `M${polygon.map(([x, y]) => `${x} ${y}`).join('L')}Z`;
}

function ring({ width, height }: Size, { x, y }: { x: number; y: number }): SVGElement {
  const shape = svg('ellipse', { cx: x + 0.5, cy: y + 0.5, rx: width / 14, ry: height / 14 });
  shape.classList.add('peak');
  return shape;
}

function opaque(rgb: Uint8Array): Uint8ClampedArray<ArrayBuffer> {
  const rgba = new Uint8ClampedArray((rgb.length / 3) * 4).fill(150);
  for (let from = 0, to = 0; from < rgb.length; from += 3, to += 4) {
    for (let c = 0; c < 3; c++) rgba[to + c] = rgb[from + c]!;
  }
  return rgba;
}
