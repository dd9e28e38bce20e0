export { Delivery, type DeliveryEvent, type DeliveryOptions } from './delivery.js';
export { type FilmEvent, FilmEvents, type FilmFrame } from './film/film-events.js';
export type { Frame, Source } from './frame.js';
export { Journal } from './journal/journal.js';
export { type PictureRules, Pictures, type PicturesOptions } from './pictures.js';
export type { Result } from './result.js';
export { parseRules } from './rules/parse-rule.js';
export {
  applyRules,
  NO_FRAMES_YET,
  type Observation,
  type RuleAlarm,
  type RuleState,
  type Rules,
  type Ruling,
} from './rules/rules.js';
export { type LineEvent, type LineOptions, runLine } from './run-line.js';
export { type ScoredFrame, type ScoreFramesOptions, scoreFrames } from './score-frames.js';
export type { Sink } from './sink.js';
export { csvLine } from './sinks/csv-line.js';
export { CSV, type FileFormat, JSON_LINES } from './sinks/file-format.js';
export { type FilePosition, FileSink, type FileSinkOptions } from './sinks/file-sink.js';
export { MoveSink, type MoveSinkOptions } from './sinks/move-sink.js';
export { MqttSink, type MqttSinkOptions } from './sinks/mqtt-sink.js';
export { WebhookSink, type WebhookSinkOptions } from './sinks/webhook-sink.js';
export { findFfmpeg } from './sources/ffmpeg/find-ffmpeg.js';
export { isFilmName, type VideoInput, videoInput } from './sources/ffmpeg/video-input.js';
export { FilmSource, type FilmSourceOptions } from './sources/film-source.js';
export { type FolderEvent, FolderSource, type FolderSourceOptions } from './sources/folder-source.js';
export { PostedSource, type PostedSourceOptions } from './sources/posted-source.js';
export { type StreamEvent, StreamSource, type StreamSourceOptions } from './sources/stream-source.js';
export { TriggeredSource } from './sources/triggered-source.js';
export { changeTrigger } from './triggers/change-trigger.js';
export { type HttpTrigger, httpTrigger } from './triggers/http-trigger.js';
export { keyTrigger } from './triggers/key-trigger.js';
export { mqttTrigger } from './triggers/mqtt-trigger.js';
export type { Trigger } from './triggers/trigger.js';
export { withoutSecrets } from './without-secrets.js';
