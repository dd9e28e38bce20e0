#!/usr/bin/env node
import { existsSync } from 'node:fs';
import module from 'node:module';
import process from 'node:process';

const main = new URL('../dist/main.js', import.meta.url);
if (existsSync(main)) {
  // Node 22 and later keep compiled code between runs; a cold start is then a third quicker.
  module.enableCompileCache?.();
  const { main: run } = await import(main.href);
  await run(process.argv);
} else {
  process.stderr.write(
    'error: this copy of cflow is not built yet; run "npm run build" (or "npm ci") in the repository, then try again\n',
  );
  process.exitCode = 1;
}
