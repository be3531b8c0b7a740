// Who is measured, as data: what to start, where it listens, and how nginx reaches it.

import { fileURLToPath } from 'node:url';
import type { Replacement } from '../helpers/nginx.ts';
import type { PeerAddress } from '../helpers/scgi-peer.ts';
import type { AppProcess } from './app-process.ts';
import { startApp } from './app-process.ts';

export interface Contender {
  name: string;
  /** Starts it with so many worker processes; `dir` is a folder of its own. */
  start(workers: number, dir: string): Promise<AppProcess>;
  /** Where it listens, as soon as it runs. */
  upstream(app: AppProcess, dir: string): PeerAddress;
  /** What must differ from config/nginx.conf. */
  nginx?: readonly Replacement[];
}

/** The others are measured by it. */
export const REFERENCE = 'node:http cluster';

const BIN = fileURLToPath(new URL('../../bin/scgi-server.js', import.meta.url));
const HANDLER = fileURLToPath(new URL('apps/scgi-handler.mjs', import.meta.url));
const CLUSTER = fileURLToPath(new URL('apps/cluster-server.mjs', import.meta.url));

const READY = /^.*worker \d+.* is ready/gm;

const tcpAddress = (app: AppProcess): PeerAddress => {
  const port = /listening on 127\.0\.0\.1:(\d+)/.exec(app.output())?.[1];
  return { host: '127.0.0.1', port: Number(port) };
};

function scgiServer(address: readonly string[], workers: number): Promise<AppProcess> {
  const size = ['--min-workers', `${workers}`, '--max-workers', `${workers}`];
  return startApp([process.execPath, BIN, ...address, ...size, HANDLER], READY, workers);
}

/** As in nginx's documentation of `keepalive`; buffers as for SCGI. */
const PROXY: readonly Replacement[] = [
  ['        # least_conn;', '        keepalive 64;'],
  [
    'scgi_pass app;',
    'proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection "";',
  ],
  ['scgi_buffer_size 16k;', 'proxy_buffer_size 16k;'],
  ['scgi_buffers 8 16k;', 'proxy_buffers 8 16k;'],
];

export const CONTENDERS: readonly Contender[] = [
  {
    name: 'scgi-server, Unix socket',
    start: (workers, dir) => scgiServer(['--socket', `${dir}/app.sock`], workers),
    upstream: (_app, dir) => ({ path: `${dir}/app.sock` }),
  },
  {
    name: 'scgi-server, TCP',
    start: (workers) => scgiServer(['--port', '0'], workers),
    upstream: tcpAddress,
  },
  {
    name: REFERENCE,
    start: (workers) => startApp([process.execPath, CLUSTER, `${workers}`], READY, workers),
    upstream: tcpAddress,
    nginx: PROXY,
  },
];
