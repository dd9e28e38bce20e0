/** An anomaly map: one value per pixel, row-major, `height * width` values. */
export interface ViewerMap {
  width: number;
  height: number;
  data: Float32Array;
}

/**
 * What the viewer needs of a prediction; one of `@cflow/sdk` with `map: true` has all of it. Without a map it can say what
 * was judged, but not show where.
 */
export interface ViewerPrediction {
  score: number;
  /** Score from which the picture is bad. */
  threshold: number;
  /** Map value from which a pixel is anomalous. */
  pixelThreshold: number;
  map?: ViewerMap | undefined;
  /** Size of the picture, upright: what the viewer's shape is where the picture cannot be shown. */
  original?: { width: number; height: number } | undefined;
}

/** What stands out in one place, in pixels of the picture: of `original`, or of the map where that is not said. */
export interface ViewerRegion {
  box: { x: number; y: number; width: number; height: number };
  area: number;
  /** Corners of its outline, the last joined to the first. */
  polygon: [x: number, y: number][];
  peak: { x: number; y: number; value: number };
}

/** How anomalies are colored: in one color, or all of the map in false colors, also what is below the threshold. */
export type ViewerColors = 'red' | 'blue' | 'yellow' | 'spectrum';

/** How regions are marked. */
export type ViewerRegions = 'outlines' | 'boxes' | 'none';
