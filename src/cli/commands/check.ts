// The command that checks configuration and handler without serving.

import { keepTheRest } from '../../inherited/find-inherited.ts';
import { takeServiceVariables } from '../../inherited/service-variables.ts';
import { type Config, listenAddresses } from '../../config/config.ts';
import { formatListenAddress } from '../../config/listen-address.ts';
import { printConfig } from '../../config/print-config.ts';
import type { ResolvedConfig } from '../../config/resolve.ts';
import { isAddressGiven } from '../../inherited/with-inherited.ts';
import { loadConfig } from '../load-config.ts';
import type { CommandFlags } from '../program.ts';
import { requireApplication } from '../require-application.ts';

/** Reports that all is well; whatever is not is thrown. */
export async function check(flags: CommandFlags): Promise<void> {
  // Whoever started this is told nothing, neither by us nor by what the handler does.
  takeServiceVariables(process.env);
  const resolved = await loadConfig(flags);
  const { config, sources } = resolved;
  if (flags.printConfig) print(printConfig({ config, sources }));
  print('configuration: ok');
  print(`listeners: ${describeListeners(resolved)}`);

  await requireApplication(config);
  const { checkHandler } = await import('../../master/check-handler.ts');
  keepTheRest();
  await checkHandler(config);
  print(describeApplication(config));
}

function describeListeners(resolved: ResolvedConfig): string {
  const addresses = listenAddresses(resolved.config).map(formatListenAddress).join(', ');
  const isDefault = !isAddressGiven(resolved);
  return isDefault ? `${addresses}, unless it is started with a listening socket` : addresses;
}

function describeApplication({ handler, cgi }: Config): string {
  return cgi === undefined
    ? `handler: ok, ${handler ?? 'the built-in demo'}`
    : `CGI programs: ok, ${cgi}`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
