// What every dispatcher must do when workers die, leave, or run out of descriptors.

import { expect, it } from 'vitest';
import { waitFor } from '../helpers/wait-for.ts';
import { ask, asleep, connected, type CreateRig, running, setUp } from './dispatcher-rig.ts';
export function describeDeath(create: CreateRig): void {
  it('passes connections that a dead worker had not begun to another', async () => {
    const bench = await setUp(create);
    const worker = await bench.add(0);
    worker.kill('SIGSTOP');
    const asked = ask(bench.addresses.unix, 'hello');
    // A dispatcher may take back what the worker does not come for.
    await waitFor('the passing', () => running(bench, 0) === 1 || bench.demands() > 0);
    await bench.add(1);
    expect(await bench.kill(0)).toEqual({ served: 0, lost: 0 });
    expect(await asked).toBe('1');
  });

  it('does not repeat what a dead worker had begun', async () => {
    const bench = await setUp(create);
    await bench.add(0);
    expect(await ask(bench.addresses.unix, 'hello')).toBe('0');
    const sleeping = asleep(bench.workers.get(0));
    const asked = ask(bench.addresses.unix, 'sleep 5000');
    await sleeping;
    await bench.add(1);
    expect(await bench.kill(0)).toEqual({ served: 1, lost: 1 });
    // The portable one has a copy of the connection, and knows that nothing has left on it.
    expect(await asked).toMatch(/^(lost|Status: 500 [^]*)$/);
    expect(await ask(bench.addresses.unix, 'hello')).toBe('1');
  });

  it('serves on while workers are killed one after the other', async () => {
    const bench = await setUp(create);
    await bench.add(0);
    let lost = 0;
    let answered = 0;
    for (let slot = 1; slot <= 8; slot++) {
      const asked = Array.from({ length: 10 }, () => ask(bench.addresses.unix, 'hello'));
      await bench.add(slot);
      lost += (await bench.kill(slot - 1)).lost;
      const answers = await Promise.all(asked);
      answered += answers.filter((answer) => /^\d$/.test(answer)).length;
    }
    expect(lost).toBeLessThanOrEqual(8);
    // A worker that is killed between its answer and the word of it counts as one that was lost.
    expect(answered).toBeGreaterThanOrEqual(80 - lost);
  });

  it('loses no connection when a worker has no descriptors left', async () => {
    const bench = await setUp(create);
    await bench.add(0, { descriptors: 40 });
    expect(await ask(bench.addresses.unix, 'exhaust')).toBe('exhausted');
    await waitFor('the credit', () => running(bench, 0) === 0);
    // It may have kept room for one, and goes on then.
    let areAnswered = false;
    const answers = Promise.all([
      ask(bench.addresses.unix, 'hello'),
      ask(bench.addresses.unix, 'hello'),
    ]);
    void answers.then(() => (areAnswered = true));
    await waitFor('answers or a notice', () => areAnswered || bench.notices.length > 0);
    const types = bench.notices.map(({ type }) => type).join();
    expect(types).toMatch(/^(connection-missing|worker-exhausted)?$/);
    await bench.add(1);
    expect((await answers).join()).toMatch(/^[01],[01]$/);
  });
}

export function describeEnd(create: CreateRig): void {
  it('gives nothing more to a worker that is withdrawn, and lets it finish', async () => {
    const bench = await setUp(create);
    await bench.add(0);
    const asked = ask(bench.addresses.unix, 'sleep 100');
    await waitFor('the request', () => running(bench, 0) === 1);
    await bench.dispatcher.withdraw(0);
    const next = ask(bench.addresses.unix, 'hello');
    expect(await asked).toBe('0');
    await waitFor('the return', () => running(bench, 0) === 0);
    await waitFor('the next to wait', () => bench.demands() > 0);
    await bench.add(1);
    expect(await next).toBe('1');
  });

  it.each(['tcp', 'unix'] as const)('serves the backlog of %s before it closes', async (kind) => {
    const bench = await setUp(create);
    await bench.add(0);
    const asked = Array.from({ length: 60 }, () => connected(bench.addresses[kind]));
    const answers = asked.map(({ answer }) => answer);
    await Promise.all(asked.map(({ established }) => established));
    await bench.dispatcher.stopAccepting();
    expect(await Promise.all(answers)).toEqual(Array.from({ length: 60 }, () => '0'));
    await expect(connected(bench.addresses[kind]).established).rejects.toThrow(
      /ECONNREFUSED|ENOENT/,
    );
  });

  it('answers 503 to what waits when it is told to', async () => {
    const bench = await setUp(create);
    const asked = ask(bench.addresses.tcp, 'hello');
    await waitFor('the connection to wait', bench.demands);
    await bench.dispatcher.stopAccepting();
    bench.dispatcher.refuseWaiting();
    expect(await asked).toMatch(/^Status: 503 /);
    expect(bench.dispatcher.counts().refused).toMatchObject({ stopping: 1, queueTimeout: 0 });
  });
}
