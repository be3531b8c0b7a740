// Web servers that pass everything on to an application, in the ways that differ in what it is told
// about the path.

import { onTestFailed, onTestFinished } from 'vitest';
import type { Replacement } from '../helpers/config-sample.ts';
import { startNginx } from '../helpers/nginx.ts';
import { APACHE, LIGHTTPD, startWith } from './web-servers.ts';

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
  const config = (dir: string, own: number, port: number): string => `
    ${APACHE.base(dir, own, ['setenvif'])}
    ServerName front.example
    ${extra}
    ProxyPass "/" "scgi://127.0.0.1:${port}/"
  `;
  return { name, command: APACHE.command, start: startWith(APACHE, config) };
}

function lighttpd(name: string, prefix: string, extra: string): FrontKind {
  const config = (dir: string, own: number, port: number): string => `
    ${LIGHTTPD.base(dir, own)}
    server.modules = ("mod_scgi")
    scgi.server = (${prefix} => ((
      "host" => "127.0.0.1", "port" => ${port}, ${extra} "check-local" => "disable"
    )))
  `;
  return { name, command: LIGHTTPD.command, start: startWith(LIGHTTPD, config) };
}
