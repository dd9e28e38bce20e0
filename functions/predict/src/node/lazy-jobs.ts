import type { Jobs } from '@cflow/jobs';

/**
 * Jobs whose database is opened when it is first asked for: the embedded one takes seconds to start, and a service
 * that is only asked for predictions never pays them. An opening that fails is tried again with the next call.
 */
export function lazyJobs(open: () => Promise<Jobs>): Jobs {
  let opening: Promise<Jobs> | undefined;
  const jobs = (): Promise<Jobs> => {
    opening ??= open().catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  };
  return {
    create: async (request, options) => (await jobs()).create(request, options),
    get: async (id) => (await jobs()).get(id),
    list: async (page) => (await jobs()).list(page),
    cancel: async (id) => (await jobs()).cancel(id),
    events: async (id, options) => (await jobs()).events(id, options),
    trained: async (name, version) => (await jobs()).trained(name, version),
    dataSetUses: async (paths) => (await jobs()).dataSetUses(paths),
    releaseDataSet: async (path, options, remove) => (await jobs()).releaseDataSet(path, options, remove),
    work: async (options) => (await jobs()).work(options),
    ping: async () => (await jobs()).ping(),
    close: async () => {
      await (await opening?.catch(() => undefined))?.close();
    },
  };
}
