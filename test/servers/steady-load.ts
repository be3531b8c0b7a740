// A steady load from inside a network namespace, and what became of each of its requests.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { waitFor } from '../helpers/wait-for.ts';
import type { ExchangeLine } from './load-on-hosts.ts';

const PROGRAM = fileURLToPath(new URL('load-on-hosts.ts', import.meta.url));
/** Requests at once, with some to spare: of those after them none had begun. */
const MOST_AT_ONCE = 32;
/** Generous: a web server may first have to give up a request, on a machine that is busy. */
const PATIENCE_MS = 30_000;

export class SteadyLoad {
  readonly exchanges: ExchangeLine[] = [];

  /** @param inside - command that enters the network namespace */
  constructor(url: string, inside: readonly string[]) {
    const [command, ...args] = [...inside, process.execPath, '--import', 'tsx', PROGRAM, url];
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.exchanges.push(JSON.parse(line) as ExchangeLine);
    });
    onTestFinished(() => void child.kill('SIGKILL'));
  }

  /** Waits until every request has ended that may have begun before now. */
  async settled(): Promise<void> {
    const due = this.exchanges.length + MOST_AT_ONCE;
    const isDue = ({ token }: ExchangeLine): boolean => Number(token.slice(1)) < due;
    const ended = (): boolean => this.exchanges.filter(isDue).length === due;
    await waitFor('the end of requests that had begun', ended, PATIENCE_MS);
  }

  /** Waits for so many more answers of a host. */
  async answeredBy(host: string, count: number): Promise<void> {
    const before = this.exchanges.length;
    const answers = (): number =>
      this.exchanges.slice(before).filter((exchange) => exchange.host === host).length;
    await waitFor(`${count} answers of host ${host}`, () => answers() >= count, PATIENCE_MS);
  }
}
