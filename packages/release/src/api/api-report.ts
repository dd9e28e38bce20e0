import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import { DECLARATION_OPTIONS } from './declaration-options.js';
import type { PublicEntry } from './public-entries.js';

/** Of an entry, in the folder of reports. */
export function reportFile({ name }: PublicEntry): string {
  return `${name.replace(/^@/, '').replaceAll('/', '-')}.api.md`;
}

/** All that an entry exports with its types, in an order of its own, so that what changed is what differs. */
export async function apiReport(entry: PublicEntry): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cflow-api-'));
  try {
    Extractor.invoke(configuration(entry, folder), { localBuild: true, messageCallback: quietly });
    return (await readFile(join(folder, reportFile(entry)), 'utf8')).replaceAll('\r\n', '\n');
  } finally {
    await rm(folder, { recursive: true });
  }
}

function configuration(entry: PublicEntry, folder: string): ExtractorConfig {
  const unsaid = { logLevel: ExtractorLogLevel.None, addToApiReportFile: false };
  return ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(entry.folder, 'package.json'),
    configObject: {
      projectFolder: entry.folder,
      mainEntryPointFilePath: entry.types,
      newlineKind: 'lf',
      compiler: {
        overrideTsconfig: {
          compilerOptions: DECLARATION_OPTIONS,
          files: [entry.types],
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: reportFile(entry),
        reportFolder: folder,
        reportTempFolder: folder,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: unsaid },
        extractorMessageReporting: { default: unsaid },
        tsdocMessageReporting: { default: unsaid },
      },
    },
  });
}

/** The report alone is of interest; what it says of itself is not. */
function quietly(message: { logLevel: string; handled: boolean }): void {
  if (message.logLevel !== ExtractorLogLevel.Error) message.handled = true;
}
