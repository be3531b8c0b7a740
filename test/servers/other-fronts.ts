// Web servers that pass everything on to an application, in the ways that differ in what it is told
// about the path.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { onTestFailed, onTestFinished } from 'vitest';
import { startInForeground } from '../helpers/foreground.ts';
import type { Replacement } from '../helpers/config-sample.ts';
import { startNginx } from '../helpers/nginx.ts';
import { freePort } from '../helpers/tcp-port.ts';

/** A way to put a web server in front. */
export interface FrontKind {
  name: string;
  /** The program that it needs. */
  command: string;
  /**
   * Starts it for one test.
   *
   * @param dir - a folder of the test's own
   * @param port - the application's, on 127.0.0.1
   * @returns its URL, without a slash at the end
   */
  start(dir: string, port: number): Promise<string>;
}

const SPLIT = 'fastcgi_split_path_info ^(/app)(.*)$;';

export const FRONTS: readonly FrontKind[] = [
  nginx('nginx, config/nginx.conf', []),
  nginx('nginx, its scgi_params alone', [
    ['scgi_param SCRIPT_NAME "";', ''],
    ['scgi_param PATH_INFO $document_uri;', ''],
  ]),
  nginx('nginx, split by fastcgi_split_path_info', [
    ['scgi_param SCRIPT_NAME "";', `${SPLIT} scgi_param SCRIPT_NAME $fastcgi_script_name;`],
    ['scgi_param PATH_INFO $document_uri;', 'scgi_param PATH_INFO $fastcgi_path_info;'],
  ]),
  apache('Apache mod_proxy_scgi', ''),
  apache(
    'Apache mod_proxy_scgi, proxy-scgi-pathinfo',
    'SetEnvIf Request_URI . proxy-scgi-pathinfo',
  ),
  lighttpd('lighttpd, at /app', '"/app"', ''),
  lighttpd('lighttpd, at the root', '"/"', '"fix-root-scriptname" => "enable",'),
];

function nginx(name: string, replacements: readonly Replacement[]): FrontKind {
  return {
    name,
    command: 'nginx',
    start: async (dir, port) => {
      const upstream = { host: '127.0.0.1', port };
      const running = await startNginx({ dir, upstream, replacements });
      onTestFailed(() => console.error(`error log of nginx:\n${running.errorLog()}`));
      onTestFinished(() => running.stop());
      return running.url;
    },
  };
}

function apache(name: string, extra: string): FrontKind {
  const modules = ['mpm_event', 'authz_core', 'setenvif', 'proxy', 'proxy_scgi'];
  const config = (dir: string, own: number, port: number): string => `
    ServerRoot ${dir}
    DefaultRuntimeDir ${dir}
    PidFile ${dir}/apache.pid
    ErrorLog ${dir}/error.log
    Listen 127.0.0.1:${own}
    ServerName front.example
    ${modules.map((module) => `LoadModule ${module}_module /usr/lib/apache2/modules/mod_${module}.so`).join('\n')}
    User ${os.userInfo().uid === 0 ? 'www-data' : os.userInfo().username}
    ${extra}
    ProxyPass "/" "scgi://127.0.0.1:${port}/"
  `;
  const args = ['-D', 'FOREGROUND', '-f'];
  return { name, command: 'apache2', start: starter('apache2', { config, args }) };
}

function lighttpd(name: string, prefix: string, extra: string): FrontKind {
  const config = (dir: string, own: number, port: number): string => `
    server.document-root = "${dir}"
    server.errorlog = "${dir}/error.log"
    server.bind = "127.0.0.1"
    server.port = ${own}
    server.modules = ("mod_scgi")
    scgi.server = (${prefix} => ((
      "host" => "127.0.0.1", "port" => ${port}, ${extra} "check-local" => "disable"
    )))
  `;
  const args = ['-D', '-f'];
  return { name, command: 'lighttpd', start: starter('lighttpd', { config, args }) };
}

interface Startable {
  config: (dir: string, own: number, port: number) => string;
  /** The path of the configuration follows. */
  args: readonly string[];
}

function starter(name: string, { config, args }: Startable): FrontKind['start'] {
  return async (dir, port) => {
    const own = await freePort();
    const file = path.join(dir, `${name}.conf`);
    fs.writeFileSync(file, config(dir, own, port));
    const log = path.join(dir, 'error.log');
    const errorLog = (): string => (fs.existsSync(log) ? fs.readFileSync(log, 'utf8') : '');
    const running = await startInForeground({
      command: name,
      args: [...args, file],
      port: own,
      errorLog,
    });
    onTestFailed(() => console.error(`error log of ${name}:\n${errorLog()}`));
    onTestFinished(() => running.stop());
    return `http://127.0.0.1:${own}`;
  };
}
