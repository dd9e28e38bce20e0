// Prints the description of the service, for clients that are made from it: `npm run openapi`.
import { readFileSync } from 'node:fs';
import { serviceOpenApi } from './service-open-api.js';

const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
const { version } = JSON.parse(text) as { version: string };
process.stdout.write(`${JSON.stringify(serviceOpenApi(version), null, 2)}\n`);
