// A worker in a process of its own, which can be made to die. Arguments: the folder of the test place, and where to die:
// `stage` or `publish`, `before` or `after`.
import type { Registry } from '@cflow/store';
import { openTestPlace } from './test-place.js';

const [folder, where, when] = process.argv.slice(2) as [
  string,
  keyof Registry | undefined,
  string | undefined,
];
const place = openTestPlace(folder);
const die = (): Promise<never> => {
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => undefined);
};
const registry = new Proxy(place.registry, {
  get(target, name) {
    const value = Reflect.get(target, name) as unknown;
    if (typeof value !== 'function') return value;
    return async (...args: unknown[]) => {
      if (name === where && when === 'before') return die();
      const result = await (value as (...given: unknown[]) => unknown).apply(target, args);
      return name === where && when === 'after' ? die() : result;
    };
  },
});
await place.work({
  registry,
  onTrainingProcess: (pid) => console.log(`training ${pid}`),
});
console.log('working');
