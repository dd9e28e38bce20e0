/** What is drawn on: the 2D context of a canvas on a page or off it. */
export type CanvasContext = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;
