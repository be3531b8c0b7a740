// Requests in numbers: a bounded number of clients at once, and every answer looked at.

import http from 'node:http';

/** What came back is not what was asked for: never acceptable, as a lost connection may be. */
export class WrongAnswer extends Error {}

export interface LoadOptions {
  /** Exchanges at once. */
  clients: number;
  /** Whether another exchange is to begin; it gets the number of those that have. */
  goOn: (begun: number) => boolean;
}

export interface LoadResult {
  begun: number;
  /** Exchanges that ended without an answer. */
  failures: Error[];
  /** Exchanges that ended with a wrong one. */
  wrong: Error[];
}

/** Runs `exchange` over and over with a number of its own; it rejects when something is amiss. */
export async function runLoad(
  exchange: (n: number) => Promise<void>,
  { clients, goOn }: LoadOptions,
): Promise<LoadResult> {
  const result: LoadResult = { begun: 0, failures: [], wrong: [] };
  const client = async (): Promise<void> => {
    while (goOn(result.begun)) {
      const n = result.begun++;
      try {
        await exchange(n);
      } catch (error) {
        const list = error instanceof WrongAnswer ? result.wrong : result.failures;
        list.push(new Error(`request ${n}`, { cause: error }));
      }
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return result;
}

export interface HttpRequest {
  method?: string;
  headers?: http.OutgoingHttpHeaders;
  /** Sent as it stands, where that of the URL would be normalised. */
  path?: string;
  body?: Buffer | string;
  /** Without: a connection of its own. */
  agent?: http.Agent;
  /** Longest silence, default 10 s. */
  timeoutMs?: number;
}

export interface HttpAnswer {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: Buffer;
}

/** Sends one HTTP request and reads the whole answer. */
export function httpRequest(url: string, request: HttpRequest = {}): Promise<HttpAnswer> {
  const { method = 'GET', headers = {}, body, agent = false, timeoutMs = 10_000 } = request;
  const path = request.path === undefined ? {} : { path: request.path };
  const options = { method, headers, agent, timeout: timeoutMs, ...path };
  return new Promise((resolve, reject) => {
    const outgoing = http.request(url, options, (answer) => {
      const pieces: Buffer[] = [];
      answer.on('data', (piece: Buffer) => pieces.push(piece));
      answer.on('error', reject);
      answer.on('end', () => {
        const { statusCode = 0, headers: fields } = answer;
        resolve({ status: statusCode, headers: fields, body: Buffer.concat(pieces) });
      });
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error(`${timeoutMs} ms of silence`)));
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
