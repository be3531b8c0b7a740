// Finds the configuration file and reads it: JSON, or the default export of a module. What is in it
// is checked elsewhere.

import { existsSync } from 'node:fs';
import { readFile, realpath, stat } from 'node:fs/promises';
import { dirname, extname, resolve } from 'node:path';
import { ConfigError } from './config-error.ts';
import { show } from './expectation.ts';
import { readModule } from './read-module.ts';
import { readModuleAnew } from './read-module-anew.ts';
import type { ConfigFile } from './resolve.ts';
import { pathTo, whyNotTrusted } from './trusted-file.ts';

/** Which file, and how. */
export interface FileChoice {
  /** Path given by the user; it must exist. */
  named?: string | undefined;
  /** It may have been read before: a module is not taken from what is remembered of that. */
  anew?: boolean;
}

const FILE_NAMES = ['json', 'js', 'mjs', 'ts'].map((type) => `scgi-server.config.${type}`);

/**
 * Loads the file that is named, or else the one in the working directory, if there is one.
 * Relative paths inside it belong to the working directory, as those of flags do.
 *
 * @param cwd - working directory, absolute
 * @throws {@link ConfigError} that names the file and says what is wrong with it
 */
export async function loadConfigFile(
  cwd: string,
  { named, anew = false }: FileChoice = {},
): Promise<ConfigFile | undefined> {
  const path = named === undefined ? findConfigFile(cwd) : resolve(cwd, named);
  if (path === undefined) return undefined;
  await requireFile(path);
  await requireTrust(path);
  const content =
    extname(path) === '.json'
      ? await readJson(path)
      : await loadModule(path, anew ? readModuleAnew : readModule);
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    const where = extname(path) === '.json' ? '' : ' as default export';
    throw new ConfigError([`${path}: expected an object${where}, got ${show(content)}`]);
  }
  return { path, values: content as Record<string, unknown> };
}

function findConfigFile(cwd: string): string | undefined {
  const found = FILE_NAMES.map((name) => resolve(cwd, name)).filter((path) => existsSync(path));
  if (found.length > 1) {
    throw new ConfigError([`expected one configuration file, got ${found.join(' and ')}`]);
  }
  return found[0];
}

async function requireFile(path: string): Promise<void> {
  try {
    if ((await stat(path)).isFile()) return;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const found = code === 'ENOENT' ? 'there is none' : String(code);
    throw new ConfigError([`${path}: expected a configuration file, but ${found}`], { cause });
  }
  throw new ConfigError([`${path}: expected a configuration file, got something else`]);
}

/** Links are resolved: their targets are what is read. */
async function requireTrust(path: string): Promise<void> {
  const file = await realpath(path);
  // A link is as good as the directory that it is in.
  const places = [...pathTo(await realpath(dirname(path))), ...pathTo(file)];
  for (const place of new Set(places)) {
    const problem = whyNotTrusted(place, await stat(place), process.geteuid?.());
    if (problem !== undefined) throw new ConfigError([problem]);
  }
}

async function readJson(path: string): Promise<unknown> {
  const text = await read(path);
  try {
    return JSON.parse(text);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError([`${path}${position(text, message)}: ${message}`], { cause });
  }
}

async function read(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).replace(/^\uFEFF/, '');
  } catch (cause) {
    throw new ConfigError([`${path}: cannot be read: ${reason(cause)}`], { cause });
  }
}

/** Turns the offset in the message of `JSON.parse` into `:line:column`; some messages have none. */
function position(text: string, message: string): string {
  const [, offset] = / at position (\d+)/.exec(message) ?? [];
  const isCut = message.includes('end of JSON input');
  if (offset === undefined && !isCut) return '';
  const lines = text.slice(0, offset === undefined ? text.length : Number(offset)).split('\n');
  return `:${lines.length}:${(lines.at(-1) ?? '').length + 1}`;
}

async function loadModule(path: string, importIt: typeof readModule): Promise<unknown> {
  try {
    return await importIt(path);
  } catch (cause) {
    throw new ConfigError([`${path}: cannot be loaded: ${reason(cause)}`], { cause });
  }
}

function reason(cause: unknown): string {
  return cause instanceof Error ? `${cause.name}: ${cause.message}` : show(cause);
}
