// What every dispatcher does for workers that are stuck in a request.

import { describe, expect, it } from 'vitest';
import { waitFor } from '../helpers/wait-for.ts';
import type { CreateRig } from './dispatcher-rig.ts';
import { ask, running, setUp } from './dispatcher-rig.ts';

export function describeOverdue(name: string, create: CreateRig): void {
  describe(`requests over their time under the ${name} dispatcher`, () => {
    it('are told of, and answered 504 once', async () => {
      const bench = await setUp(create, { requestTimeout: 200 });
      await bench.add(0);
      const asked = ask(bench.addresses.tcp, 'stuck GET /stuck');
      await waitFor('the word of it', () => bench.overdue.includes(0));
      const [overdue, ...others] = await bench.dispatcher.answerOverdue(0);
      expect(others).toEqual([]);
      expect(overdue).toMatchObject({
        request: { method: 'GET', uri: '/stuck' },
        answer: 'answered',
      });
      expect(overdue?.ageMs).toBeGreaterThan(200);
      expect(await asked).toMatch(/^Status: 504 Gateway Timeout\r\n[^]*\r\n\r\n.*\n$/);
      expect(await bench.dispatcher.answerOverdue(0)).toEqual([]);
      expect(await bench.kill(0)).toMatchObject({ served: 0, lost: 1 });
    });

    it('are left alone before, and when they have begun to answer', async () => {
      const bench = await setUp(create, { requestTimeout: 60_000 });
      await bench.add(0);
      const asked = ask(bench.addresses.tcp, 'stuck GET /stuck');
      await waitFor('the request', () => running(bench, 0) === 1);
      await waitFor('its name', () => bench.dispatcher.activity(0)?.current);
      expect(await bench.dispatcher.answerOverdue(0)).toEqual([]);
      expect(await bench.dispatcher.answerOverdue(7)).toEqual([]);
      expect(bench.overdue).toEqual([]);
      await bench.kill(0);
      expect(await asked).toMatch(/^(lost|Status: 500 [^]*)$/);
    });

    it('are judged by another limit when that is changed, also to none', async () => {
      const bench = await setUp(create, { requestTimeout: 60_000 });
      const times = { queueTimeout: 30_000, bootTimeout: 30_000, headerTimeout: 5_000 };
      const change = (requestTimeout: number | undefined): void =>
        bench.dispatcher.change({ ...times, maxQueue: 100, requestTimeout });
      await bench.add(0);
      const asked = ask(bench.addresses.tcp, 'stuck GET /stuck');
      await waitFor('its name', () => bench.dispatcher.activity(0)?.current);
      change(undefined);
      expect(await bench.dispatcher.answerOverdue(0)).toEqual([]);
      change(100);
      await waitFor('the word of it', () => bench.overdue.includes(0));
      expect(await bench.dispatcher.answerOverdue(0)).toMatchObject([{ answer: 'answered' }]);
      expect(await asked).toMatch(/^Status: 504 /);
      await bench.kill(0);
    });

    it('keep what their worker has begun to send, which cannot look whole', async () => {
      const bench = await setUp(create, { requestTimeout: 200 });
      await bench.add(0);
      const asked = ask(bench.addresses.tcp, 'half GET /half');
      await waitFor('the word of it', () => bench.overdue.includes(0));
      const answers = (await bench.dispatcher.answerOverdue(0)).map(({ answer }) => answer);
      // The portable one tells only of those that it can still answer.
      expect(answers).toEqual(name === 'native' ? ['head-sent'] : []);
      await bench.dispatcher.endAnswers(0);
      await bench.kill(0);
      expect(await asked).toBe('half');
    });
  });
}
