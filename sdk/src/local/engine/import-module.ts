import { importableUrl } from '../assets.js';

/** Imports a script of the SDK by its address, which no bundler is to follow. */
export async function importModule(url: string): Promise<unknown> {
  const importable = await importableUrl(url);
  return import(/* @vite-ignore */ /* webpackIgnore: true */ importable);
}
