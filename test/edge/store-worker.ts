// An object store in a bucket's binding, one call for each request: what the conformance suite asks from outside.
import type { CflowError } from '@cflow/spec';
import { type PutOptions, type R2Bucket, r2ObjectStore } from '@cflow/store';

type Call =
  | { method: 'head' | 'delete'; key: string }
  | { method: 'get'; key: string; range?: { start: number; end: number } }
  | { method: 'put'; key: string; stream: boolean; options: Pick<PutOptions, 'ifMatch' | 'sha256'> }
  | { method: 'list' | 'listNames'; prefix: string; page: { limit: number; after?: string } };

// biome-ignore lint/style/noDefaultExport: a Worker is the default export of its module
export default {
  async fetch(request: Request, env: { BUCKET: R2Bucket }): Promise<Response> {
    const store = r2ObjectStore({ bucket: env.BUCKET, prefix: 'some/where' });
    const call = JSON.parse(decodeURIComponent(request.headers.get('x-call') as string)) as Call;
    try {
      switch (call.method) {
        case 'head':
          return Response.json({ value: await store.head(call.key) });
        case 'delete':
          return Response.json({ value: await store.delete(call.key) });
        case 'list':
          return Response.json({ value: await store.list(call.prefix, call.page) });
        case 'listNames':
          return Response.json({ value: await store.listNames(call.prefix, call.page) });
        case 'put': {
          const body = request.body as ReadableStream<Uint8Array> | null;
          const stream = body ?? (new Blob([]).stream() as ReadableStream<Uint8Array>);
          const content = call.stream ? stream : new Uint8Array(await request.arrayBuffer());
          return Response.json({ value: await store.put(call.key, content, call.options) });
        }
        case 'get': {
          const found = await store.get(call.key, { range: call.range });
          if (!found) return Response.json({});
          const { body, ...info } = found;
          return new Response(body, { headers: { 'x-info': JSON.stringify(info) } });
        }
      }
    } catch (error) {
      const { message, code, retryable } = error as CflowError;
      return Response.json({ error: { message, code, retryable } }, { status: 500 });
    }
  },
};
