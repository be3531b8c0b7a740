// The web servers with their files in config/ for several hosts, in front of two ports of this machine.

import { onTestFailed, onTestFinished } from 'vitest';
import { adaptSample } from '../helpers/config-sample.ts';
import { startNginx } from '../helpers/nginx.ts';
import { APACHE, LIGHTTPD, startWebServer } from './web-servers.ts';

/** What apache-balancer.conf needs. */
export const APACHE_MODULES: readonly string[] = [
  'proxy_balancer',
  'lbmethod_bybusyness',
  'slotmem_shm',
  'env',
  'authz_host',
];

export interface Balancer {
  name: 'nginx' | 'Apache' | 'lighttpd';
  command: string;
  /**
   * Starts it for one test.
   *
   * @param ports - of 127.0.0.1, in the place of the first and the second host; the third one is left out
   * @returns its URL, without a slash at the end
   */
  start: (dir: string, ports: readonly [number, number]) => Promise<string>;
}

export const BALANCERS: readonly Balancer[] = [
  {
    name: 'nginx',
    command: 'nginx',
    start: async (dir, [first, second]) => {
      const nginx = await startNginx({
        dir,
        file: 'nginx-balancer.conf',
        replacements: [
          ['server 192.0.2.7:4000 weight', `server 127.0.0.1:${first} weight`],
          ['server 192.0.2.8:4000 max_fails', `server 127.0.0.1:${second} max_fails`],
          ['server 192.0.2.9:4000 max_fails=3 fail_timeout=5s;', ''],
        ],
      });
      onTestFailed(() => console.error(`error log of nginx:\n${nginx.errorLog()}`));
      onTestFinished(() => nginx.stop());
      return nginx.url;
    },
  },
  {
    name: 'Apache',
    command: APACHE.command,
    start: (dir, [first, second]) =>
      startWebServer(APACHE, {
        dir,
        config: (folder, own) =>
          `${APACHE.base(folder, own, APACHE_MODULES)}\nServerName localhost\n` +
          adaptSample('apache-balancer.conf', [
            ['*:80', `127.0.0.1:${own}`],
            ['scgi://192.0.2.7:4000', `scgi://127.0.0.1:${first}`],
            ['scgi://192.0.2.8:4000', `scgi://127.0.0.1:${second}`],
            ['BalancerMember "scgi://192.0.2.9:4000"', '# BalancerMember'],
          ]),
      }),
  },
  {
    name: 'lighttpd',
    command: LIGHTTPD.command,
    start: (dir, [first, second]) =>
      startWebServer(LIGHTTPD, {
        dir,
        config: (folder, own) =>
          `${LIGHTTPD.base(folder, own)}\nserver.modules = ()\n` +
          adaptSample('lighttpd-balancer.conf', [
            ['"192.0.2.7", "port" => 4000', `"127.0.0.1", "port" => ${first}`],
            ['"192.0.2.8", "port" => 4000', `"127.0.0.1", "port" => ${second}`],
            // Here twice, for there are two.
            ['"192.0.2.9", "port" => 4000', `"127.0.0.1", "port" => ${second}`],
          ]),
      }),
  },
];
