// The command that checks configuration and handler without serving.

import { type Config, listenAddresses } from '../../config/config.ts';
import { formatListenAddress } from '../../config/listen-address.ts';
import { printConfig } from '../../config/print-config.ts';
import { loadConfig } from '../load-config.ts';
import type { CommandFlags } from '../program.ts';
import { requireApplication } from '../require-application.ts';

/** Reports that all is well; whatever is not is thrown. */
export async function check(flags: CommandFlags): Promise<void> {
  const { config, sources } = await loadConfig(flags);
  if (flags.printConfig) print(printConfig({ config, sources }));
  print('configuration: ok');
  print(`listeners: ${listenAddresses(config).map(formatListenAddress).join(', ')}`);

  await requireApplication(config);
  const { checkHandler } = await import('../../master/check-handler.ts');
  await checkHandler(config);
  print(describeApplication(config));
}

function describeApplication({ handler, cgi }: Config): string {
  return cgi === undefined
    ? `handler: ok, ${handler ?? 'the built-in demo'}`
    : `CGI programs: ok, ${cgi}`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
