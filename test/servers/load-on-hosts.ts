// Asks a web server for the application of several hosts, so many requests at once, until its standard input
// ends: a program of its own, as it runs in the network namespace of the web server. Each exchange becomes a
// line of JSON.

import { httpRequest, runLoad, WrongAnswer } from '../helpers/load.ts';

/** What became of one request. */
export interface ExchangeLine {
  token: string;
  method: 'GET' | 'POST';
  /** Milliseconds since 1970. */
  begunAt: number;
  endedAt: number;
  /** The host that answered. */
  host?: string;
  /** Instead of an answer of a host. */
  failure?: string;
  /** An answer, but not the one of this request. */
  wrong?: string;
}

const CLIENTS = 16;
const BODY_BYTES = 2_000;
/** More than any web server here takes to give up: what fails is its answer, not our patience. */
const TIMEOUT_MS = 15_000;

async function main(url: string): Promise<void> {
  let isOver = false;
  process.stdin.once('end', () => (isOver = true)).resume();
  const exchange = async (n: number): Promise<void> => {
    const line = await ask(url, n);
    process.stdout.write(`${JSON.stringify(line)}\n`);
  };
  await runLoad(exchange, { clients: CLIENTS, goOn: () => !isOver });
}

/** On a connection of its own: a web server that is reloaded closes those that are idle. */
async function ask(url: string, n: number): Promise<ExchangeLine> {
  const token = `t${n}`;
  const method = n % 2 === 0 ? 'GET' : 'POST';
  const body = method === 'GET' ? '' : token.padStart(BODY_BYTES, '.');
  const begunAt = Date.now();
  let result: Pick<ExchangeLine, 'host' | 'failure' | 'wrong'>;
  try {
    const answer = await httpRequest(`${url}/?token=${token}`, {
      method,
      timeoutMs: TIMEOUT_MS,
      ...(method === 'GET' ? {} : { body }),
    });
    result = { host: readHost(answer, token, body) };
  } catch (error) {
    const what = (error as Error).message;
    result = error instanceof WrongAnswer ? { wrong: what } : { failure: what };
  }
  return { token, method, begunAt, endedAt: Date.now(), ...result };
}

/** Returns who answered, if it is the answer to this very request. */
function readHost(
  answer: { status: number; body: Buffer },
  token: string,
  requestBody: string,
): string {
  const said = answer.body.toString();
  if (answer.status !== 200) throw new Error(`status ${answer.status}`);
  const { host, ...rest } = JSON.parse(said) as Record<string, unknown>;
  const inBody = requestBody.slice(-token.length);
  const expected = { token, bodySize: requestBody.length, inBody };
  if (JSON.stringify(rest) !== JSON.stringify(expected)) throw new WrongAnswer(said);
  return String(host);
}

await main(process.argv[2] ?? '');
