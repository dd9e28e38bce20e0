import { type OpenApi, type Operation, resolve, type Schema } from './openapi.js';

const MAX_DEPTH = 5;

/** A command line that makes the request, with examples where the file has some. */
export function curlExample(api: OpenApi, operation: Operation, origin: string): string {
  const path = operation.path.replaceAll(/\{([^{}]+)\}/g, (_, name: string) => {
    const parameter = operation.parameters.find((each) => each.name === name && each.in === 'path');
    const schema = parameter?.schema && resolve(api, parameter.schema);
    const example = parameter?.example ?? schema?.example ?? schema?.examples?.[0];
    return example === undefined ? `{${name}}` : String(example);
  });
  const query = operation.parameters
    .filter((each) => each.in === 'query' && each.required)
    .map(({ name, schema }) => `${name}=${encodeURIComponent(String(exampleOf(api, schema)))}`);
  const address = `${origin}${path}${query.length > 0 ? `?${query.join('&')}` : ''}`;
  const lines = [`curl ${operation.method === 'GET' ? '' : `-X ${operation.method} `}${quoted(address)}`];
  if (operation.secured) lines.push('-H "Authorization: Bearer $CFLOW_API_KEY"');
  for (const { name, schema, in: place, required } of operation.parameters) {
    if (place === 'header' && required)
      lines.push(`-H ${quoted(`${name}: ${String(exampleOf(api, schema))}`)}`);
  }
  lines.push(...bodyLines(api, operation));
  return lines.join(' \\\n  ');
}

function bodyLines(api: OpenApi, { body }: Operation): string[] {
  const content = body?.content ?? {};
  const types = Object.keys(content);
  const type =
    ['image/png', 'image/*', 'application/octet-stream', 'application/json'].find((each) =>
      types.includes(each),
    ) ?? types[0];
  if (type === undefined) return [];
  const { schema, example } = content[type]!;
  if (/json/.test(type)) {
    const value = example ?? exampleOf(api, schema);
    return [`-H ${quoted(`Content-Type: ${type}`)}`, `-d ${quoted(JSON.stringify(value, null, 2))}`];
  }
  if (type.startsWith('multipart/')) return ["-F 'image=@part.png'"];
  const file = type.includes('zip') ? 'data-set.zip' : type.startsWith('image/') ? 'part.png' : 'file';
  return [
    `-H ${quoted(`Content-Type: ${type === 'image/*' ? 'image/png' : type}`)}`,
    `--data-binary @${file}`,
  ];
}

/** A value that a schema describes: required members only, unless there are none. */
export function exampleOf(api: OpenApi, schema: Schema | boolean | undefined, depth = 0): unknown {
  if (schema === undefined || typeof schema === 'boolean' || depth > MAX_DEPTH) return '…';
  const found = resolve(api, schema);
  const given = found.example ?? found.examples?.[0] ?? found.const ?? found.default ?? found.enum?.[0];
  if (given !== undefined) return given;
  const several = found.anyOf ?? found.oneOf;
  if (several?.[0]) return exampleOf(api, several[0], depth + 1);
  if (found.allOf) {
    const parts = found.allOf.map((each) => exampleOf(api, each, depth + 1));
    return parts.every((part) => typeof part === 'object' && part !== null)
      ? Object.assign({}, ...parts)
      : parts[0];
  }
  const type = [found.type].flat().find((each) => each !== 'null');
  if (type === 'array') return [exampleOf(api, found.items, depth + 1)];
  if (type === 'integer' || type === 'number')
    return found.minimum !== undefined && found.minimum > 0 ? found.minimum : 0;
  if (type === 'boolean') return true;
  if (found.properties) {
    const required = new Set(found.required ?? []);
    const members = Object.entries(found.properties).filter(([name]) => required.has(name));
    return Object.fromEntries(members.map(([name, member]) => [name, exampleOf(api, member, depth + 1)]));
  }
  if (type === 'object') return {};
  return found.format === 'uri' ? 'https://example.com/part.png' : '…';
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
