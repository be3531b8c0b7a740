// php-fpm, which speaks FastCGI, so behind nginx only.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startApp } from '../app-process.ts';
import type { Contender } from './contender.ts';
import { BACKLOG, debianProgram, socketAddress, socketPath, versionOf } from './contender.ts';

const SCRIPT = fileURLToPath(new URL('../apps/hello.php', import.meta.url));

/** Without PHP's own header field, which the others do not send. */
const PROCESS = '--nodaemonize --force-stderr --allow-to-run-as-root --define expose_php=0'.split(
  ' ',
);

const FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/usr/local/bin', '/usr/bin'];

/** Returns its file: Debian's has PHP's version in its name and is where only root looks. */
function findProgram(): string | undefined {
  const files = FOLDERS.filter((folder) => fs.existsSync(folder)).flatMap((folder) =>
    fs
      .readdirSync(folder)
      .filter((name) => /^php-fpm[\d.]*$/.test(name))
      .map((name) => path.join(folder, name)),
  );
  return files[0];
}

/** What differs from the benchmark's own. */
interface Variant {
  name: string;
  script: string;
  /** Lines of the global section. */
  global?: string;
}

function writeConfiguration(workers: number, dir: string, global: string): string {
  const file = path.join(dir, 'php-fpm.conf');
  fs.writeFileSync(
    file,
    `[global]
daemonize = no
${global}
[bench]
user = ${os.userInfo().username}
listen = ${socketPath(dir)}
listen.mode = 0666
listen.backlog = ${BACKLOG}
pm = static
pm.max_children = ${workers}
php_admin_value[default_charset] = ""
`,
  );
  return file;
}

export const phpFpmWith = ({ name, script, global = '' }: Variant): Contender => ({
  name,
  fronts: ['nginx'],
  isConcurrent: false,
  detect: () => {
    const program = findProgram();
    return debianProgram(program && versionOf(program, '--version'), 'php-fpm');
  },
  start: ({ workers }, dir) => {
    const args = ['--fpm-config', writeConfiguration(workers, dir, global), ...PROCESS];
    return startApp([findProgram() ?? 'php-fpm', ...args], /ready to handle connections/g, 1);
  },
  address: socketAddress,
  nginx: [
    [
      'scgi_pass app;',
      `fastcgi_pass app; include /etc/nginx/fastcgi_params; fastcgi_param SCRIPT_FILENAME ${script};`,
    ],
    ['scgi_buffer_size 16k;', 'fastcgi_buffer_size 16k;'],
    ['scgi_buffers 8 16k;', 'fastcgi_buffers 8 16k;'],
  ],
});

export const PHP_FPM: Contender = phpFpmWith({ name: 'php-fpm', script: SCRIPT });
