const MOST = 16;
const STEP = 1.5;

/** Zoom and place of what is inside a frame: by wheel with Ctrl or two fingers, by dragging, by keys and by call. */
export class Zoom {
  #factor = 1;
  /** Of the content's corner, in pixels of the frame. */
  #x = 0;
  #y = 0;
  readonly #pointers = new Map<number, PointerEvent>();
  readonly #frame: HTMLElement;
  readonly #content: HTMLElement;
  /** Whether it listens: otherwise the frame is only a picture in a page that scrolls. */
  active = false;

  constructor(frame: HTMLElement, content: HTMLElement) {
    this.#frame = frame;
    this.#content = content;
    frame.addEventListener(
      'wheel',
      (event) => {
        // A wheel alone scrolls the page; browsers report a pinch on a touchpad as one with Ctrl.
        if (!this.active || !(event.ctrlKey || event.metaKey)) return;
        event.preventDefault();
        this.#by(Math.exp(-event.deltaY / 300), event);
      },
      { passive: false },
    );
    frame.addEventListener('dblclick', (event) => {
      if (this.active) this.#factor > 1 ? this.reset() : this.#by(3, event);
    });
    frame.addEventListener('pointerdown', (event) => this.#press(event));
    frame.addEventListener('pointermove', (event) => this.#drag(event));
    for (const end of ['pointerup', 'pointercancel'] as const)
      frame.addEventListener(end, ({ pointerId }) => this.#pointers.delete(pointerId));
    frame.addEventListener('keydown', (event) => this.#onKey(event));
  }

  get value(): number {
    return this.#factor;
  }

  in(): void {
    this.#by(STEP);
  }

  out(): void {
    this.#by(1 / STEP);
  }

  reset(): void {
    this.#factor = 1;
    this.#x = 0;
    this.#y = 0;
    this.#apply();
  }

  /** @param at What stays where it is, in pixels of the window. Default: the middle. */
  #by(factor: number, at?: { clientX: number; clientY: number }): void {
    const { left, top, width, height } = this.#frame.getBoundingClientRect();
    const [x, y] = at ? [at.clientX - left, at.clientY - top] : [width / 2, height / 2];
    const next = Math.min(MOST, Math.max(1, this.#factor * factor));
    this.#x = x - ((x - this.#x) * next) / this.#factor;
    this.#y = y - ((y - this.#y) * next) / this.#factor;
    this.#factor = next;
    this.#apply();
  }

  #move(x: number, y: number): void {
    this.#x += x;
    this.#y += y;
    this.#apply();
  }

  #apply(): void {
    const { clientWidth, clientHeight } = this.#frame;
    this.#x = Math.min(0, Math.max(clientWidth * (1 - this.#factor), this.#x));
    this.#y = Math.min(0, Math.max(clientHeight * (1 - this.#factor), this.#y));
    this.#content.style.transform =
      this.#factor === 1 ? '' : `translate(${this.#x}px, ${this.#y}px) scale(${this.#factor})`;
    this.#content.style.setProperty('--zoom', String(this.#factor));
    this.#frame.classList.toggle('zoomed', this.#factor > 1);
  }

  #press(event: PointerEvent): void {
    if (!this.active) return;
    this.#pointers.set(event.pointerId, event);
    if (this.#factor > 1 || this.#pointers.size > 1) this.#frame.setPointerCapture(event.pointerId);
  }

  #drag(event: PointerEvent): void {
    const before = this.#pointers.get(event.pointerId);
    if (!before) return;
    const [first, second] = [...this.#pointers.values()];
    this.#pointers.set(event.pointerId, event);
    if (!second) {
      if (this.#factor > 1) this.#move(event.clientX - before.clientX, event.clientY - before.clientY);
      return;
    }
    const other = first?.pointerId === event.pointerId ? second : first!;
    const distance = (to: PointerEvent): number =>
      Math.max(1, Math.hypot(to.clientX - other.clientX, to.clientY - other.clientY));
    this.#by(distance(event) / distance(before), {
      clientX: (event.clientX + other.clientX) / 2,
      clientY: (event.clientY + other.clientY) / 2,
    });
  }

  #onKey(event: KeyboardEvent): void {
    if (!this.active || event.ctrlKey || event.metaKey || event.altKey || event.target !== this.#frame)
      return;
    const step = 60;
    const keys: Record<string, () => void> = {
      '+': () => this.in(),
      '=': () => this.in(),
      '-': () => this.out(),
      '0': () => this.reset(),
      ...(this.#factor > 1 && {
        ArrowLeft: () => this.#move(step, 0),
        ArrowRight: () => this.#move(-step, 0),
        ArrowUp: () => this.#move(0, step),
        ArrowDown: () => this.#move(0, -step),
      }),
    };
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }
}
