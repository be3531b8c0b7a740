// From the command line to the configuration: reads what the process was given and what is on disk.

import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Config } from '../config/config.ts';
import { loadConfigFile } from '../config/load-file.ts';
import { resolveConfig, type ResolvedConfig } from '../config/resolve.ts';
import { ServerError } from '../errors.ts';
import { requireProgram, resolveProgram } from '../gateway/cgi/given-program.ts';
import type { CommandFlags } from './program.ts';

/**
 * Resolves the configuration of this process; the application's path in it is absolute.
 *
 * @throws ConfigError
 */
export async function loadConfig(flags: CommandFlags): Promise<ResolvedConfig> {
  const cwd = process.cwd();
  const file = await loadConfigFile(cwd, flags.config);
  const { config, sources } = resolveConfig({ flags, env: process.env, file });
  const handler = config.handler === undefined ? undefined : resolve(cwd, config.handler);
  const cgi = config.cgi === undefined ? undefined : resolveProgram(cwd, config.cgi);
  return { config: Object.freeze({ ...config, handler, cgi }), sources };
}

/**
 * Checks that what is to answer is there: the handler's file, or the CGI program.
 *
 * @throws ServerError `ERR_SCGI_HANDLER_MISSING`, or `ERR_SCGI_HANDLER_LOAD` for what cannot be run
 */
export async function requireApplication({ handler, cgi }: Config): Promise<void> {
  if (cgi === undefined) await requireHandlerFile(handler);
  else await requireProgram(cgi);
}

/**
 * Checks that the handler is a file.
 *
 * @throws ServerError `ERR_SCGI_HANDLER_MISSING`
 */
async function requireHandlerFile(handler: string | undefined): Promise<void> {
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
