// A model that was pickled whole, as anomalib exports it for PyTorch: its modules are objects, of which the attributes are read.
import { WeightsError } from '@cflow/spec';
import { PickleObject, type PickleValue } from '../weights/torch-file/pickle-value.js';
import { attributesOf, settingsOf } from './settings.js';

/** Modules inside modules: more than any network has. */
const MOST_DEPTH = 64;
/** Modules in all. */
const MOST_MODULES = 100_000;

/** Whether a value is a module of PyTorch: an object with modules and parameters of its own. */
export function isModule(value: PickleValue | undefined): value is PickleObject {
  return value instanceof PickleObject && attributesOf(value).has('_modules');
}

/** A module inside another, by its name. */
export function submodule(module: PickleObject, name: string): PickleValue | undefined {
  return settingsOf(attributesOf(module).get('_modules')).get(name);
}

/**
 * Parameters and buffers of a module and of those inside it, named as in its state dict.
 * @throws WeightsError for modules that hold each other, or more than a network has
 */
export function moduleEntries(module: PickleObject): [name: string, value: PickleValue][] {
  const entries: [string, PickleValue][] = [];
  let modules = 0;
  const visit = (value: PickleValue, prefix: string, depth: number): void => {
    if (++modules > MOST_MODULES || depth > MOST_DEPTH) {
      throw new WeightsError('the modules of the file go deeper, or are more, than those of a network');
    }
    const attributes = attributesOf(value);
    for (const kind of ['_parameters', '_buffers']) {
      for (const [name, tensor] of settingsOf(attributes.get(kind))) entries.push([prefix + name, tensor]);
    }
    for (const [name, inner] of settingsOf(attributes.get('_modules')))
      visit(inner, `${prefix}${name}.`, depth + 1);
  };
  visit(module, '', 0);
  return entries;
}
