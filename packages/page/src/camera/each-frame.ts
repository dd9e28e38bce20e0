/**
 * Calls back for every frame that a video shows, as soon as it is there, with the number of frames since the last call;
 * until the signal aborts.
 */
export function eachFrame(
  video: HTMLVideoElement,
  onFrame: (count: number, at: number) => void,
  signal: AbortSignal,
): void {
  if (!('requestVideoFrameCallback' in video)) {
    eachRepaint(video, onFrame, signal);
    return;
  }
  let before: number | undefined;
  const next = (): void => {
    const handle = video.requestVideoFrameCallback((at, { presentedFrames }) => {
      signal.removeEventListener('abort', cancel);
      if (signal.aborted) return;
      onFrame(before === undefined ? 1 : presentedFrames - before, at);
      before = presentedFrames;
      next();
    });
    const cancel = (): void => video.cancelVideoFrameCallback(handle);
    signal.addEventListener('abort', cancel, { once: true });
  };
  next();
}

/** Where a browser does not report frames: whenever the video's time has changed. */
function eachRepaint(
  video: HTMLVideoElement,
  onFrame: (count: number, at: number) => void,
  signal: AbortSignal,
): void {
  let before = -1;
  const look = (at: number): void => {
    if (signal.aborted) return;
    if (video.currentTime !== before) onFrame(1, at);
    before = video.currentTime;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}
