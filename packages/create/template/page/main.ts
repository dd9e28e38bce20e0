import { CflowClient, CflowError } from '@cflow/sdk';
import { CflowViewer } from '@cflow/viewer';

const client = new CflowClient({ baseUrl: new URL('/detectors', location.href).href });
const parts = client.detector('parts');

const input = find('input', HTMLInputElement);
const status = find('[role="status"]', HTMLElement);
const viewer = find('cflow-viewer', CflowViewer);

input.addEventListener('change', () => {
  const file = input.files?.[0];
  if (file) void inspect(file);
});

/** Scores a picture, says what came of it, and shows where the part is unusual. */
async function inspect(file: File): Promise<void> {
  status.textContent = 'Scoring…';
  delete status.dataset.label;
  viewer.src = file;
  viewer.alt = file.name;
  viewer.prediction = undefined;
  try {
    const prediction = await parts.predict(file, { map: true });
    const { label, score, threshold } = prediction;
    viewer.prediction = prediction;
    status.dataset.label = label;
    status.textContent = `${label === 'good' ? 'OK' : 'NG'}: ${score.toFixed(2)} of ${threshold.toFixed(2)}`;
  } catch (error) {
    status.textContent = error instanceof CflowError ? error.message : String(error);
  }
}

function find<T extends Element>(selector: string, kind: new () => T): T {
  const element = document.querySelector(selector);
  if (!(element instanceof kind)) throw new Error(`expected ${selector} in the page`);
  return element;
}
