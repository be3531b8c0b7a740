// Servers that speak HTTP, behind nginx's proxy_pass.

import { fileURLToPath } from 'node:url';
import type { Replacement } from '../../helpers/config-sample.ts';
import { startApp } from '../app-process.ts';
import type { Contender } from './contender.ts';
import {
  BACKLOG,
  debianProgram,
  socketAddress,
  socketPath,
  tcpAddress,
  versionOf,
} from './contender.ts';

const APPS = fileURLToPath(new URL('../apps/', import.meta.url));
const CLUSTER = fileURLToPath(new URL('../apps/cluster-server.mjs', import.meta.url));

/** Buffers as for SCGI. */
const BUFFERS: readonly Replacement[] = [
  ['scgi_buffer_size 16k;', 'proxy_buffer_size 16k;'],
  ['scgi_buffers 8 16k;', 'proxy_buffers 8 16k;'],
];

/**
 * Its usual workers close the connection after each request, so there is no keep-alive to set.
 *
 * @param folder - where the module `name` of the application is
 */
export const gunicornWith = (folder: string, name: string): Contender => ({
  name: 'gunicorn',
  fronts: ['nginx'],
  isConcurrent: false,
  detect: () => debianProgram(versionOf('gunicorn', '--version'), 'gunicorn'),
  start: ({ workers }, dir) => {
    const socket = ['--bind', `unix:${socketPath(dir)}`, '--backlog', `${BACKLOG}`];
    const app = ['--workers', `${workers}`, '--pythonpath', folder, `${name}:application`];
    // Otherwise Python leaves a compiled file beside the source.
    const command = ['env', 'PYTHONDONTWRITEBYTECODE=1', 'gunicorn'] as const;
    return startApp([...command, ...socket, ...app], /Booting worker with pid/g, workers);
  },
  address: socketAddress,
  nginx: [['scgi_pass app;', 'proxy_pass http://app;'], ...BUFFERS],
});

export const GUNICORN: Contender = gunicornWith(APPS, 'app');

/**
 * node:http with cluster. Keep-alive as in nginx's documentation of `keepalive`.
 *
 * @param app - file of the application; without: the answers of the benchmark's own
 */
export function clusterOf(name: string, app?: string): Contender {
  const file = app === undefined ? [] : [app];
  const command = ['env', 'NODE_ENV=production', process.execPath, CLUSTER] as const;
  return {
    name,
    fronts: ['nginx'],
    isConcurrent: true,
    detect: () => ({ isHere: true, version: process.version }),
    start: ({ workers }) =>
      startApp([...command, `${workers}`, ...file], /^worker \d+ is ready/gm, workers),
    address: tcpAddress,
    nginx: [
      ['        # least_conn;', '        keepalive 64;'],
      [
        'scgi_pass app;',
        'proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection "";',
      ],
      ...BUFFERS,
    ],
  };
}

export const NODE_CLUSTER: Contender = clusterOf('node:http cluster');
