// Clients as their generators make them of what the service says of itself.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createClient, type UserConfig } from '@hey-api/openapi-ts';
import openapiTS, { astToString } from 'openapi-typescript';
import ts from 'typescript';

/** `schema.d.ts`, with files as Blob: of itself the generator takes them for texts. */
export async function generateTypes(document: string, folder: string): Promise<void> {
  const blob = ts.factory.createTypeReferenceNode('Blob');
  const nodes = await openapiTS(JSON.parse(await readFile(document, 'utf8')), {
    transform: ({ format }) => (format === 'binary' ? blob : undefined),
  });
  await writeFile(join(folder, 'schema.d.ts'), astToString(nodes));
}

const PREDICT = '/v1/detectors/{detector}/predict';

/** `client` as it comes, and `files`, whose predictions take files: the generator has one kind of body per operation. */
export async function generateHeyApi(document: string, folder: string): Promise<void> {
  const configuration = (output: string): UserConfig => ({
    input: document,
    output: { path: join(folder, output), module: { extension: '.js' } },
    plugins: ['@hey-api/client-fetch'],
    logs: { level: 'silent' },
  });
  await createClient(configuration('client'));
  await createClient({
    ...configuration('files'),
    parser: {
      patch: {
        operations: {
          [`POST ${PREDICT}`]: (operation) => {
            const { content } = operation.requestBody as { content: Record<string, unknown> };
            delete content['application/json'];
          },
        },
      },
    },
  });
}
