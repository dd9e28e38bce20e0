import { type Command, Option } from 'commander';
import { withDeviceOptions, withPrecisionModeOption } from '../../options/device-options.js';
import { withImageLimitOptions } from '../../options/image-limit-options.js';
import { byteSize, integer, positiveNumber } from '../../options/option-value.js';
import { withRegionOptions } from '../../options/region-options.js';
import { withThresholdOptions } from '../../options/threshold-options.js';
import { PICTURE_RULES, type WatchFlags } from './flags.js';

const EXAMPLES = `
Examples:
  cflow watch incoming --detector bottle.cflow --to csv:verdicts.csv
  cflow watch incoming --detector bottle.cflow --to jsonl:verdicts.jsonl --to move:done --rule 2of3 --rule stop:5
  cflow watch incoming --detector bottle.cflow --to csv:verdicts.csv --pictures bad --pictures-dir seen --pictures-budget 10GB
  cflow watch incoming --detector bottle.cflow --to mqtt://broker:1883/plant/line-1
  cflow watch rtsp://camera/stream --detector bottle.cflow --fps 5 --to jsonl:verdicts.jsonl
  cflow watch v4l2:/dev/video0 --detector bottle.cflow --trigger http:8090 --to mqtt://broker:1883/plant/line-1
  cflow watch post:8091 --detector bottle.cflow --to csv:verdicts.csv
  CFLOW_WEBHOOK_SECRET=whsec_... cflow watch incoming --detector bottle.cflow --to https://gate.local/verdict

Sinks (--to, any number):
  csv:FILE     a row for each frame, exactly once; the next file is begun at --rotate
  jsonl:FILE   the same as JSON lines, with regions
  move:DIR     moves each file to good, bad or unreadable below it, by verdict
  https://...  a signed webhook for each frame (Standard Webhooks, by CFLOW_WEBHOOK_SECRET), in order, at least once:
               webhook-id shows what was sent before
  mqtt://HOST:PORT/TOPIC or mqtts://...
               MQTT 5, QoS 1: TOPIC/result has each, TOPIC/state (retained) where the line stands, TOPIC/status (retained)
               "online" or, by last will, "offline"; user and password by CFLOW_MQTT_USERNAME and CFLOW_MQTT_PASSWORD

Triggers (--trigger), each for the next frame of a stream:
  http:8090     POST /trigger, on this machine; http:0.0.0.0:8090 for others
  mqtt://HOST/TOPIC
                a message on that topic
  key           a line on stdin
  change:0.05   nothing to call: a part that lies still, once; mean difference from the empty scene, which is the first frame

Rules (--rule, each kind once); without one the verdict is the label:
  2of3           bad when 2 of the last 3 frames are
  hold:5s        what is bad stays bad for that long (ms, s, min)
  stop:3         raises "stop" from the third bad frame in a row on, until one is good
  drift:0.2/50   raises "drift" when the median false-alarm probability of 50 frames is below 0.2

It can end at any moment, by any signal or none, and continues where it was when it is started again with the same --state. A sink
that cannot be reached gets its results later, in order; once what waits exceeds --hold, no more frames are taken until there is room.
Frames of a stream that come faster than they are scored are dropped, the oldest first, and counted; a stream that is lost is
opened again. A film waits, and its times count from 1970.`;

/** `cflow watch`. */
export function defineWatch(command: Command): void {
  command
    .description(
      'Watches a line: scores each image that arrives in a folder, once it is complete, or the frames of a film, stream or camera, and delivers the verdicts to files, folders and machines.',
    )
    .argument(
      '<source>',
      'a folder: every image in it and below; post:8091: images that other programs post; or, by ffmpeg, a film, rtsp://…, http://… (MJPEG), v4l2:/dev/video0',
    )
    .requiredOption('--detector <bundle>', 'the detector: a folder that "cflow train" wrote')
    .requiredOption('--to <sink>', 'where verdicts go, see below; may be given several times', gather)
    .optionsGroup('Line:')
    .option(
      '--state <dir>',
      'where to keep what was taken and delivered (default: .cflow-watch beside the folder)',
    )
    .option('--rule <rule>', 'a verdict over several frames, see below; may be given several times', gather)
    .option('--once', 'end when what is there has been scored and delivered')
    .option('--settle <ms>', 'how long a file must have stayed the same (default: 500)', integer(0, 600_000))
    .option(
      '--fps <n>',
      'frames per second that are taken from a film or stream (default: all)',
      positiveNumber,
    )
    .option('--trigger <trigger>', 'take only the frames of a stream that are asked for, see below')
    .option('--hold <size>', 'results that may wait for a sink (default: 1GB)', byteSize)
    .option('--rotate <size>', 'size at which the next file is begun (default: 64MiB)', byteSize);
  withRegionOptions(withThresholdOptions(command));
  withImageLimitOptions(command.optionsGroup('Images:'))
    .optionsGroup('Pictures:')
    .addOption(
      new Option('--pictures <which>', 'frames to keep a picture of, with the map over it in colors').choices(
        PICTURE_RULES,
      ),
    )
    .option('--pictures-every <n>', 'also keep one frame in every <n>', integer(1))
    .option('--pictures-dir <dir>', 'folder of the pictures (default: pictures)')
    .option('--pictures-budget <size>', 'bytes that they may take; the oldest are deleted first', byteSize)
    .optionsGroup('Output:')
    .option('--json', 'one JSON object per frame and line on stdout, and nothing else there');
  withPrecisionModeOption(withDeviceOptions(command))
    .addHelpText('after', EXAMPLES)
    .action(async (source: string, flags: WatchFlags) => {
      const { runWatch } = await import('./run.js');
      await runWatch(source, flags);
    });
}

/** All values of an option that is given several times. */
function gather(text: string, before: string[] = []): string[] {
  return [...before, text];
}
