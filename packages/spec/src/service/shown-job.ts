import type { Job } from './job.js';

/**
 * A job as it is told: nobody is shown credentials or queries of its addresses, which may be keys to what they lead to;
 * and `readers`, who may look but not train, of an address only which host it leads to, since a path may be a key too.
 */
export function shownJob(job: Job, to: 'trainers' | 'readers'): Job {
  const { dataSet, webhook } = job.request;
  if (!('url' in dataSet) && !webhook) return job;
  const shown = (url: string): string => shownUrl(url, to === 'readers');
  return {
    ...job,
    request: {
      ...job.request,
      dataSet: 'url' in dataSet ? { url: shown(dataSet.url) } : dataSet,
      ...(webhook && { webhook: { url: shown(webhook.url) } }),
    },
  };
}

function shownUrl(text: string, hostOnly: boolean): string {
  const url = new URL(text);
  url.username = '';
  url.password = '';
  url.search = '';
  url.hash = '';
  if (hostOnly) url.pathname = '/';
  return url.href;
}
