import { CflowClient, CflowError } from '@cflow/sdk';

const client = new CflowClient({ baseUrl: new URL('/detectors', location.href).href });
const parts = client.detector('parts');

const input = find('input', HTMLInputElement);
const status = find('[role="status"]', HTMLElement);
const picture = find('img', HTMLImageElement);

input.addEventListener('change', () => {
  const file = input.files?.[0];
  if (file) void inspect(file);
});

/** Scores a picture, says what came of it, and shows where the part is unusual. */
async function inspect(file: File): Promise<void> {
  status.textContent = 'Scoring…';
  delete status.dataset.label;
  try {
    const { label, score, threshold, regions, overlay } = await parts.predict(file, { overlay: true });
    const found = regions.length === 1 ? '1 region' : `${regions.length} regions`;
    status.dataset.label = label;
    status.textContent = `${label === 'good' ? 'OK' : 'NG'}: ${score.toFixed(2)} of ${threshold.toFixed(2)}, ${found}`;
    URL.revokeObjectURL(picture.src);
    picture.src = URL.createObjectURL(overlay);
    picture.hidden = false;
  } catch (error) {
    status.textContent = error instanceof CflowError ? error.message : String(error);
  }
}

function find<T extends Element>(selector: string, kind: new () => T): T {
  const element = document.querySelector(selector);
  if (!(element instanceof kind)) throw new Error(`expected ${selector} in the page`);
  return element;
}
