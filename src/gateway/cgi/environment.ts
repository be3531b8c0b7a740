// The environment of a CGI program (RFC 3875 §4.1): the request's meta-variables, completed, and what
// the operator passes on. Pure. Nothing else of the server's own environment gets in. All strings are
// latin-1: each character is a byte.

import { Buffer } from 'node:buffer';
import type { Environment } from '../handler.ts';
import { scriptFile } from './script-file.ts';

/** Of a request, what its program's environment is made of. */
export interface ProgramRequest {
  env: Environment;
  /** Length of the body, bytes. */
  bodySize: number;
  /** Path of the program's file. */
  file: string;
}

const DEFAULT_PATH = '/usr/local/bin:/usr/bin:/bin';

/** What a shell takes for a variable. bash has read functions from others. */
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Steers the loader of programs; Apache sends its own LD_LIBRARY_PATH. */
const LOADER_PREFIX = 'LD_';

const HIDDEN_NAMES: readonly string[] = [
  // A client's header `Proxy`, which HTTP clients take for the address of their proxy ("httpoxy").
  'HTTP_PROXY',
  // CONTENT_TYPE and CONTENT_LENGTH say the same (RFC 3875 §4.1.18), and of chunks nothing is left.
  'HTTP_CONTENT_TYPE',
  'HTTP_CONTENT_LENGTH',
  'HTTP_TRANSFER_ENCODING',
  // The web server's own, which Apache sends; the program runs here.
  'PATH',
  // The mark of the protocol.
  'SCGI',
];

/** Makes the environments of programs. */
export class ProgramEnvironment {
  /** PATH, and what the operator passes on: `NAME=VALUE`. */
  readonly #given: readonly string[];
  readonly #givenNames: ReadonlySet<string>;
  readonly #notCopied: ReadonlySet<string>;

  /**
   * @param own - the environment of this process
   * @param passed - names in it that programs get; they go before what is sent. What is not set is left out
   */
  constructor(own: Readonly<Record<string, string | undefined>>, passed: readonly string[]) {
    const given = new Map([['PATH', toBytes(own['PATH'] || DEFAULT_PATH)]]);
    for (const name of passed) {
      const value = own[name];
      if (value !== undefined) given.set(name, toBytes(value));
    }
    this.#given = Array.from(given, assignment);
    this.#givenNames = new Set(given.keys());
    this.#notCopied = new Set([...HIDDEN_NAMES, ...COMPLETED_NAMES, ...given.keys()]);
  }

  /** Returns the environment of a request's program, `NAME=VALUE` each. */
  of(request: ProgramRequest): string[] {
    const { env } = request;
    const list = [...this.#given];
    for (const [name, value] of complete(request)) {
      if (value !== undefined && !this.#givenNames.has(name)) list.push(`${name}=${value}`);
    }
    for (const name in env) {
      if (!this.#notCopied.has(name) && NAME.test(name) && !name.startsWith(LOADER_PREFIX)) {
        list.push(`${name}=${env[name]}`);
      }
    }
    return list;
  }
}

/** Text becomes latin-1, each character a byte, as paths and variables are here. */
export function toBytes(text: string): string {
  return Buffer.from(text).toString('latin1');
}

type Variable = readonly [name: string, value: string | undefined];

const COMPLETED_NAMES = complete({ env: {}, bodySize: 0, file: '' }).map(([name]) => name);

/** What the standard requires, and what not every web server sends; php-cgi insists on REDIRECT_STATUS. */
function complete(request: ProgramRequest): Variable[] {
  const { env, file } = request;
  return [
    ['GATEWAY_INTERFACE', 'CGI/1.1'],
    ['CONTENT_LENGTH', contentLength(request)],
    ['CONTENT_TYPE', env['CONTENT_TYPE'] || undefined],
    ['PATH_TRANSLATED', env['PATH_TRANSLATED'] || pathTranslated(env)],
    ['QUERY_STRING', env['QUERY_STRING'] ?? ''],
    ['REDIRECT_STATUS', env['REDIRECT_STATUS'] ?? '200'],
    ['SCRIPT_FILENAME', scriptFile(env) || file],
    ['SCRIPT_NAME', env['SCRIPT_NAME'] ?? ''],
    ['SERVER_SOFTWARE', env['SERVER_SOFTWARE'] ?? 'scgi-server'],
  ];
}

/** SCGI always has a length; a program is told one if and only if there is a body (RFC 3875 §4.1.2). */
function contentLength({ env, bodySize }: ProgramRequest): string | undefined {
  const method = env['REQUEST_METHOD'];
  return bodySize === 0 && (method === 'GET' || method === 'HEAD') ? undefined : String(bodySize);
}

/** The file that PATH_INFO would name (RFC 3875 §4.1.6). */
function pathTranslated({ PATH_INFO: path, DOCUMENT_ROOT: root }: Environment): string | undefined {
  // A web server has resolved `..` in a path; where it has not, it must not lead out of the root.
  if (!path || !root || path.split('/').includes('..')) return undefined;
  return root.replace(/\/$/, '') + path;
}

function assignment([name, value]: readonly [string, string]): string {
  return `${name}=${value}`;
}
