// CGI: each request is answered by a program that is started for it. This makes a handler of a program,
// or of a directory of them, so that pool, limits and log are the server's own.

import type { Writable } from 'node:stream';
import { errorResponse } from '../protocol/error-response.ts';
import type {
  ConnectionHandler,
  Environment,
  HandlerContext,
  HandlerLog,
  Produce,
  UnreadRequest,
} from './handler.ts';
import { ProgramEnvironment, toBytes } from './cgi/environment.ts';
import type { NoProgram } from './cgi/find-program.ts';
import { describeProgram, ProgramDirectory, whyNoProgram } from './cgi/find-program.ts';
import { requireProgram } from './cgi/given-program.ts';
import type { Launch, Launcher, Program } from './cgi/program.ts';
import { ProgramStartError } from './cgi/program-error.ts';
import type { RunParts } from './cgi/run-program.ts';
import { runOnConnection, runProgram } from './cgi/run-program.ts';
import { scriptFile } from './cgi/script-file.ts';

/** What is run, and how. */
export interface CgiOptions {
  /** Absolute path of a program; with a slash at its end, of a directory of programs. */
  readonly path: string;
  /** Arguments of the program. */
  readonly args: readonly string[];
  /** Variables of this process's environment that programs get as well. */
  readonly passEnv: readonly string[];
  /** Programs get the connection itself, where that is possible. */
  readonly direct: boolean;
  /** Start programs by posix_spawn, where that is possible. */
  readonly isNative: boolean;
}

/** Where the programs of requests are. */
interface ProgramSource {
  find(env: Environment): Program | NoProgram;
  /** Says of one that could not be started why it is none; `undefined` if it is one. */
  judge(file: string): NoProgram | undefined;
}

/**
 * Makes the handler.
 *
 * @throws ServerError `ERR_SCGI_HANDLER_MISSING`, or `ERR_SCGI_HANDLER_LOAD` for what cannot be run
 */
export async function fromScript(options: CgiOptions, log: HandlerLog): Promise<ConnectionHandler> {
  await requireProgram(options.path);
  const launcher = await createLauncher(options.isNative, log);
  // What is still running when this process ends has nobody who would end it later.
  process.on('exit', () => launcher.killAll());
  const handler = new ScriptHandler(options, launcher);
  if (!options.direct) return { produce: handler.produce };
  if (launcher.canLend) return { produce: handler.produce, serveOn: handler.serveOn };
  log.warn('--direct has no effect: only the native dispatcher can lend a connection');
  return { produce: handler.produce };
}

class ScriptHandler {
  readonly #source: ProgramSource;
  readonly #environment: ProgramEnvironment;
  readonly #launcher: Launcher;

  constructor(options: CgiOptions, launcher: Launcher) {
    this.#source = programSource(options);
    this.#environment = new ProgramEnvironment(process.env, options.passEnv);
    this.#launcher = launcher;
  }

  // The contract has five parameters.
  // oxlint-disable-next-line max-params
  readonly produce: Produce = (env, bodySize, input, output, context) => {
    const program = this.#source.find(env);
    if ('status' in program) return refuse(program, output, context);
    const launch = {
      ...this.#launch(program, { env, bodySize }),
      input: bodySize > 0 ? input : undefined,
    };
    return runProgram({ ...this.#parts(context), launch, output }).catch((error: unknown) => {
      if (!(error instanceof ProgramStartError)) throw error;
      const reason = this.#source.judge(program.file);
      if (reason !== undefined) return refuse(reason, output, context);
      if (!error.isTemporary) throw error;
      context.log.error(error.message);
      output.end(errorResponse(503));
    });
  };

  readonly serveOn: Required<ConnectionHandler>['serveOn'] = (connection, request, context) => {
    const program = this.#source.find(request.env);
    // Who is to be told why is told by `produce`.
    if ('status' in program) return undefined;
    const launch = { ...this.#launch(program, request), input: undefined, connection };
    return runOnConnection({ ...this.#parts(context), launch, output: undefined });
  };

  #launch(program: Program, request: UnreadRequest): Pick<Launch, 'program' | 'env'> {
    return { program, env: this.#environment.of({ ...request, file: program.file }) };
  }

  #parts(context: HandlerContext): Omit<RunParts, 'launch' | 'output'> {
    return { launcher: this.#launcher, context };
  }
}

/** Arguments that a query without `=` would make (RFC 3875 §4.4) are not passed: they are the client's. */
function programSource({ path, args }: CgiOptions): ProgramSource {
  const bytes = toBytes(path);
  if (bytes.endsWith('/')) {
    const directory = new ProgramDirectory(bytes.slice(0, -1));
    return { find: (env) => directory.find(scriptFile(env)), judge: whyNoProgram };
  }
  const program = describeProgram(bytes, args.map(toBytes));
  return { find: () => program, judge: () => undefined };
}

async function createLauncher(isNative: boolean, log: HandlerLog): Promise<Launcher> {
  if (isNative) {
    try {
      const { NativeLauncher } = await import('./cgi/native/native-launcher.ts');
      return new NativeLauncher();
    } catch (error) {
      log.info(`programs are started by Node.js: ${(error as Error).message}`);
    }
  }
  const { PortableLauncher } = await import('./cgi/portable-launcher.ts');
  return new PortableLauncher();
}

function refuse({ status, reason }: NoProgram, output: Writable, { log }: HandlerContext): void {
  log.warn(`${status}, no program: ${reason}`);
  output.end(errorResponse(status));
}
