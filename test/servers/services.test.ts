// A service of daemontools and of runit, by their files in config/: its life, and what each order does.

import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PeerAnswer } from '../helpers/scgi-peer.ts';
import { request } from '../helpers/scgi-peer.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { canRun } from './front.ts';
import type { Service, Services } from './start-services.ts';
import { startServices } from './start-services.ts';
import type { Supervisor } from './supervisors.ts';
import { ACCOUNT, DAEMONTOOLS, problemWith, RUNIT, SUPERVISORS } from './supervisors.ts';

for (const supervisor of SUPERVISORS) {
  const canBeTested = canRun(`services under ${supervisor.name}`, problemWith(supervisor));
  describe.skipIf(!canBeTested)(`a service under ${supervisor.name}`, () => {
    describeService(supervisor);
  });
}

function describeService(supervisor: Supervisor): void {
  let all: Services;
  let service: Service;
  beforeAll(async () => {
    // Both from the start: how many a request adds depends on how long it takes.
    all = startServices(supervisor, [{ args: '--min-workers 2' }]);
    [service] = all.services;
    await service.serves();
  });
  afterAll(() => all.stop());

  it('runs in the process group of its supervisor, as the account that it was given', async () => {
    const pid = await service.serves();
    expect(groupOf(pid)).toBe(all.group);
    await haveBooted(service);
    expect(new Set(service.workers().map(groupOf))).toEqual(new Set([all.group]));
    if (ACCOUNT === 'nobody') {
      expect(new Set([pid, ...service.workers()].map(userOf))).toEqual(new Set([65_534]));
      expect(socket(service)).toMatchObject({ uid: 65_534, gid: 33 });
    }
    expect(socket(service).mode).toBe(0o660);
  });

  it('answers what runs when it is taken down, and has its socket again when it is up', async () => {
    const pid = await service.serves();
    const before = socket(service);
    const { answer } = await startRequest(service, 1_500);
    const workers = service.workers();
    service.control('down');
    expect((await answer).status).toBe(200);
    await service.isDown();
    expect(fs.existsSync(socketPath(service))).toBe(false);
    expect(workers.filter((worker) => fs.existsSync(`/proc/${worker}`))).toEqual([]);
    await service.logged(/^info {2}stopped exitCode=0/);

    service.control('up');
    expect(await service.serves()).not.toBe(pid);
    expect(socket(service)).toEqual(before);
  });

  it('answers what runs when it is told to terminate, and starts again', async () => {
    const pid = await service.serves();
    const { answer } = await startRequest(service, 1_500);
    service.control('term');
    expect((await answer).status).toBe(200);
    await service.serves(pid);
  });

  it('serves on, by the same master, after signals that mean something else', async () => {
    const pid = await service.serves();
    const orders = ['hup', 'alarm', 'pause', 'cont'];
    if (supervisor === RUNIT) orders.push('1', '2');
    for (const order of orders) service.control(order);
    for (let round = 0; round < 20; round++) {
      expect((await request(service.address, { path: '/hello' })).status).toBe(200);
    }
    expect(await service.serves()).toBe(pid);
  });

  it('is there again at once after its master was killed', async () => {
    const pid = await service.serves();
    // One that is only starting would hold the socket until it notices that its master is gone.
    await haveBooted(service);
    service.control('kill');
    await service.serves(pid);
    expect(service.lines().filter((line) => line.startsWith('scgi-server: '))).toEqual([]);
  });

  it('stops within two seconds when it is interrupted, and starts again', async () => {
    const pid = await service.serves();
    const { answer } = await startRequest(service, 20_000);
    service.control('interrupt');
    expect((await answer).status).toBe(503);
    await service.serves(pid);
  });
}

describe.skipIf(!canRun('svok', problemWith(DAEMONTOOLS)))('svok and svstat', () => {
  it('tell whether a service is supervised, and whether it is up', async () => {
    const { services, stop } = startServices(DAEMONTOOLS, [{}]);
    const [service] = services;
    const isSupervised = (): boolean => spawnSync('svok', [service.dir]).status === 0;
    try {
      await service.serves();
      expect(isSupervised()).toBe(true);
      expect(service.status()).toMatch(/: up \(pid \d+\) \d+ seconds$/);
    } finally {
      await stop();
    }
    expect(isSupervised()).toBe(false);
  });
});

describe.skipIf(!canRun('sv', problemWith(RUNIT)))('sv', () => {
  it('waits until the service answers, or has ended, and tells whether it does', async () => {
    const { services, stop } = startServices(RUNIT, [
      { samples: { check: [[' --max-time 2s / ', ' --max-time 2s /hello ']] } },
    ]);
    const [service] = services;
    const sv = (order: string): number | null =>
      spawnSync('sv', ['-w', '30', order, service.dir]).status;
    try {
      const pid = await service.serves();
      expect(sv('check')).toBe(0);
      const { answer } = await startRequest(service, 1_000);
      expect(sv('stop')).toBe(0);
      expect((await answer).status).toBe(200);
      expect(service.pid()).toBe(undefined);
      expect(sv('start')).toBe(0);
      const answers = await request(service.address, { path: '/hello' });
      expect(answers.status).toBe(200);
      expect(sv('restart')).toBe(0);
      expect(service.pid()).not.toBe(pid);
      expect(sv('shutdown')).toBe(0);
    } finally {
      await stop();
    }
  });
});

/** Sends a request that takes so long. @returns its answer to be, when it runs */
async function startRequest(
  service: Service,
  ms: number,
): Promise<{ answer: Promise<PeerAnswer> }> {
  const token = randomUUID();
  const path = `/hold?ms=${ms}&token=${token}`;
  const env = { PATH_INFO: '/hold' };
  const answer = request(service.address, { path, env, timeoutMs: 30_000 });
  await service.logged(new RegExp(`holding .*${token}`));
  return { answer };
}

/** Waits for the worker that serves and the spare one. */
async function haveBooted(service: Service): Promise<void> {
  const isReady = (worker: number): boolean =>
    service.lines().some((line) => line.includes(`(pid ${worker}) is ready`));
  await waitFor(
    'two workers that are ready',
    () => {
      const workers = service.workers();
      return workers.length >= 2 && workers.every(isReady);
    },
    30_000,
  );
}

const socketPath = ({ address }: Service): string => ('path' in address ? address.path : '');

function socket(service: Service): { mode: number; uid: number; gid: number } {
  const { mode, uid, gid } = fs.statSync(socketPath(service));
  return { mode: mode & 0o777, uid, gid };
}

function groupOf(pid: number): number {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]);
}

const userOf = (pid: number): number => fs.statSync(`/proc/${pid}`).uid;
