// Reads the server's log while it is written: who is ready, who died, and what nobody expected. Lines are
// counted and forgotten: there may be millions.

import { Mishaps } from './tally.ts';

interface LogRecord {
  level: string;
  msg: string;
  err?: { stack?: string };
}

/** Words of a fault of the server's own, whatever the level. */
const OWN_FAULT = /\binternal\b|\bbug\b|inside the server|closed twice|dispatcher failed/i;

/** What a server says at its start that root has started. */
const ROOT_WARNING = /^workers run as root: /;

export class LogWatch {
  /** Process ids of workers that said that they are ready and whose death was not logged yet. */
  readonly ready: Set<number> = new Set();
  /** Deaths by SIGKILL, and what the server says that it lost with them. */
  deaths = 0;
  lost = 0;
  /** Failures of the handler that were logged. */
  handlerFailures = 0;
  readonly surprises: Mishaps = new Mishaps();
  /** The last lines, for a report of something that is wrong. */
  readonly #tail: string[] = [];
  readonly #isExpectedDeath: (pid: number) => boolean;
  #rest = '';

  /** @param isExpectedDeath - whether we killed the worker of this process id ourselves */
  constructor(isExpectedDeath: (pid: number) => boolean) {
    this.#isExpectedDeath = isExpectedDeath;
  }

  get tail(): string {
    return this.#tail.join('\n');
  }

  /** Takes the next piece of the log. */
  push(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#read(line);
  }

  #read(line: string): void {
    if (this.#tail.push(line.slice(0, 500)) > 20) this.#tail.shift();
    const record = parse(line);
    const { level, msg } = record;
    const ready = /^worker \d+ \(pid (\d+)\) is ready/.exec(msg);
    const death = /^worker \d+ \(pid (\d+)\) was killed by SIGKILL/.exec(msg);
    if (ready !== null) this.ready.add(Number(ready[1]));
    else if (death !== null) this.#died(Number(death[1]), line, msg);
    else if (isHandlerFailure(record)) this.handlerFailures++;
    else if ((level !== 'info' && level !== 'debug') || OWN_FAULT.test(msg)) {
      if (!ROOT_WARNING.test(msg)) this.surprises.add(line);
    }
  }

  #died(pid: number, line: string, msg: string): void {
    this.ready.delete(pid);
    this.deaths++;
    this.lost += Number(/while serving (\d+) /.exec(msg)?.[1] ?? 0);
    if (!this.#isExpectedDeath(pid)) this.surprises.add(line);
  }
}

/** The handler's own errors, and no others that the server may take for such. */
function isHandlerFailure({ level, msg, err }: LogRecord): boolean {
  return (
    level === 'error' &&
    /: the handler failed( after its head was sent: the connection was cut)?$/.test(msg) &&
    (err?.stack ?? '').startsWith('Error: soak: ')
  );
}

function parse(line: string): LogRecord {
  try {
    return JSON.parse(line) as LogRecord;
  } catch {
    // Not a line of the logger: a warning of Node's, or worse.
    return { level: 'raw', msg: line };
  }
}
