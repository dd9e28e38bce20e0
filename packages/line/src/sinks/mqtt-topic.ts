import { ConfigurationError } from '@cflow/spec';

/** The topic in the path of an address. @throws ConfigurationError for one that is not a topic, or has wildcards */
export function topicOf(url: URL): string {
  const topic = decodeURIComponent(url.pathname.slice(1)).replace(/\/$/, '');
  const fits = topic !== '' && !/[#+\0]|^\$|\/\//.test(topic) && Buffer.byteLength(topic) <= 1000;
  // Of an address, # and ? begin other parts.
  if (fits && !/[#?]/.test(url.href)) return topic;
  throw new ConfigurationError(
    `"${url.protocol}//${url.host}${url.pathname}": expected a topic to begin with, such as mqtt://broker/plant/line-1, without # and +`,
  );
}
