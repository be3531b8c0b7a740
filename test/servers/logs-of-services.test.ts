// The log of a service, as multilog and svlogd write it, by their files in config/.

import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Replacement } from '../helpers/config-sample.ts';
import { runLoad } from '../helpers/load.ts';
import { request } from '../helpers/scgi-peer.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { canRun } from './front.ts';
import type { Service, Services } from './start-services.ts';
import { startServices } from './start-services.ts';
import type { Supervisor } from './supervisors.ts';
import { DAEMONTOOLS, problemWith, SUPERVISORS } from './supervisors.ts';

/** Bytes of a file, where the samples have 10 MB. */
const FILE_SIZE = 20_000;
const REQUESTS = 1_000;
const ANSWERED = /^info {2}GET \/token\?line=(\d+): answered .* ms=[\d.]+ .* peer=unix$/;

/** Small files, `n` old ones of them. */
function rotation({ folder }: Supervisor, n: number): Record<string, readonly Replacement[]> {
  return folder === DAEMONTOOLS.folder
    ? { 'log/run': [['s10000000 n20', `s${FILE_SIZE} n${n}`]] }
    : {
        'log/config': [
          ['\ns10000000\n', `\ns${FILE_SIZE}\n`],
          ['\nn20\n', `\nn${n}\n`],
        ],
      };
}

for (const supervisor of SUPERVISORS) {
  const canBeTested = canRun(`logs under ${supervisor.name}`, problemWith(supervisor));
  describe.skipIf(!canBeTested)(`the log of a service under ${supervisor.name}`, () => {
    describeLog(supervisor);
  });
}

function describeLog(supervisor: Supervisor): void {
  let all: Services;
  let [keeping, forgetting]: Service[] = [];
  beforeAll(async () => {
    const args = '--access-log all';
    all = startServices(supervisor, [
      { name: 'keeping', args, samples: rotation(supervisor, 1_000) },
      { name: 'forgetting', args, samples: rotation(supervisor, 3) },
    ]);
    [keeping, forgetting] = all.services;
    await Promise.all(all.services.map((service) => service.serves()));
  });
  afterAll(() => all.stop());

  it('has every line, whole and once, however often its file is changed', async () => {
    const service = keeping!;
    await ask(service, 'line');
    const numbers = await waitFor('all lines', () => {
      const found = service.lines().map((line) => ANSWERED.exec(line)?.[1]);
      const known = found.filter((number) => number !== undefined).map(Number);
      return known.length >= REQUESTS ? known : undefined;
    });
    expect(numbers.toSorted((a, b) => a - b)).toEqual([...Array(REQUESTS).keys()]);
    expect(files(service).length).toBeGreaterThan(3);
  });

  it('has one time stamp in each line, that of the log program', () => {
    const raw = files(keeping!).flatMap((file) => fs.readFileSync(file, 'utf8').trim().split('\n'));
    const others = raw.filter(
      (line) =>
        !supervisor.stamp.test(line) ||
        !/^(info {2}|warn {2}|error )/.test(line.replace(supervisor.stamp, '')),
    );
    expect(others).toEqual([]);
  });

  it('takes no more room than it was given', async () => {
    const service = forgetting!;
    await ask(service, 'line');
    await service.logged(new RegExp(`line=${REQUESTS - 1}: `));
    expect(files(service).length).toBeLessThanOrEqual(4);
    for (const file of files(service)) {
      expect(fs.statSync(file).size).toBeLessThan(FILE_SIZE + 4_000);
    }
  });

  it('goes on when its reader was stopped, and the service goes on meanwhile', async () => {
    const service = keeping!;
    const pid = await service.serves();
    const reader = readerOf(service, all.group);
    process.kill(reader, 'SIGSTOP');
    try {
      // More than fits into a pipe.
      await ask(service, 'x'.repeat(300));
      expect(await service.serves()).toBe(pid);
    } finally {
      process.kill(reader, 'SIGCONT');
    }
    await service.logged(new RegExp(`x{300}=${REQUESTS - 1}: `));
  });

  it('is whole when the service has been taken down', async () => {
    const service = keeping!;
    service.control('down');
    await service.isDown();
    await waitFor('the last line', () => service.lines().at(-1) === 'info  stopped exitCode=0');
  });
}

async function ask({ address }: Service, name: string): Promise<void> {
  const exchange = async (n: number): Promise<void> => {
    const query = `${name}=${n}`;
    const env = { PATH_INFO: '/token' };
    const { body } = await request(address, { path: `/token?${query}`, env });
    expect(body.toString()).toBe(query);
  };
  const result = await runLoad(exchange, { clients: 4, goOn: (begun) => begun < REQUESTS });
  expect(result.failures).toEqual([]);
}

function files({ log }: Service): string[] {
  const names = fs.readdirSync(log).filter((name) => name === 'current' || name.startsWith('@'));
  return names.map((name) => path.join(log, name));
}

/** The process of the group that has the log's folder as an argument. */
function readerOf({ log }: Service, group: number): number {
  const isReader = (pid: string): boolean => {
    const read = (file: string): string => fs.readFileSync(`/proc/${pid}/${file}`, 'utf8');
    try {
      return read('cmdline').split('\0').includes(log) && read('stat').includes(` ${group} `);
    } catch {
      // It is gone.
      return false;
    }
  };
  const pids = fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return Number(pids.find(isReader));
}
