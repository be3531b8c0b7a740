// Who runs a CGI program for each request: this program, fcgiwrap, and a web server itself.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AppProcess } from '../app-process.ts';
import { freePort } from '../../helpers/tcp-port.ts';
import { startApp } from '../app-process.ts';
import { childrenOf } from '../processes.ts';
import type { Contender, Detection } from './contender.ts';
import {
  BACKLOG,
  debianProgram,
  socketAddress,
  socketPath,
  tcpAddress,
  versionOf,
} from './contender.ts';
import { NATIVE, startCgi } from './scgi-server.ts';

const source = (name: string): string => fileURLToPath(new URL(`../apps/${name}`, import.meta.url));
/** More than a request of the load needs at once. */
const PROCESSES = 4;

/** Makes a program. @returns its path, which is that of the load's requests */
type MakeProgram = (dir: string) => string;

function inC(dir: string): string {
  const file = path.join(dir, 'hello');
  execFileSync('cc', ['-O2', '-o', file, source('hello.c')]);
  return file;
}

function inJavaScript(dir: string): string {
  const file = path.join(dir, 'hello');
  const text = fs.readFileSync(source('hello-page.cjs'), 'utf8');
  fs.writeFileSync(file, `#!${process.execPath}\n${text}`, { mode: 0o755 });
  return file;
}

/** One of the rows needs a compiler. */
function detectWithCompiler(detection: Detection): Detection {
  const compiler = debianProgram(versionOf('cc', '--version'), 'gcc libc6-dev');
  return compiler.isHere ? detection : compiler;
}

function ours(name: string, make: MakeProgram, ...args: string[]): Contender {
  return {
    name,
    fronts: ['nginx'],
    isConcurrent: true,
    detect: () => detectWithCompiler(NATIVE.detect()),
    start: (_size, dir) => startCgi([...args, '--socket', socketPath(dir)], make(dir)),
    address: socketAddress,
  };
}

/** With its defaults: one process, which runs one program at a time; and with more of them. */
function fcgiwrap(processes: number): Contender {
  return {
    // Its CPU time does not contain that of the programs, which it does not wait for.
    name: processes === 1 ? 'fcgiwrap' : `fcgiwrap -c ${processes}`,
    fronts: ['nginx'],
    isConcurrent: true,
    detect: () =>
      detectWithCompiler(
        debianProgram(
          versionOf('spawn-fcgi', '-v') && versionOf('dpkg-query', '-W', 'fcgiwrap'),
          'fcgiwrap spawn-fcgi',
        ),
      ),
    start: (_size, dir) => {
      inC(dir);
      return startFcgiwrap(socketPath(dir), processes);
    },
    address: socketAddress,
    nginx: (dir) => [
      [
        'scgi_pass app;',
        `fastcgi_pass app; include /etc/nginx/fastcgi_params; fastcgi_param SCRIPT_FILENAME ${dir}/hello;`,
      ],
      ['scgi_buffer_size 16k;', 'fastcgi_buffer_size 16k;'],
      ['scgi_buffers 8 16k;', 'fastcgi_buffers 8 16k;'],
    ],
  };
}

async function startFcgiwrap(socket: string, processes: number): Promise<AppProcess> {
  const wait = `(while [ ! -S ${socket} ]; do sleep 0.05; done; echo ready) &`;
  const server = `spawn-fcgi -n -s ${socket} -M 0666 -b ${BACKLOG} -- /usr/sbin/fcgiwrap -c ${processes}`;
  const app = await startApp(['sh', '-c', `${wait} exec ${server}`], /^ready/gm, 1);
  const stop = (): Promise<number | string> => {
    // It leaves its children behind, and they keep its output open.
    const children = childrenOf(app.pid);
    const end = app.stop();
    for (const child of children) process.kill(child, 'SIGTERM');
    return end;
  };
  return { ...app, stop };
}

/** The web server that starts the program itself, and has no nginx in front. */
function lighttpd(name: string, make: MakeProgram): Contender {
  return {
    name,
    fronts: ['nginx'],
    isConcurrent: true,
    isWebServer: true,
    detect: () => detectWithCompiler(debianProgram(versionOf('lighttpd', '-v'), 'lighttpd')),
    start: async (_size, dir) => {
      make(dir);
      const port = await freePort();
      const file = path.join(dir, 'lighttpd.conf');
      fs.writeFileSync(
        file,
        `server.modules = ("mod_cgi")
server.document-root = "${dir}"
server.bind = "127.0.0.1"
server.port = ${port}
cgi.assign = ("hello" => "")
`,
      );
      const command = `echo listening on 127.0.0.1:${port}; exec lighttpd -D -f ${file}`;
      return startApp(['sh', '-c', command], /server started/g, 1);
    },
    address: tcpAddress,
  };
}

/** To whom the others are compared. */
export const FCGIWRAP: Contender = fcgiwrap(PROCESSES);

/** Who runs a program that takes next to no time. */
export const CGI_CONTENDERS: readonly Contender[] = [
  ours('cgi native', inC, '--dispatch', 'native'),
  ours('cgi native --direct', inC, '--dispatch', 'native', '--direct'),
  ours('cgi portable', inC, '--dispatch', 'portable'),
  fcgiwrap(1),
  FCGIWRAP,
  lighttpd('lighttpd, CGI', inC),
];

/** The plain CGI of old: what the same page is compared with. */
export const PLAIN_CGI: Contender = lighttpd('lighttpd, CGI in JavaScript', inJavaScript);

/** The same page in JavaScript by a handler, and by a program for each request. */
export const PAGE_CONTENDERS: readonly Contender[] = [
  NATIVE,
  ours('cgi native, in JavaScript', inJavaScript, '--dispatch', 'native'),
  PLAIN_CGI,
];
