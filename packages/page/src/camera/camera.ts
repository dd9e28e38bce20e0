/** A camera of this machine, shown in a video element. It is on only between `start` and `stop`. */
export class Camera {
  readonly video: HTMLVideoElement;
  #stream: MediaStream | undefined;
  /** Counts starts and stops, so that a camera that arrives after a stop is released. */
  #turn = 0;
  readonly #onLost: () => void;

  /** @param onLost The camera is gone: unplugged, or taken back by the browser. */
  constructor(video: HTMLVideoElement, onLost: () => void) {
    this.video = video;
    this.#onLost = onLost;
    // A page in the background must not keep the camera's light on.
    addEventListener('pagehide', () => {
      if (!this.on) return;
      this.stop();
      this.#onLost();
    });
  }

  get on(): boolean {
    return this.#stream !== undefined;
  }

  /**
   * False when it was stopped in the meantime.
   *
   * @throws Error in words: there is no camera, it is in use, or the browser does not give it to this page
   */
  async start(): Promise<boolean> {
    const turn = ++this.#turn;
    const stream = await openStream();
    if (turn !== this.#turn) {
      end(stream);
      return false;
    }
    this.#stream = stream;
    stream.getVideoTracks()[0]?.addEventListener('ended', () => {
      if (this.#stream !== stream) return;
      this.stop();
      this.#onLost();
    });
    this.video.srcObject = stream;
    try {
      await this.video.play();
    } catch (error) {
      if (this.#stream !== stream) return false;
      this.stop();
      throw new Error('The browser does not play the camera. Start it again.', { cause: error });
    }
    return this.#stream === stream;
  }

  stop(): void {
    this.#turn++;
    if (this.#stream) end(this.#stream);
    this.#stream = undefined;
    this.video.srcObject = null;
  }

  /** The picture as it is now. The caller has to close it. */
  frame(): Promise<ImageBitmap> {
    return createImageBitmap(this.video);
  }

  /** The picture as it is now, as a PNG file. */
  async snapshot(name: string): Promise<File> {
    const frame = await this.frame();
    const canvas = document.createElement('canvas');
    canvas.width = frame.width;
    canvas.height = frame.height;
    canvas.getContext('2d')?.drawImage(frame, 0, 0);
    frame.close();
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
    if (!blob) throw new Error('The browser could not make a picture of the camera. Try again.');
    return new File([blob], name, { type: 'image/png' });
  }
}

function end(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

async function openStream(): Promise<MediaStream> {
  if (!navigator.mediaDevices?.getUserMedia) {
    throw new Error(
      isSecureContext
        ? 'This browser gives pages no camera. Choose images instead.'
        : 'Browsers give the camera to pages over HTTPS and on localhost only. Open the page so, or choose images.',
    );
  }
  try {
    return await navigator.mediaDevices.getUserMedia({
      // The camera at the back of a phone, and no more pixels than detectors look at.
      video: { facingMode: 'environment', width: { ideal: 640 }, height: { ideal: 480 } },
      audio: false,
    });
  } catch (error) {
    throw new Error(inWords(error), { cause: error });
  }
}

function inWords(error: unknown): string {
  const { name, message } = error as DOMException;
  switch (name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'The camera was refused. Allow it for this page, at the sign beside the address, and start it again.';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'There is no camera on this machine. Connect one and start it again, or choose images.';
    case 'NotReadableError':
    case 'AbortError':
      return 'The camera does not start: another program may be using it. Close that and start it again.';
    default:
      return `The camera does not start: ${message || name}`;
  }
}
