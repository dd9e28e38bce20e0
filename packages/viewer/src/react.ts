import { createElement, type ReactElement, type ReactNode, useEffect, useRef } from 'react';
import type { CflowViewer, ViewerColors, ViewerPrediction, ViewerRegions } from './index.js';
import './index.js';

export interface ViewerProps {
  /** Address of the picture, or the picture itself. Not needed where it is given as a child. */
  src?: string | Blob | undefined;
  /** What the picture is called, for those who cannot see it. */
  alt?: string | undefined;
  prediction?: ViewerPrediction | undefined;
  /** Default: the prediction's. */
  threshold?: number | undefined;
  /** Default: the prediction's. */
  pixelThreshold?: number | undefined;
  /** Default `red`. */
  colors?: ViewerColors | undefined;
  /** Default `outlines`. */
  regions?: ViewerRegions | undefined;
  controls?: boolean | undefined;
  legend?: boolean | undefined;
  className?: string | undefined;
  /** Called when somebody moves the threshold of the toolbar. */
  onThreshold?: ((threshold: number) => void) | undefined;
  /** An `img`, a `video` or a `canvas`, in place of `src`. */
  children?: ReactNode;
}

/** `<cflow-viewer>` for React 18 and later. */
export function Viewer(props: ViewerProps): ReactElement {
  const { src, alt = '', prediction, threshold, pixelThreshold, className, onThreshold, children } = props;
  const { colors = 'red', regions = 'outlines', controls = false, legend = false } = props;
  const viewer = useRef<CflowViewer | null>(null);
  // As properties: React 18 would make attributes of them.
  useEffect(() => {
    if (viewer.current) viewer.current.src = src;
  }, [src]);
  useEffect(() => {
    if (!viewer.current) return;
    Object.assign(viewer.current, { alt, prediction, threshold, pixelThreshold });
    Object.assign(viewer.current, { colors, regions, controls, legend });
  }, [alt, prediction, threshold, pixelThreshold, colors, regions, controls, legend]);
  useEffect(() => {
    const node = viewer.current;
    if (!node || !onThreshold) return;
    const listener = (event: CustomEvent<{ threshold: number }>): void => onThreshold(event.detail.threshold);
    node.addEventListener('cflow-threshold', listener);
    return () => node.removeEventListener('cflow-threshold', listener);
  }, [onThreshold]);
  return createElement(
    'cflow-viewer',
    { ref: viewer, ...(className !== undefined && { class: className }) },
    children,
  );
}
