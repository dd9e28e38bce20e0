export * from './color-map.js';
export * from './contact-sheet.js';
export * from './contours.js';
export { type Color, type DrawOptions, drawContours, drawRegions } from './draw.js';
export { type ColorScale, renderHeatMap, valueRange } from './heat-map.js';
export * from './map-pixels.js';
export * from './overlay.js';
export * from './report/render-report.js';
export * from './report/report-data.js';
