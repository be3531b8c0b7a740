// What a request costs where a process is started for each: from its exec to the last byte of the answer,
// in times of what node itself takes to start and end.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { encodeScgi } from '../helpers/scgi-peer.ts';
import { inetdCommand, TCP } from './contenders/scgi-server.ts';
import type { FigureRow } from './figure.ts';
import { median } from './median.ts';

const STARTS = 15;
const NODE = [process.execPath, '-e', '0'];
const REQUEST = encodeScgi({ REQUEST_METHOD: 'GET', REQUEST_URI: '/hello', PATH_INFO: '/hello' });

export const COLD_START_ROWS: readonly FigureRow[] = [
  {
    id: 'inetd',
    name: 'inetd: exec to last byte, of "node -e 0"',
    unit: 'times',
    fits: (contender) => contender === TCP,
    measure: async (_contender, { rounds }) => {
      const server = createServer({ pauseOnConnect: true });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const ratios: number[] = [];
      try {
        for (let round = 0; round < rounds; round++) ratios.push(await compare(server));
      } finally {
        server.close();
      }
      return ratios;
    },
  },
];

async function compare(server: Server): Promise<number> {
  const inetd: number[] = [];
  const bare: number[] = [];
  // In turn, as a machine may become faster or slower meanwhile.
  for (let start = 0; start < STARTS; start++) {
    bare.push((await lifeOf(NODE, server)).ms);
    const { ms, answer } = await lifeOf(inetdCommand(), server);
    if (!answer.endsWith('Hello world\n')) throw new Error(`wrong answer: "${answer}"`);
    inetd.push(ms);
  }
  return median(inetd) / median(bare);
}

/** Starts a process on a connection that has a request in it; over when the connection is. */
async function lifeOf(
  [command = '', ...args]: readonly string[],
  server: Server,
): Promise<{ ms: number; answer: string }> {
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.write(REQUEST);
  const [socket] = await accepted;
  let answer = '';
  client.on('data', (chunk) => (answer += chunk.toString())).on('error', () => {});
  const closed = new Promise<void>((resolve) => {
    client.once('close', () => resolve());
  });
  const startedAt = performance.now();
  const child = spawn(command, args, { stdio: [socket, socket, 'inherit'] });
  const ended = once(child, 'exit');
  socket.destroy();
  await closed;
  const ms = performance.now() - startedAt;
  await ended;
  return { ms, answer };
}
