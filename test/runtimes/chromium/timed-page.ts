// Runs in the page: hands what the test asks for on to the worker that scores.
interface Asked {
  postMessage(message: object): void;
  onmessage: (message: { data: { error?: string } }) => void;
  onerror: (event: { message?: string }) => void;
}
declare const Worker: new (url: string, options: { type: 'module' }) => Asked;

const worker = new Worker('/timed-worker.js', { type: 'module' });

function ask(message: object): Promise<object> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) =>
      data.error === undefined ? resolve(data) : reject(new Error(data.error));
    worker.onerror = ({ message: reason }) => reject(new Error(`the worker has failed: ${reason}`));
    worker.postMessage(message);
  });
}

Object.assign(globalThis, { ask });
