// @ts-check
// Everything of the SDK is in the global `cflow`.
const { CflowError, drawContours, drawOverlay, loadDetector } = cflow;

// Where the bundle is: a folder with its files, or a detector of a service, as page.html?bundle=…
const bundle = new URLSearchParams(location.search).get('bundle') ?? 'bundle/';

const input = /** @type {HTMLInputElement} */ (document.querySelector('input'));
const status = /** @type {HTMLElement} */ (document.querySelector('[role=status]'));
const canvas = /** @type {HTMLCanvasElement} */ (document.querySelector('canvas'));
const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));

/** @param {unknown} error */
function tell(error) {
  if (!CflowError.isInstance(error)) throw error;
  // The message says what to do.
  status.textContent = error.message;
}

async function start() {
  const detector = await loadDetector(bundle, {
    onProgress: ({ stage, done, total }) => {
      status.textContent = `${stage} ${Math.round((100 * done) / total)} %`;
    },
  });
  status.textContent = `${detector.name} is ready on ${detector.device}`;
  input.disabled = false;
  input.addEventListener('change', () => {
    const [file] = input.files ?? [];
    if (file) score(detector, file).catch(tell);
  });
}

/**
 * @param {import('@cflow/sdk/local').LocalDetector} detector
 * @param {File} file
 */
async function score(detector, file) {
  const [bitmap, { label, score, map, pixelThreshold, detector: by }] = await Promise.all([
    createImageBitmap(file),
    detector.predict(file, { map: true }),
  ]);
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  if (map) {
    drawOverlay(context, map);
    drawContours(context, map, pixelThreshold);
  }
  status.textContent = `${label}: ${score.toFixed(3)} on ${by.device}`;
}

start().catch(tell);
