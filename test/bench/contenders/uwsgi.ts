// uWSGI, which speaks SCGI as this program does: the closest relative, with a core in C.

import { fileURLToPath } from 'node:url';
import { startApp } from '../app-process.ts';
import type { Contender } from './contender.ts';
import { BACKLOG, debianProgram, socketAddress, socketPath, versionOf } from './contender.ts';

const APP = fileURLToPath(new URL('../apps/app.py', import.meta.url));

const PLUGIN = ['--plugin', 'python3'];
const PROCESS = ['--master', '--die-on-term', '--disable-logging', '--need-app'];

export const UWSGI: Contender = {
  name: 'uWSGI',
  fronts: ['none', 'nginx'],
  isConcurrent: false,
  detect: () =>
    debianProgram(versionOf('uwsgi', ...PLUGIN, '--version'), 'uwsgi-core uwsgi-plugin-python3'),
  start: ({ workers }, dir) => {
    const socket = ['--scgi-socket', socketPath(dir), '--chmod-socket=666'];
    // The default buffer of 4 KB is less than a request with many cookies.
    const limits = ['--listen', `${BACKLOG}`, '--buffer-size', '65535'];
    const app = ['--wsgi-file', APP, '--processes', `${workers}`];
    const args = [...PLUGIN, ...PROCESS, ...socket, ...limits, ...app];
    return startApp(['uwsgi', ...args], /^spawned uWSGI worker/gm, workers);
  },
  address: socketAddress,
};
