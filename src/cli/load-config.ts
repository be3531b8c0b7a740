// From the command line to the configuration: reads what the process was given and what is on disk.

import { resolve } from 'node:path';
import type { Config } from '../config/config.ts';
import { loadConfigFile } from '../config/load-file.ts';
import { resolveConfig, type ResolvedConfig } from '../config/resolve.ts';
import { resolveProgram } from '../gateway/cgi/given-program.ts';
import type { CommandFlags } from './program.ts';

/** How a configuration is read. */
interface Reading {
  /** The file may have been read before. */
  anew?: boolean;
  /** No file is looked for, though one may be named. */
  withoutFile?: boolean;
}

/**
 * Resolves the configuration of this process; the paths of the application in it are absolute.
 *
 * @throws ConfigError
 */
export async function loadConfig(
  flags: CommandFlags,
  { anew = false, withoutFile = false }: Reading = {},
): Promise<ResolvedConfig> {
  const cwd = process.cwd();
  const file = withoutFile ? undefined : await loadConfigFile(cwd, { named: flags.config, anew });
  const { config, sources } = resolveConfig({ flags, env: process.env, file });
  return { config: Object.freeze({ ...config, ...absolutePaths(config, cwd) }), sources };
}

/** Inside of another root directory, relative paths belong to that. */
function absolutePaths(config: Config, cwd: string): Partial<Config> {
  const { handler, cgi, chdir, chroot } = config;
  const from = chroot === undefined ? cwd : '/';
  return {
    handler: handler === undefined ? undefined : resolve(from, handler),
    cgi: cgi === undefined ? undefined : resolveProgram(from, cgi),
    chdir: chdir === undefined ? undefined : resolve(from, chdir),
    chroot: chroot === undefined ? undefined : resolve(cwd, chroot),
  };
}
