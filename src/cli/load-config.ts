// From the command line to the configuration: reads what the process was given and what is on disk.

import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { loadConfigFile } from '../config/load-file.ts';
import { resolveConfig, type ResolvedConfig } from '../config/resolve.ts';
import { ServerError } from '../errors.ts';
import type { CommandFlags } from './program.ts';

/**
 * Resolves the configuration of this process; the handler's path in it is absolute.
 *
 * @throws ConfigError
 */
export async function loadConfig(flags: CommandFlags): Promise<ResolvedConfig> {
  const cwd = process.cwd();
  const file = await loadConfigFile(cwd, flags.config);
  const { config, sources } = resolveConfig({ flags, env: process.env, file });
  const handler = config.handler === undefined ? undefined : resolve(cwd, config.handler);
  return { config: Object.freeze({ ...config, handler }), sources };
}

/**
 * Checks that the handler is a file.
 *
 * @throws ServerError `ERR_SCGI_HANDLER_MISSING`
 */
export async function requireHandlerFile(handler: string | undefined): Promise<void> {
  if (handler === undefined) return;
  let found: string;
  let cause: unknown;
  try {
    const stats = await stat(handler);
    if (stats.isFile()) return;
    found = stats.isDirectory() ? 'it is a directory' : 'it is not a file';
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    found = code === 'ENOENT' ? 'there is no such file' : String(code);
    cause = error;
  }
  throw new ServerError('ERR_SCGI_HANDLER_MISSING', `handler ${handler}: ${found}`, { cause });
}
