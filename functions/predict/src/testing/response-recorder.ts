import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { App } from '../app/new-app.js';
import type { OpenApiDocument } from '../openapi/open-api-document.js';

interface Operation {
  id: string;
  /** JSON pointer to its responses in the document. */
  pointer: string;
  method: string;
  pattern: RegExp;
  /** `status type`, the type empty where there is no body. */
  responses: ReadonlySet<string>;
}

/** What an app is asked with: as `app.request`. */
export interface RecordedApp {
  request(path: string, init?: RequestInit): Promise<Response>;
}

/** Sees which of the documented responses really come, and that no others do. */
export class ResponseRecorder {
  readonly #operations: readonly Operation[];
  readonly #seen: Set<string> = new Set();
  readonly #undocumented: Set<string> = new Set();
  readonly #wrong: Set<string> = new Set();
  readonly #ajv: Ajv2020 = new Ajv2020({ strict: false, allErrors: true });

  constructor(document: OpenApiDocument) {
    this.#operations = operationsOf(document);
    (formats as unknown as (ajv: Ajv2020) => void)(this.#ajv);
    this.#ajv.addSchema(document, 'document');
  }

  /** The same app, watched. */
  record(app: App): RecordedApp {
    return {
      request: async (path, init) => {
        const response = await app.request(path, init);
        await this.#note((init?.method ?? 'GET').toLowerCase(), path.split('?', 1)[0] as string, response);
        return response;
      },
    };
  }

  /** `operation status type` of what is documented and never came. */
  unseen(): string[] {
    const documented = this.#operations.flatMap(({ id, responses }) =>
      [...responses].map((response) => `${id} ${response}`),
    );
    return documented.filter((response) => !this.#seen.has(response));
  }

  /** `operation status type` of what came and is not documented. */
  undocumented(): string[] {
    return [...this.#undocumented];
  }

  /** Bodies that are not as their schema says. */
  wrong(): string[] {
    return [...this.#wrong];
  }

  async #note(method: string, path: string, response: Response): Promise<void> {
    const operation = this.#operations.find((each) => each.method === method && each.pattern.test(path));
    if (!operation) return;
    const type = (response.headers.get('content-type') ?? '').split(';', 1)[0];
    // A HEAD has the type of the body that it does not have.
    const key = `${response.status} ${response.body || method !== 'head' ? type : ''}`.trim();
    this.#seen.add(`${operation.id} ${key}`);
    if (!operation.responses.has(key)) this.#undocumented.add(`${operation.id} ${key}`);
    else if (type?.endsWith('json') && method !== 'head') {
      const media = type.replaceAll('/', '~1');
      const schema = `document#${operation.pointer}/${response.status}/content/${encodeURIComponent(media)}/schema`;
      const body: unknown = await response.clone().json();
      if (!this.#ajv.validate({ $ref: schema }, body)) {
        this.#wrong.add(`${operation.id} ${key}: ${this.#ajv.errorsText()}`);
      }
    }
  }
}

function operationsOf(document: OpenApiDocument): Operation[] {
  return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    Object.entries(
      item as Record<string, { operationId: string; responses: Record<string, { content?: object }> }>,
    ).map(([method, { operationId, responses }]) => ({
      id: operationId,
      pointer: `/paths/${encodeURIComponent(path.replaceAll('/', '~1'))}/${method}/responses`,
      method,
      pattern: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`),
      responses: new Set(
        Object.entries(responses).flatMap(([status, { content }]) =>
          content ? Object.keys(content).map((type) => `${status} ${type}`) : [status],
        ),
      ),
    })),
  );
}
