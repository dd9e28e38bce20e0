import type { PredictionResult } from '@cflow/spec';

export interface FrameAnswers {
  verdict(prediction: PredictionResult): void;
  /** A frame that could not be looked at, or was dropped by the service. */
  missed(reason: string): void;
  /** The link is gone, for good or until it is opened again. */
  lost(reason: string): void;
}

interface Said {
  type: 'ready' | 'verdict' | 'dropped' | 'error';
  credit?: number;
  prediction?: PredictionResult;
  reason?: string;
  problem?: { detail: string };
}

/** Frames to the service and verdicts back, over a WebSocket. What there is no credit for is not sent. */
export class FrameLink {
  private readonly socket: WebSocket;
  private credit = 0;
  private ended = false;

  constructor(detector: string, key: string | null, answers: FrameAnswers) {
    const url = new URL(
      `v1/detectors/${encodeURIComponent(detector)}/stream?regions=false`,
      document.baseURI,
    );
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    this.socket = new WebSocket(url, ['cflow.v1', ...(key === null ? [] : [`cflow.key.${base64Url(key)}`])]);
    let opened = false;
    this.socket.addEventListener('message', ({ data }) => {
      const said = JSON.parse(String(data)) as Said;
      if (said.type === 'ready') {
        opened = true;
        this.credit = said.credit ?? 1;
        return;
      }
      this.credit++;
      if (said.prediction) answers.verdict(said.prediction);
      else answers.missed(said.problem?.detail ?? said.reason ?? 'dropped');
    });
    this.socket.addEventListener('close', ({ reason }) => {
      if (this.ended) return;
      const why = opened
        ? 'The connection to the service is gone.'
        : 'The service does not take frames from here.';
      answers.lost(reason ? `${why} It said: ${reason}.` : why);
    });
  }

  /** Whether a frame may be sent now. */
  get ready(): boolean {
    return this.credit > 0 && this.socket.readyState === WebSocket.OPEN;
  }

  send(frame: Blob): void {
    this.credit--;
    this.socket.send(frame);
  }

  close(): void {
    this.ended = true;
    this.socket.close();
  }
}

function base64Url(text: string): string {
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
