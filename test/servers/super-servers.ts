// Programs that start a process for a connection, or for a listening socket, and how each is told to: by its
// file in config/, as far as it has one.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Replacement } from '../helpers/config-sample.ts';
import { adaptSample } from '../helpers/config-sample.ts';
import type { PeerAddress } from '../helpers/scgi-peer.ts';
import { BIN, PROGRAMS } from '../helpers/start-server.ts';

/** What a test has for one of them: a folder, free ports, and a handler's absolute path. */
export interface Place {
  dir: string;
  ports: readonly [number, number, number];
  handler: string;
}

/** A way in which processes are started. */
export interface SuperServer {
  name: string;
  /** Whether it is installed. */
  isHere: () => boolean;
  /** Package of Debian's. */
  debian: string;
  /** Whether a process serves one connection, or all that come until none has come for a while. */
  serves: 'one' | 'all';
  /** It starts no process, but becomes it. */
  becomesProcess?: true;
  /** Writes the files that it needs. @returns its command line */
  prepare(place: Place): string[];
  address(place: Place): PeerAddress;
}

/** The file that whatever the processes print goes to, unless the super-server's standard error is the log. */
export const logFile = ({ dir }: Place): string => path.join(dir, 'app.log');

const firstPort = ({ ports }: Place): PeerAddress => ({ host: '127.0.0.1', port: ports[0] });
const secondPort = ({ ports }: Place): PeerAddress => ({ host: '127.0.0.1', port: ports[1] });
const thirdPort = ({ ports }: Place): PeerAddress => ({ host: '127.0.0.1', port: ports[2] });

/** Long enough for a request to find the process that served the one before. */
const IDLE_EXIT = '--idle-exit 3s';

const OPENBSD_INETD = {
  isHere: () => hasCommand('inetd', '-?'),
  debian: 'openbsd-inetd',
  prepare: (place: Place) => [
    'inetd',
    '-i',
    writeSample('inetd.conf', place, [
      ['127.0.0.1:4000 stream', `127.0.0.1:${place.ports[0]} stream`],
      ['127.0.0.1:4001 stream', `127.0.0.1:${place.ports[1]} stream`],
      ['127.0.0.1:4002 stream', `127.0.0.1:${place.ports[2]} stream`],
      ['/usr/lib/cgi-bin/', `${PROGRAMS}/`],
      ['/run/app/app.sock', path.join(place.dir, 'app.sock')],
      ...inLogFile(place),
    ]),
  ],
};

const XINETD = {
  isHere: () => hasCommand('xinetd', '-version'),
  debian: 'xinetd',
  prepare: (place: Place) => [
    'xinetd',
    '-dontfork',
    '-pidfile',
    path.join(place.dir, 'xinetd.pid'),
    '-f',
    writeSample('xinetd.conf', place, [
      ['= 4000\n', `= ${place.ports[0]}\n`],
      ['= 4001\n', `= ${place.ports[1]}\n`],
      ...inLogFile(place),
    ]),
  ],
};

const SYSTEMD = {
  isHere: () => hasCommand('systemd-socket-activate', '--version'),
  debian: 'systemd',
  address: firstPort,
};

function socketActivate({ ports, handler }: Place, ...options: string[]): string[] {
  const command = [process.execPath, BIN, 'inetd', ...IDLE_EXIT.split(' '), handler];
  const where = ['--listen', `127.0.0.1:${ports[0]}`];
  return ['systemd-socket-activate', '--inetd', ...where, ...options, '--', ...command];
}

export const SUPER_SERVERS: readonly SuperServer[] = [
  { ...OPENBSD_INETD, name: 'openbsd-inetd, nowait', serves: 'one', address: firstPort },
  { ...OPENBSD_INETD, name: 'openbsd-inetd, wait', serves: 'all', address: secondPort },
  {
    ...OPENBSD_INETD,
    name: 'openbsd-inetd, a Unix socket',
    serves: 'one',
    address: ({ dir }) => ({ path: path.join(dir, 'app.sock') }),
  },
  { ...XINETD, name: 'xinetd, wait = no', serves: 'one', address: firstPort },
  { ...XINETD, name: 'xinetd, wait = yes', serves: 'all', address: secondPort },
  {
    name: 'tcpserver',
    isHere: () => hasCommand('tcpserver'),
    debian: 'ucspi-tcp',
    serves: 'one',
    prepare: (place) => [
      '/bin/sh',
      writeSample('tcpserver.run', place, [['127.0.0.1 4000 ', `127.0.0.1 ${place.ports[0]} `]]),
    ],
    address: firstPort,
  },
  {
    ...SYSTEMD,
    name: 'systemd-socket-activate, a process for each connection',
    serves: 'one',
    prepare: (place) => socketActivate(place, '--accept'),
  },
  {
    ...SYSTEMD,
    name: 'systemd-socket-activate, one process',
    serves: 'all',
    becomesProcess: true,
    prepare: (place) => socketActivate(place),
  },
];

/** It answers by the CGI programs of test/fixtures. */
export const INETD_WITH_PROGRAMS: SuperServer = {
  ...OPENBSD_INETD,
  name: 'openbsd-inetd, CGI programs',
  serves: 'one',
  address: thirdPort,
};

function inLogFile(place: Place): Replacement[] {
  return [
    ['www-data', os.userInfo().username],
    ['/usr/bin/node', process.execPath],
    ['--idle-exit 60s', IDLE_EXIT],
    ['/var/log/app.log', logFile(place)],
  ];
}

function writeSample(name: string, place: Place, replacements: readonly Replacement[]): string {
  const file = path.join(place.dir, name);
  const common: Replacement[] = [
    ['/usr/local/bin/scgi-server', BIN],
    ['/srv/app/hello.mjs', place.handler],
  ];
  fs.writeFileSync(file, adaptSample(name, [...replacements, ...common]));
  return file;
}

/** Started with anything that ends it at once. */
function hasCommand(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).error === undefined;
}
