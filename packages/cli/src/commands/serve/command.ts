import { MOST_MEGAPIXELS } from '@cflow/images';
import { type Command, Option } from 'commander';
import { withDeviceOptions, withPrecisionModeOption } from '../../options/device-options.js';
import { byteSize, integer, nameList } from '../../options/option-value.js';
import type { ServeFlags } from './flags.js';

const EXAMPLES = `
Examples:
  cflow serve wood.cflow                             page and API on http://127.0.0.1:8080
  cflow serve --store s3://parts/cflow --preload wood@production,lid
  cflow serve wood.cflow --host 0.0.0.0 --api-keys keys.json
  curl --data-binary @part.png -H 'Content-Type: image/png' http://127.0.0.1:8080/v1/detectors/wood/predict

Each bundle given becomes a version of the detector of that name, with the alias "latest". Every option can also
be an environment variable: docs/serving.md lists them. Without API keys the service only listens on this machine,
unless --anonymous says that anybody may use it. It ends with exit code 70 when its device is lost, and with 71 when nothing
can be scored any more: restart it then.`;

/** `cflow serve`. */
export function defineServe(command: Command): void {
  command
    .description(
      'Answers predictions over HTTP, keeps detectors by name and version, and runs training jobs. The first line on stdout is its address; logs are JSON lines on stderr.',
    )
    .argument('[bundles...]', 'bundles to publish in the store first')
    .optionsGroup('Service:')
    .option('--host <address>', 'address to listen on (default: 127.0.0.1)')
    .option('--port <n>', 'port to listen on; 0 for any (default: 8080)', integer(0, 65_535))
    .option('--store <place>', 'where bundles live: a folder or s3://bucket/prefix (default: ./cflow-store)')
    .option(
      '--preload <detectors>',
      'loaded before the service is ready: name or name@reference, or none (default: the bundles named, else every detector)',
      nameList,
    )
    .option(
      '--memory <size>',
      'memory that loaded detectors may take (default: half of the memory)',
      byteSize,
    )
    .option(
      '--max-megapixels <n>',
      `largest image, in millions of pixels, up to ${MOST_MEGAPIXELS} (default: 67)`,
      integer(1, MOST_MEGAPIXELS),
    )
    .option('--queue <n>', 'images that may wait (default: 64)', integer(1, 100_000))
    .option(
      '--batch-sizes <list>',
      'batch sizes to warm up (default: 1 to 4 on the CPU, else 1,2,4,8)',
      nameList,
    )
    .option(
      '--request-timeout <seconds>',
      'seconds that a prediction may take (default: 30)',
      integer(1, 3600),
    )
    .addOption(
      new Option(
        '--train <where>',
        'where training jobs run: in this process, in others (with DATABASE_URL), or not at all',
      ).choices(['here', 'elsewhere', 'off']),
    )
    .optionsGroup('Safety:')
    .option('--api-keys <file>', 'JSON file of keys ("cflow key" makes them)')
    .option('--anonymous', 'let anybody who can reach it do everything')
    .option('--allowed-hosts <hosts>', 'names that the service may be called by: host, *.host or *', nameList)
    .option('--rate <r>', 'requests per second and caller, and burst, such as 20:40')
    .option('--fetch-hosts <hosts>', 'hosts that images and data sets may be fetched from', nameList)
    .option('--cors-origins <origins>', 'web pages elsewhere that may call the service', nameList)
    .optionsGroup('Output:')
    .addOption(
      new Option('--log <level>', 'least severe lines of the log (default: info)').choices([
        'debug',
        'info',
        'warn',
        'error',
        'silent',
      ]),
    );
  withPrecisionModeOption(withDeviceOptions(command))
    .addHelpText('after', EXAMPLES)
    .action(async (bundles: string[], flags: ServeFlags) => {
      const { runServe } = await import('./run.js');
      // Its default must not outrank the environment.
      const device = command.getOptionValueSource('device') === 'default' ? undefined : flags.device;
      await runServe(bundles, flags, device);
    });
}
