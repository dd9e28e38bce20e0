import { CflowViewer } from './viewer.js';

export type {
  ViewerColors,
  ViewerMap,
  ViewerPrediction,
  ViewerRegion,
  ViewerRegions,
} from './viewer-prediction.js';
export { CflowViewer };

declare global {
  interface HTMLElementTagNameMap {
    'cflow-viewer': CflowViewer;
  }
  interface HTMLElementEventMap {
    'cflow-threshold': CustomEvent<{ threshold: number }>;
  }
}

// Not on a server; and once, however often a page loads it.
if (globalThis.customElements && !customElements.get('cflow-viewer'))
  customElements.define('cflow-viewer', CflowViewer);
