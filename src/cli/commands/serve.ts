// The command that serves: runs a master in this process until it is told to stop.

import { printConfig } from '../../config/print-config.ts';
import { dropUnused, findInherited, keepTheRest } from '../../inherited/find-inherited.ts';
import { takeServiceVariables } from '../../inherited/service-variables.ts';
import { withInherited } from '../../inherited/with-inherited.ts';
import { loadConfig } from '../load-config.ts';
import type { CommandFlags } from '../program.ts';
import { requireApplication } from '../require-application.ts';

/** Serves, or prints the configuration that would be served with. */
export async function serve(flags: CommandFlags): Promise<void> {
  const variables = takeServiceVariables(process.env);
  const inherited = findInherited(variables, process.pid);
  const resolved = withInherited(await loadConfig(flags), inherited);
  if (flags.printConfig) {
    process.stdout.write(`${printConfig(resolved)}\n`);
    return;
  }
  await requireApplication(resolved.config);
  // Imported late: help and configuration errors need none of it.
  const { runMaster } = await import('../../master/run-master.ts');
  dropUnused(resolved.unused);
  keepTheRest();
  const { config, sources, warnings } = resolved;
  process.exitCode = await runMaster(config, { sources, variables, warnings });
}
