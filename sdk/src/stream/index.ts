export { FrameStream, type Socket, type StreamEnd } from './frame-stream.js';
export { openStream, type StreamOptions } from './open-stream.js';
