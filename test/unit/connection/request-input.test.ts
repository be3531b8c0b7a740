import { once } from 'node:events';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { finished, pipeline } from 'node:stream/promises';
import { describe, expect, it, vi } from 'vitest';
import { RequestInput } from '../../../src/connection/request-input.ts';

function create(bodySize: number): {
  input: RequestInput;
  failed: unknown[];
  isSetUp: () => boolean;
} {
  const failed: unknown[] = [];
  const owner = { bodyTimeout: 60_000, inputFailed: (error: Error) => failed.push(error) };
  const input = new RequestInput({ pause() {}, resume() {} }, bodySize, owner);
  const setUp = vi.spyOn(input, 'setUp');
  return { input, failed, isSetUp: () => setUp.mock.calls.length > 0 };
}

describe('an input that nobody touches', () => {
  it('is not set up, and has nothing to fail with', () => {
    const { input, isSetUp, failed } = create(0);
    expect([input.isComplete, input.isRead, input.received, input.failure]).toEqual([
      true,
      false,
      0,
      undefined,
    ]);
    input.truncate();
    input.close();
    expect([isSetUp(), failed]).toEqual([false, []]);
  });

  it('is a Readable all the same', () => {
    const { input } = create(0);
    expect(input).toBeInstanceOf(Readable);
    expect(input.readableHighWaterMark).toBe(65_536);
  });

  it('is destroyed when it is touched after its end', async () => {
    const { input } = create(0);
    input.close();
    expect(input.destroyed).toBe(true);
    await expect(buffer(input)).rejects.toThrow('Premature close');
  });
});

describe('an input without a body', () => {
  it.each<[string, (input: RequestInput) => Promise<unknown>]>([
    ['iterated over', (input) => buffer(input)],
    ['resumed', (input) => once(input.resume(), 'end')],
    [
      'listened to',
      (input) =>
        once(
          input.on('data', () => {}),
          'end',
        ),
    ],
    ['finished', (input) => finished(input.resume())],
    ['piped', (input) => pipeline(input, async (source) => buffer(source))],
    ['transformed', (input) => input.toArray()],
    ['made a web stream', (input) => Readable.toWeb(input).getReader().read()],
  ])('ends at once when it is %s', async (_name, use) => {
    const { input } = create(0);
    await use(input);
    expect(input.readableEnded).toBe(true);
  });
});

it('brings what arrived before it was looked at', async () => {
  const { input } = create(5);
  input.receive(Buffer.from('hel'));
  input.receive(Buffer.from('lo, and more'));
  expect((await buffer(input)).toString()).toBe('hello');
});

it('tells its owner when the body is cut off, read or not', async () => {
  const { input, failed } = create(5);
  input.receive(Buffer.from('hel'));
  input.truncate();
  await vi.waitFor(() => expect(failed).toHaveLength(1));
  expect(failed[0]).toMatchObject({ message: expect.stringContaining('3') });
  expect(input.failure).toBe(failed[0]);
});
