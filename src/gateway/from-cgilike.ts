// Serves the body of an old CGI program in JavaScript, which finds here what it used to find in `process`.

import { Console } from 'node:console';
import type { Readable, Writable } from 'node:stream';
import { isThenable } from '../is-thenable.ts';
import { isBeingRead } from './being-read.ts';
import type { CgiProcess, Environment, Produce, ProduceCgilike } from './handler.ts';

/** Nearly all values are ASCII, and need not be decoded. */
const NOT_ASCII = /[\x80-\xff]/;

/**
 * Makes a handler of a program.
 *
 * It is done when the program's promise has settled; or, when it has returned something else, as soon as
 * it has read its standard input to the end, if it reads it.
 *
 * @param file - what the program finds as its own name
 */
export function fromCgilike(program: ProduceCgilike, file: string): Produce {
  // The contract has five parameters.
  // oxlint-disable-next-line max-params
  return (env, _bodySize, input, output, context) => {
    const result = program(new Cgi(env, { stdin: input, stdout: output }, file), context);
    if (isThenable(result)) return result;
    return isBeingRead(input) ? closed(input) : undefined;
  };
}

class Cgi implements CgiProcess {
  readonly env: Record<string, string | undefined>;
  readonly argv: string[];
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable = process.stderr;
  #console: Console | undefined;

  constructor(env: Environment, streams: { stdin: Readable; stdout: Writable }, file: string) {
    this.env = toProcessEnvironment(env);
    this.argv = [process.execPath, file];
    this.stdin = streams.stdin;
    this.stdout = streams.stdout;
  }

  get console(): Console {
    this.#console ??= new Console({ stdout: this.stdout, stderr: this.stderr });
    return this.#console;
  }
}

/** In `process.env` values are text in UTF-8, not bytes. */
function toProcessEnvironment(env: Environment): Record<string, string | undefined> {
  const text: Environment = Object.assign(Object.create(null), { GATEWAY_INTERFACE: 'CGI/1.1' });
  for (const name in env) text[name] = toText(env[name] ?? '');
  return text;
}

function toText(bytes: string): string {
  return NOT_ASCII.test(bytes) ? Buffer.from(bytes, 'latin1').toString() : bytes;
}

function closed(input: Readable): Promise<void> {
  return new Promise((resolve) => {
    input.once('close', resolve);
  });
}
