// The SCGI load generator, a program of its own: what it does must not wait for the benchmark's event loop,
// nor the other way round. It writes its numbers as one line of JSON.

import { parseArgs } from 'node:util';
import { NativeBuffer } from '../../../src/posix/native-buffer.ts';
import type { SocketAddress } from '../../../src/posix/socket-address.ts';
import type { Failures } from './closed-loop.ts';
import { ClosedLoop } from './closed-loop.ts';
import { connector } from './connect.ts';
import { makeRequest } from './request.ts';

const HELP = `Usage: tsx test/bench/load/main.ts --connect unix:PATH|HOST:PORT [options]

  --connections N   connections at once, one request each (default 16)
  --seconds N       how long new requests begin, or
  --requests N      how many there are
  --path PATH       what to ask for (default /hello)
  --body BYTES      size of the request's body; with one it is a POST
  --headers BYTES   size of a cookie on top of the usual headers
  --answer BYTES    size of every answer, its head included; another size is wrong
  --token           each request has a token of its own in X-Token; its answer's body must be that
`;

/** The line of JSON. */
export interface LoadReport {
  /** Those with the right answer; latencies and the rate are about them. */
  requests: number;
  failures: Failures;
  seconds: number;
  p50Us: number;
  p99Us: number;
  maxUs: number;
  receivedBytes: number;
  /** Processor time of this program while the load ran. */
  cpuUs: number;
}

/** Large enough that the generator is not what limits an answer of 1 MB. */
const BUFFER_BYTES = 256 * 1024;

function parseAddress(text: string): SocketAddress {
  if (text.startsWith('unix:')) return { kind: 'unix', path: text.slice('unix:'.length) };
  const [, host, port] = /^\[?(.+?)\]?:(\d+)$/.exec(text) ?? [];
  if (host === undefined) throw new Error(`--connect takes unix:PATH or HOST:PORT, not "${text}"`);
  return { kind: 'tcp', host, port: Number(port) };
}

function main(): void {
  const { values } = parseArgs({
    options: {
      connect: { type: 'string' },
      connections: { type: 'string', default: '16' },
      seconds: { type: 'string' },
      requests: { type: 'string' },
      path: { type: 'string', default: '/hello' },
      body: { type: 'string', default: '0' },
      headers: { type: 'string', default: '0' },
      answer: { type: 'string' },
      token: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const { connect, seconds, requests, answer } = values;
  if (values.help || connect === undefined || (seconds ?? requests) === undefined) {
    process.stdout.write(HELP);
    process.exitCode = values.help ? 0 : 64;
    return;
  }
  const loop = new ClosedLoop({
    connect: connector(parseAddress(connect)),
    request: makeRequest({
      path: values.path,
      bodyBytes: Number(values.body),
      headerBytes: Number(values.headers),
    }),
    buffer: new NativeBuffer(BUFFER_BYTES),
    connections: Number(values.connections),
    forMs: Number(seconds ?? Infinity) * 1_000,
    requests: Number(requests ?? Infinity),
    answerBytes: answer === undefined ? undefined : Number(answer),
    token: values.token,
  });
  const before = process.cpuUsage();
  const milliseconds = loop.run();
  const { user, system } = process.cpuUsage(before);
  const report: LoadReport = {
    requests: loop.latencies.count,
    failures: loop.failures,
    seconds: milliseconds / 1_000,
    ...loop.latencies.summary(),
    receivedBytes: loop.receivedBytes,
    cpuUs: user + system,
  };
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

main();
