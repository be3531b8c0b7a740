// What a worker does in addition while somebody works on its handler: it tells which files that is made
// of, and shows why it does not load.

import type { Handler } from '../gateway/handler.ts';
import { checkSyntax, findLocation } from '../gateway/handler-error.ts';
import { errorPage } from '../gateway/error-page.ts';
import { toErrorRecord } from '../ipc/error-record.ts';
import type { WorkerChannel } from '../ipc/worker-channel.ts';
import { statIfAny } from '../stat-if-any.ts';
import { ImportTrace } from './import-trace.ts';
import type { WorkerParts } from './worker.ts';

/** A syntax error without a location is looked for in so many files, those that were changed last. */
const MOST_CHECKED = 10;
const STACK_FRAMES = 100;

export class WatchedHandler {
  readonly parts: Pick<WorkerParts, 'substitute'> = { substitute: (error) => this.#show(error) };
  readonly #trace: ImportTrace;
  readonly #exit: typeof process.exit = process.exit.bind(process);

  /** Call it before the handler is loaded. */
  constructor(channel: WorkerChannel) {
    this.#trace = new ImportTrace((files) => channel.send({ type: 'imported', files }));
    this.#trace.start();
    // Modules that fail are known by their frames alone; Node's own are six for each of them.
    Error.stackTraceLimit = STACK_FRAMES;
    process.exit = (code) => {
      throw new Error(`the handler called process.exit(${code ?? ''}) while it was loaded`);
    };
  }

  /** The handler is loaded, or the page is shown. */
  booted(): void {
    process.exit = this.#exit;
    this.#trace.look();
  }

  async #show(error: unknown): Promise<Handler> {
    this.#trace.look();
    this.#trace.lookInto(error);
    const { message } = toErrorRecord(error);
    // Ours is around that of the application.
    const { cause } = error as Error;
    const stack = cause === undefined ? '' : toErrorRecord(cause).stack;
    return errorPage({ message, stack: (await this.#findSyntaxError(cause)) ?? stack });
  }

  /** Node 20 and 22 do not say where in an ES module a syntax error is. */
  async #findSyntaxError(thrown: unknown): Promise<string | undefined> {
    if (!(thrown instanceof SyntaxError) || findLocation(thrown.stack) !== undefined) {
      return undefined;
    }
    const files = this.#trace.files
      .map((file) => ({ file, time: statIfAny(file)?.mtimeMs ?? 0 }))
      .sort((a, b) => b.time - a.time);
    for (const { file } of files.slice(0, MOST_CHECKED)) {
      const problem = await checkSyntax(file);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }
}
