// The web servers of the matrix, each with its sample in config/ and a part that it asks a password for.

import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { adaptSample, type Replacement } from '../../helpers/config-sample.ts';
import { startNginx } from '../../helpers/nginx.ts';
import type { PeerAddress } from '../../helpers/scgi-peer.ts';
import { APACHE, LIGHTTPD, startWeb } from '../web-servers.ts';
import type { MatrixFront, StartedFront } from './run-matrix.ts';

export const NGINX_FRONT: MatrixFront = {
  name: 'nginx',
  base: '',
  args: [],
  start: (dir, upstream) => {
    const file = passwords(dir, sha1Line());
    const replacements: Replacement[] = [['/etc/nginx/passwords', file]];
    return startNginx({ dir, upstream, replacements, uncomment: ['location /private/ {'] });
  },
};

export const APACHE_FRONT: MatrixFront = {
  name: 'Apache',
  base: '',
  args: ['--mount', '/'],
  start: (dir, address) => startApache(dir, (own) => apacheSample(address, dir, own), '/private'),
};

/** Where the variable MOD_SCGI names a built module. */
export const MOD_SCGI_FRONT: MatrixFront = {
  name: 'mod_scgi',
  base: '/app',
  args: ['--mount', '/app'],
  start: (dir, address) => {
    const port = 'port' in address ? address.port : 0;
    const sample = (own: number): string =>
      adaptSample('apache-mod-scgi.conf', [
        ['*:80', `127.0.0.1:${own}`],
        ['/usr/lib/apache2/modules/mod_scgi.so', process.env['MOD_SCGI'] ?? ''],
        ['127.0.0.1:4000', `127.0.0.1:${port}`],
        ['/srv/app/static', dir],
      ]);
    return startApache(dir, sample, '/app/private');
  },
};

export const LIGHTTPD_FRONT: MatrixFront = {
  name: 'lighttpd',
  base: '/blog',
  args: ['--mount', '/blog'],
  start: (dir, address) => {
    const config = (_: string, own: number): string =>
      LIGHTTPD.base(dir, own) + lighttpdPasswords(dir) + lighttpdSample(address, dir);
    return startWeb(LIGHTTPD, { dir, config });
  },
};

/** The sample of lighttpd, in front of a server at `address`, with its files in `dir`. */
export function lighttpdSample(
  address: PeerAddress,
  dir: string,
  uncomment: readonly string[] = [],
): string {
  const socket: Replacement[] =
    'path' in address
      ? [
          ['"host" => "127.0.0.1",', `"socket" => "${address.path}",`],
          ['"port" => 4000,', ''],
        ]
      : [['"port" => 4000,', `"port" => ${address.port},`]];
  return adaptSample('lighttpd.conf', [...socket, ['/srv/blog/static/', `${dir}/`]], uncomment);
}

/** Starts Apache with a sample, a site; below `location` it asks for a password. */
function startApache(
  dir: string,
  sample: (own: number) => string,
  location: string,
): Promise<StartedFront> {
  const file = passwords(dir, sha1Line());
  const modules = ['alias', 'env', 'authn_core', 'authn_file', 'authz_user', 'auth_basic'];
  // As on Debian: nothing is served that nobody has allowed.
  const before = `
    ServerName localhost
    <Directory />
      Require all denied
    </Directory>
  `;
  const after = `
    <Location "${location}">
      AuthType Basic
      AuthName "private"
      AuthUserFile ${file}
      Require valid-user
    </Location>
  `;
  const config = (_: string, own: number): string =>
    APACHE.base(dir, own, modules) + before + sample(own) + after;
  return startWeb(APACHE, { dir, config });
}

/** The sample of Apache on port `own`, in front of a server at `address`, with its files in `dir`. */
export function apacheSample(address: PeerAddress, dir: string, own: number): string {
  const always: Replacement[] = [
    ['*:80', `127.0.0.1:${own}`],
    ['/srv/app/static', dir],
  ];
  const tcp = 'ProxyPass "/" "scgi://127.0.0.1:4000/" retry=0';
  if ('port' in address) {
    const there = tcp.replace('4000', String(address.port));
    return adaptSample('apache.conf', [...always, [tcp, there]]);
  }
  const unix = 'ProxyPass "/" "unix:/run/app/app.sock|scgi://app/" retry=0';
  const replacements: Replacement[] = [...always, [tcp, ''], ['/run/app/app.sock', address.path]];
  return adaptSample('apache.conf', replacements, [unix]);
}

function lighttpdPasswords(dir: string): string {
  return `
    server.modules = ( "mod_auth", "mod_authn_file" )
    auth.backend = "plain"
    auth.backend.plain.userfile = "${passwords(dir, 'ann:secret')}"
    auth.require = ( "/blog/private/" => (
      "method" => "basic", "realm" => "private", "require" => "valid-user"
    ) )
  `;
}

function passwords(dir: string, line: string): string {
  const file = path.join(dir, 'passwords');
  fs.writeFileSync(file, `${line}\n`);
  return file;
}

/** As `htpasswd -s` writes it. */
function sha1Line(): string {
  return `ann:{SHA}${createHash('sha1').update('secret').digest('base64')}`;
}
