// Finds the program that a request names in a directory, and nothing outside of it.

import { Buffer } from 'node:buffer';
import fs from 'node:fs';
import path from 'node:path';
import type { Program } from './program.ts';

/** Why a request gets no program. */
export interface NoProgram {
  readonly status: 403 | 404;
  /** For the log. */
  readonly reason: string;
}

/** What realpath(3) says of a file that is not there. */
const MISSING: ReadonlySet<string | undefined> = new Set([
  'ENOENT',
  'ENOTDIR',
  'ENAMETOOLONG',
  'ELOOP',
]);

/** A directory of programs. */
export class ProgramDirectory {
  readonly #path: string;
  /** The same, links resolved; a deployment may switch them at any time. */
  #realPath: string;

  /** @param directory - absolute, without a slash at its end, latin-1 */
  constructor(directory: string) {
    this.#path = directory;
    this.#realPath = directory;
  }

  /**
   * Returns the program that is named, its links resolved. Whether it is one is for its start to see.
   *
   * @param name - path that was sent as SCRIPT_FILENAME
   */
  find(name: string | undefined): Program | NoProgram {
    if (name === undefined || !name.startsWith('/')) {
      const found = name === undefined ? 'none' : show(name);
      return forbidden(`the web server has to send an absolute SCRIPT_FILENAME, and sent ${found}`);
    }
    try {
      // Before any file is looked at: what is there elsewhere is nobody's business.
      if (!this.#isNamedHere(name)) {
        return forbidden(`${show(name)} is not in ${show(this.#path)}/`);
      }
      const file = realPath(name);
      if (!file.startsWith(`${this.#realPath}/`)) this.#realPath = realPath(this.#path);
      if (!file.startsWith(`${this.#realPath}/`)) {
        return forbidden(`${show(name)} leads out of ${show(this.#path)}/, to ${show(file)}`);
      }
      return { ...describeProgram(file), title: show(file.slice(this.#realPath.length + 1)) };
    } catch (error) {
      return describeFailure(name, error as NodeJS.ErrnoException);
    }
  }

  #isNamedHere(name: string): boolean {
    if (isNamedIn(this.#path, name) || isNamedIn(this.#realPath, name)) return true;
    this.#realPath = realPath(this.#path);
    return isNamedIn(this.#realPath, name);
  }
}

/** Describes a program that the operator names. */
export function describeProgram(file: string, args: readonly string[] = []): Program {
  const directory = path.posix.dirname(file);
  return { file, directory, args: [file, ...args], title: show(path.posix.basename(file)) };
}

/**
 * Looks at a file that could not be started.
 *
 * @returns why it is no program; `undefined`: it is one, and something else is amiss
 */
export function whyNoProgram(file: string): NoProgram | undefined {
  const bytes = Buffer.from(file, 'latin1');
  try {
    const stats = fs.statSync(bytes);
    if (!stats.isFile()) {
      return forbidden(`${show(file)} is ${stats.isDirectory() ? 'a directory' : 'no file'}`);
    }
    fs.accessSync(bytes, fs.constants.X_OK);
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES') return forbidden(`${show(file)} is not executable for this user`);
    return describeFailure(file, error as NodeJS.ErrnoException);
  }
}

/** No `..` leads anywhere: a web server has resolved those. */
function isNamedIn(directory: string, name: string): boolean {
  return !name.split('/').includes('..') && path.posix.normalize(name).startsWith(`${directory}/`);
}

function realPath(name: string): string {
  return fs.realpathSync.native(Buffer.from(name, 'latin1'), 'latin1');
}

function describeFailure(name: string, { code }: NodeJS.ErrnoException): NoProgram {
  if (MISSING.has(code)) return { status: 404, reason: `there is no ${show(name)}` };
  return forbidden(`${show(name)} cannot be looked at (${code})`);
}

function forbidden(reason: string): NoProgram {
  return { status: 403, reason };
}

/** Bytes become text, for people. */
function show(name: string): string {
  return Buffer.from(name, 'latin1').toString();
}
