import type { DrawnRegions } from '@cflow/sdk';
import { svg } from '../dom/element.js';

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Of what the service takes. */
const MOST = 16;
/** In pixels of the picture: anything smaller is a slip of the hand. */
const LEAST_SIDE = 2;

/** A picture to draw rectangles on, in its own pixels whatever size it is shown at. */
export class RegionDrawing {
  readonly node: SVGSVGElement = svg('svg', { class: 'drawing', role: 'img' });
  readonly #onChange: () => void;
  readonly #picture = svg('image', {});
  readonly #shapes = svg('g', {});
  #boxes: Box[] = [];
  #size = { width: 1, height: 1 };
  #from: { x: number; y: number } | undefined;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
    this.node.append(this.#picture, this.#shapes);
    this.node.addEventListener('pointerdown', (event) => {
      if (event.button !== 0 || this.#boxes.length >= MOST) return;
      this.node.setPointerCapture(event.pointerId);
      this.#from = this.#at(event);
    });
    this.node.addEventListener('pointermove', (event) => {
      if (this.#from) this.#draw(boxBetween(this.#from, this.#at(event)));
    });
    this.node.addEventListener('pointerup', (event) => {
      if (!this.#from) return;
      const box = boxBetween(this.#from, this.#at(event));
      this.#from = undefined;
      if (box.width >= LEAST_SIDE && box.height >= LEAST_SIDE) this.#boxes.push(box);
      this.#changed();
    });
    this.node.addEventListener('pointercancel', () => {
      this.#from = undefined;
      this.#draw();
    });
  }

  show(address: string, name: string, size: { width: number; height: number }): void {
    this.#size = size;
    this.#boxes = [];
    this.node.setAttribute('viewBox', `0 0 ${size.width} ${size.height}`);
    this.node.setAttribute('aria-label', name);
    this.#picture.setAttribute('href', address);
    this.#picture.setAttribute('width', String(size.width));
    this.#picture.setAttribute('height', String(size.height));
    this.#draw();
  }

  /** Adds rectangles, as far as there is room for more. */
  add(boxes: readonly Box[]): void {
    this.#boxes.push(...boxes.slice(0, MOST - this.#boxes.length));
    this.#changed();
  }

  undo(): void {
    this.#boxes.pop();
    this.#changed();
  }

  get count(): number {
    return this.#boxes.length;
  }

  /** Undefined where nothing was drawn. */
  get regions(): DrawnRegions | undefined {
    if (this.#boxes.length === 0) return undefined;
    const { width, height } = this.#size;
    const outlines = this.#boxes.map((box): [number, number][] => {
      const [left, top] = [Math.round(box.x), Math.round(box.y)];
      const [right, bottom] = [Math.round(box.x + box.width), Math.round(box.y + box.height)];
      return [
        [left, top],
        [right, top],
        [right, bottom],
        [left, bottom],
      ];
    });
    return { width, height, outlines };
  }

  #changed(): void {
    this.#draw();
    this.#onChange();
  }

  #draw(open?: Box): void {
    const all = open ? [...this.#boxes, open] : this.#boxes;
    this.#shapes.replaceChildren(
      ...all.map(({ x, y, width, height }) => svg('rect', { class: 'drawn', x, y, width, height })),
    );
  }

  /** Where the pointer is, in pixels of the picture and inside of it. */
  #at({ clientX, clientY }: PointerEvent): { x: number; y: number } {
    const matrix = this.node.getScreenCTM()?.inverse();
    const { x, y } = new DOMPoint(clientX, clientY).matrixTransform(matrix);
    return {
      x: Math.min(this.#size.width, Math.max(0, x)),
      y: Math.min(this.#size.height, Math.max(0, y)),
    };
  }
}

function boxBetween(a: { x: number; y: number }, b: { x: number; y: number }): Box {
  return {
    x: Math.min(a.x, b.x),
    y: Math.min(a.y, b.y),
    width: Math.abs(a.x - b.x),
    height: Math.abs(a.y - b.y),
  };
}
