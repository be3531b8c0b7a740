// daemontools and runit: how a service of theirs is made of the files in config/, told what to do, and asked.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Replacement } from '../helpers/config-sample.ts';
import { adaptSample } from '../helpers/config-sample.ts';
import { programPath } from '../helpers/foreground.ts';
import { BIN } from '../helpers/start-server.ts';

/** Where a test has a service. */
export interface ServicePlace {
  /** The service's own folder. */
  dir: string;
  /** What stands for /run/app, /srv/app and /var/log/app. */
  run: string;
  app: string;
  log: string;
}

export interface Supervisor {
  name: string;
  /** Its folder in config/. */
  folder: string;
  /** Starts what is in a folder. */
  scan: string;
  /** What `scan` ends at. */
  scanEnd: NodeJS.Signals;
  commands: readonly string[];
  /** What is replaced in each file of the folder. */
  samples: (place: ServicePlace) => Record<string, Replacement[]>;
  /** More that has to be where it is used. */
  prepare?: (place: ServicePlace) => void;
  /** Gives an order to the service in `dir`: `up`, `down`, `exit`, or a signal as `sv` calls it. */
  control: (dir: string, order: string) => void;
  /** In one line. */
  status: (dir: string) => string;
  /** A line of its log without the time stamp. */
  stamp: RegExp;
}

/** Debian's account that owns nothing; root where it cannot read this clone; nothing where only root could tell. */
export const ACCOUNT: string | undefined = findAccount();

function findAccount(): string | undefined {
  if (os.userInfo().uid !== 0) return undefined;
  const nobody = { uid: 65_534, gid: 65_534 };
  const { status } = spawnSync(process.execPath, [BIN, '--version'], { ...nobody, cwd: '/' });
  return status === 0 ? 'nobody' : 'root';
}

/** `install -d` as an ordinary user may call it. */
const makeDirectory = (sample: string, mode: string, { run }: ServicePlace): Replacement => {
  const owner = ACCOUNT === undefined ? '' : ` -o ${ACCOUNT} -g www-data`;
  return [sample, `install -d -m ${mode}${owner} ${run}`];
};

const COMMAND: Replacement = ['/usr/local/bin/scgi-server', `${process.execPath} ${BIN}`];

const setuidgid = (account: string): Replacement => [
  `setuidgid ${account} `,
  ACCOUNT === undefined ? '' : `setuidgid ${ACCOUNT} `,
];

/** Orders as `svc` takes them. */
const LETTERS: Record<string, string> = {
  up: '-u',
  down: '-d',
  term: '-t',
  hup: '-h',
  alarm: '-a',
  interrupt: '-i',
  kill: '-k',
  pause: '-p',
  cont: '-c',
  exit: '-dx',
};

export const DAEMONTOOLS: Supervisor = {
  name: 'daemontools',
  folder: 'daemontools',
  scan: 'svscan',
  scanEnd: 'SIGTERM',
  commands: ['svscan', 'supervise', 'svc', 'svok', 'svstat', 'multilog', 'setuidgid'],
  samples: (place) => ({
    run: [
      makeDirectory('install -d -m 2750 -o app -g www-data /run/app', '2750', place),
      ['/run/app/', `${place.run}/`],
      ['cd /srv/app ', `cd ${place.app} `],
      setuidgid('app'),
      COMMAND,
    ],
    finish: [],
    'log/run': [setuidgid('applog'), ['/var/log/app\n', `${place.log}\n`]],
  }),
  control: (dir, order) => call('svc', LETTERS[order] ?? order, dir),
  status: (dir) => spawnSync('svstat', [dir], { encoding: 'utf8' }).stdout.trim(),
  stamp: /^@[0-9a-f]{24} /,
};

export const RUNIT: Supervisor = {
  name: 'runit',
  folder: 'runit',
  scan: 'runsvdir',
  scanEnd: 'SIGHUP',
  commands: ['runsvdir', 'runsv', 'sv', 'svlogd', 'chpst'],
  samples: (place) => ({
    run: [
      makeDirectory('install -d -m 0750 -o app -g www-data /run/app', '0750', place),
      ['/run/app/', `${place.run}/`],
      ['cd /srv/app ', `cd ${place.app} `],
      ['chpst -u app:app:www-data ', chpst(`${ACCOUNT}:${ACCOUNT}:www-data`)],
      ...(ACCOUNT === undefined
        ? ([[' --socket-group www-data', '']] satisfies Replacement[])
        : []),
      COMMAND,
    ],
    finish: [],
    check: [['/run/app/', `${place.run}/`], COMMAND],
    'log/run': [
      ['chpst -u applog ', chpst(ACCOUNT ?? '')],
      ['/var/log/app\n', `${place.log}\n`],
    ],
    'log/config': [],
  }),
  // svlogd looks for it there.
  prepare: ({ dir, log }) => fs.copyFileSync(path.join(dir, 'log/config'), `${log}/config`),
  control: (dir, order) => call('sv', order, dir),
  status: (dir) => spawnSync('sv', ['status', dir], { encoding: 'utf8' }).stdout.trim(),
  stamp: /^\d{4}-\d\d-\d\d_\d\d:\d\d:\d\d\.\d{5} /,
};

function chpst(account: string): string {
  // The group of nobody has another name.
  return ACCOUNT === undefined ? '' : `chpst -u ${account.replace(':nobody', ':nogroup')} `;
}

export const SUPERVISORS: readonly Supervisor[] = [DAEMONTOOLS, RUNIT];

/** What is missing of one, as `canRun` takes it. */
export function problemWith({ commands }: Supervisor): string | undefined {
  const missing = commands.filter((command) => programPath(command) === undefined);
  return missing.length === 0 ? undefined : `${missing.join(' and ')} not installed`;
}

/** Writes the service's folder, as its file in config/ says, but for `more` replacements in `run` and in `log`. */
export function writeService(
  supervisor: Supervisor,
  place: ServicePlace,
  more: Record<string, readonly Replacement[]>,
): void {
  fs.mkdirSync(path.join(place.dir, 'log'), { recursive: true });
  for (const [name, replacements] of Object.entries(supervisor.samples(place))) {
    const all = [...(more[name] ?? []), ...replacements];
    const text = adaptSample(path.join(supervisor.folder, name), all);
    fs.writeFileSync(path.join(place.dir, name), text, { mode: 0o755 });
  }
  supervisor.prepare?.(place);
}

function call(command: string, ...args: string[]): void {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status === 0 && stderr === '') return;
  throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stdout + stderr}`);
}
