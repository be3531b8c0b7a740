// Many requests to CGI programs, at once and one after the other: each gets its own answer, never more
// run than are allowed to, and of none is anything left: no zombie, no descriptor.

import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runLoad, WrongAnswer } from '../helpers/load.ts';
import {
  childrenIncludingZombies,
  openDescriptorCount,
  writeProgram,
  writeShellProgram,
} from '../helpers/programs.ts';
import { request } from '../helpers/scgi-peer.ts';
import { startServer } from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';

const REQUESTS = 400;
const CLIENTS = 24;

/** Some answer, some fail, close their output first, write much, read nothing, or leave a child behind. */
const MIXED = `#!/bin/sh
printf 'Content-Type: text/plain\\n\\n'
case $((QUERY_STRING % 6)) in
  1) exit 3;;
  2) exec >&- 2>&-; sleep 0.02; exit;;
  3) head -c 100000 /dev/zero;;
  4) echo much >&2; cat > /dev/null;;
  5) (sleep 0.5) > /dev/null 2>&1 < /dev/null &
esac
echo "n=$QUERY_STRING"`;

describe('CGI programs', () => {
  it(
    'leave no zombie and no descriptor behind, whatever they do',
    { timeout: 180_000 },
    async () => {
      const server = await startServer({ cgi: [writeProgram(MIXED)] });
      const worker = server.workers()[0] ?? -1;
      const exchange = async (n: number): Promise<void> => {
        const body = n % 2 === 0 ? '' : 'x'.repeat(1000);
        const asked = { path: `/?${n}`, method: 'POST', body, timeoutMs: 60_000 };
        const answer = await request(server.address(), asked);
        const text = answer.body.toString();
        const isEmpty = n % 6 === 1 || n % 6 === 2;
        if (answer.status !== 200 || (!isEmpty && !text.endsWith(`n=${n}\n`))) {
          throw new WrongAnswer(`${n}: ${answer.status} ${text.slice(0, 100)}`);
        }
      };
      const isQuiet = (): boolean => childrenIncludingZombies(worker).length === 0;
      await runLoad(exchange, { clients: CLIENTS, goOn: (begun) => begun < 50 });
      await waitFor('the first programs to be gone', isQuiet);
      const before = openDescriptorCount(worker);

      const result = await runLoad(exchange, { clients: CLIENTS, goOn: (n) => n < REQUESTS });
      expect(result).toEqual({ begun: REQUESTS, failures: [], wrong: [] });
      await waitFor('all programs to be gone', isQuiet);
      await waitFor('all descriptors to be closed', () => openDescriptorCount(worker) <= before);
      expect(await server.stop()).toBe(0);
    },
  );

  it('are never more at once than --concurrency allows', { timeout: 60_000 }, async () => {
    const dir = tempDir();
    // Each counts those that run with it, itself included.
    const program = writeShellProgram(
      `touch ${dir}/$$; ls ${dir} | wc -l; sleep 0.1; rm ${dir}/$$`,
    );
    const server = await startServer({ cgi: [program], args: ['--concurrency', '3'] });
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => request(server.address(), { timeoutMs: 60_000 })),
    );
    const counts = answers.map(({ body }) => Number(body.toString()));
    expect(Math.max(...counts)).toBe(3);
    expect(fs.readdirSync(dir)).toEqual([]);
  });

  it('get no descriptor of the server but their standard streams', async () => {
    const program = writeProgram(`#!/usr/bin/perl
      print "Content-Type: text/plain\n\n";
      for my $fd (glob '/proc/self/fd/*') { print "$fd=", readlink $fd, "\n" if -e $fd }`);
    const server = await startServer({ cgi: [program] });
    const [worker = -1] = server.workers();
    const requests = Array.from({ length: 5 }, () => request(server.address()));
    for (const { body } of await Promise.all(requests)) {
      // Native: nothing else at all, also of what whoever started the server has left it.
      const numbers = body.toString().match(/fd\/\d+/g);
      if (process.env['TEST_DISPATCH'] !== 'portable')
        expect(numbers).toEqual(['fd/0', 'fd/1', 'fd/2']);
      const targets = body
        .toString()
        .trim()
        .split('\n')
        .slice(3)
        .map((line) => line.split('=')[1]);
      const ofServer = descriptorTargets(worker).filter((target) => targets.includes(target));
      // Whoever started the test may have left it descriptors that everybody inherits.
      const inherited = descriptorTargets(process.pid);
      expect(ofServer.filter((target) => !inherited.includes(target))).toEqual([]);
    }
  });
});

/** What the descriptors of a process above the standard ones refer to. */
function descriptorTargets(pid: number): string[] {
  const numbers = fs.readdirSync(`/proc/${pid}/fd`).filter((fd) => Number(fd) > 2);
  return numbers.flatMap((fd) => {
    try {
      return [fs.readlinkSync(`/proc/${pid}/fd/${fd}`)];
    } catch {
      // closed meanwhile
      return [];
    }
  });
}
