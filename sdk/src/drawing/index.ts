export { type ColorMapName, type ColorScale, colorTable, heatMapPixels } from './heat-map.js';
export { drawContours, drawRegions, type LineStyle } from './lines.js';
export { drawHeatMap, drawOverlay, type OverlayOptions, overlayPixels } from './overlay.js';
