import { ProtocolError } from '../http/errors.js';

/** One event of a stream. */
export interface ServerSentEvent {
  data: string;
}

/** Characters of one line and of one event at most. */
const MOST_CHARACTERS = 2 ** 22;

/**
 * Reads server-sent events as the HTML standard has them. An event that the stream ends in the middle of is dropped.
 * `onRetry` hears the milliseconds that the stream asks for before connecting again.
 */
export async function* serverSentEvents(
  chunks: AsyncIterable<Uint8Array>,
  onRetry: (milliseconds: number) => void,
): AsyncGenerator<ServerSentEvent, void, undefined> {
  const decoder = new TextDecoder();
  let text = '';
  let data: string[] = [];
  let size = 0;
  for await (const bytes of chunks) {
    text += decoder.decode(bytes, { stream: true });
    // A lone CR at the end may be the first half of a line's end.
    const lines = text.split(/\r\n|\n|\r(?!$)/);
    text = lines.pop() as string;
    for (const line of lines) {
      const [, field = '', value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) as RegExpExecArray;
      size += line.length;
      if (field === 'data') data.push(value);
      else if (field === 'retry' && /^\d+$/.test(value)) onRetry(Number(value));
      else if (line === '') {
        if (data.length > 0) yield { data: data.join('\n') };
        data = [];
        size = 0;
      }
    }
    if (size + text.length > MOST_CHARACTERS) {
      throw new ProtocolError('expected events, got one without end');
    }
  }
}
