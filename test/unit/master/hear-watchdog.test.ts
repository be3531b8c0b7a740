import { spawn } from 'node:child_process';
import { expect, it } from 'vitest';
import { hearWatchdog } from '../../../src/master/hear-watchdog.ts';

/** What is heard of a process that writes `text` into its last pipe. */
async function heard(text: string): Promise<unknown[]> {
  const child = spawn('sh', ['-c', 'printf %s "$0" >&4', text], {
    stdio: ['ignore', 'ignore', 'ignore', 'ignore', 'pipe'],
  });
  const told: unknown[] = [];
  hearWatchdog(child, (message, fields) => told.push({ message, ...fields }));
  await new Promise((resolve) => child.once('close', resolve));
  return told;
}

it('hears lines', async () => {
  const lines = ['{"message":"a","fields":{"ms":1}}', '{"message":"b","fields":{}}', ''];
  expect(await heard(lines.join('\n'))).toEqual([{ message: 'a', ms: 1 }, { message: 'b' }]);
});

it('believes nothing that the watchdog cannot have written', async () => {
  const lines = ['x', 'null', '{"message":1,"fields":{}}', '{"message":"a","fields":null}', ''];
  const told = await heard(lines.join('\n'));
  expect(told).toHaveLength(4);
  for (const line of told) expect(JSON.stringify(line)).toMatch(/none of this server: ignored/);
});

it('hears nothing where there is nothing', async () => {
  const child = spawn('true', { stdio: 'ignore' });
  hearWatchdog(child, () => expect.unreachable());
  await new Promise((resolve) => child.once('close', resolve));
  const missing = spawn('/no/such/program', { stdio: 'ignore' });
  hearWatchdog(missing, () => expect.unreachable());
  await new Promise((resolve) => missing.once('error', resolve));
});
