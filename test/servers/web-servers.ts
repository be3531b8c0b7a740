// Apache and lighttpd, as tests start them: in the foreground, in a folder of their own.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { onTestFailed, onTestFinished } from 'vitest';
import { startInForeground } from '../helpers/foreground.ts';
import { freePort } from '../helpers/tcp-port.ts';

export interface WebServer {
  name: string;
  command: string;
  /** The path of the configuration follows. */
  args: readonly string[];
  /** What every configuration needs, whatever it is for. */
  base: (dir: string, port: number, modules?: readonly string[]) => string;
}

export const APACHE: WebServer = {
  name: 'Apache',
  command: 'apache2',
  args: ['-D', 'FOREGROUND', '-f'],
  base: (dir, port, modules = []) => `
    ServerRoot ${dir}
    DefaultRuntimeDir ${dir}
    PidFile ${dir}/apache.pid
    ErrorLog ${dir}/error.log
    Listen 127.0.0.1:${port}
    ${['mpm_event', 'authz_core', 'proxy', 'proxy_scgi', ...modules].map(loadModule).join('\n')}
    User ${os.userInfo().uid === 0 ? 'www-data' : os.userInfo().username}
  `,
};

export const LIGHTTPD: WebServer = {
  name: 'lighttpd',
  command: 'lighttpd',
  args: ['-D', '-f'],
  base: (dir, port) => `
    server.document-root = "${dir}"
    server.errorlog = "${dir}/error.log"
    server.bind = "127.0.0.1"
    server.port = ${port}
  `,
};

export interface RunningWeb {
  /** Of 127.0.0.1. */
  port: number;
  errorLog(): string;
  stop(): Promise<void>;
}

export interface WebServerOptions {
  dir: string;
  /** Makes the configuration: in folder `dir`, on port `own`. */
  config: (dir: string, own: number) => string;
  /** The network namespace that it runs in, see `ForegroundOptions`. */
  inside?: readonly string[];
}

/** Starts the web server; whoever starts it stops it. */
export async function startWeb(
  { name, command, args }: WebServer,
  { dir, config, inside = [] }: WebServerOptions,
): Promise<RunningWeb> {
  const port = await freePort();
  const file = path.join(dir, `${name}.conf`);
  fs.writeFileSync(file, config(dir, port));
  const log = path.join(dir, 'error.log');
  const errorLog = (): string => (fs.existsSync(log) ? fs.readFileSync(log, 'utf8') : '');
  const running = await startInForeground({
    command,
    args: [...args, file],
    port,
    errorLog,
    inside,
  });
  return { port, errorLog, stop: () => running.stop() };
}

/** Makes the configuration: in folder `dir`, on port `own`, in front of the application at `port`. */
type Configure = (dir: string, own: number, port: number) => string;

/** @returns what starts the web server for one test; that returns its URL, without a slash at the end */
export function startWith(
  web: WebServer,
  config: Configure,
): (dir: string, port: number) => Promise<string> {
  return (dir, port) =>
    startWebServer(web, { dir, config: (folder, own) => config(folder, own, port) });
}

/** Starts the web server for one test. @returns its URL, without a slash at the end */
export async function startWebServer(web: WebServer, options: WebServerOptions): Promise<string> {
  const running = await startWeb(web, options);
  onTestFailed(() => console.error(`error log of ${web.name}:\n${running.errorLog()}`));
  onTestFinished(() => running.stop());
  return `http://127.0.0.1:${running.port}`;
}

function loadModule(name: string): string {
  return `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`;
}
