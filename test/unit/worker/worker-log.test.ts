import { describe, expect, it } from 'vitest';
import type { WorkerMessage } from '../../../src/ipc/messages.ts';
import { requestIds } from '../../../src/worker/request-ids.ts';
import { createWorkerLog } from '../../../src/worker/worker-log.ts';

function record() {
  const sent: WorkerMessage[] = [];
  const channel = {
    send: (message: WorkerMessage) => void sent.push(message),
    onMessage: () => {},
    onMasterGone: () => {},
    unsent: 0,
  };
  return { sent, channel };
}

describe('the log of a worker', () => {
  it('sends lines to the master, with the common fields', () => {
    const { sent, channel } = record();
    createWorkerLog(channel, 'info', () => ({ request: '1' })).warn('careful', { a: 1 });
    expect(sent).toEqual([
      { type: 'log', level: 'warn', message: 'careful', fields: { request: '1', a: 1 } },
    ]);
  });

  it('sends nothing below the level', () => {
    const { sent, channel } = record();
    const log = createWorkerLog(channel, 'warn');
    log.debug('a');
    log.info('b');
    log.error('c');
    expect(sent).toMatchObject([{ level: 'error', message: 'c' }]);
  });

  it('drops lines while the master does not keep up, and says how many', () => {
    const { sent, channel } = record();
    const log = createWorkerLog(channel, 'info');
    channel.unsent = 5_001;
    for (let i = 0; i < 3; i++) log.info('lost');
    channel.unsent = 0;
    log.info('heard');
    const told = "3 lines of this worker's log were dropped: the master did not keep up";
    expect(sent).toMatchObject([{ level: 'error', message: told }, { message: 'heard' }]);
  });

  it('survives fields that JSON cannot carry', () => {
    const { sent, channel } = record();
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    const log = createWorkerLog(channel, 'info');
    log.info('circular', circular);
    log.info('others', { big: 10n, failure: new Error('boom') });
    expect(sent[0]).toMatchObject({
      fields: { unprintable: expect.stringContaining('circular') as string },
    });
    expect(sent[1]).toMatchObject({
      fields: {
        big: '10',
        failure: { message: 'boom', stack: expect.stringMatching(/ at /) as string },
      },
    });
  });
});

describe('requestIds', () => {
  it('never gives a name twice, nor that of another slot', () => {
    const [first, second] = [requestIds(0, 1_000), requestIds(1, 1_000)];
    const ids = Array.from({ length: 1_000 }, () => [first(), second()]).flat();
    expect(new Set(ids).size).toBe(2_000);
    expect(ids[0]).toBe('0-a-0');
  });
});
