import fs from 'node:fs';
import { expect, it, vi } from 'vitest';
import { NativeProgram } from '../../../../src/gateway/cgi/native/native-program.ts';
import { OutputPipe } from '../../../../src/gateway/cgi/native/output-pipe.ts';
import { createPipe } from '../../../../src/posix/pipe.ts';
import { endOf, startProgram } from '../../../../src/posix/spawn.ts';
import { waitFor } from '../../../helpers/wait-for.ts';
import { describeKernel } from '../../posix/real-kernel.ts';

describeKernel('a program that has ended, and left its output to a child', () => {
  it('makes no streams of its closed pipes when it has to stop as soon as it stays', async () => {
    const [output, forOutput] = createPipe('output');
    const [errors, forErrors] = createPipe('error output');
    const nothing = fs.openSync('/dev/null', 'r');
    const pid = startProgram({
      file: '/bin/sh',
      args: ['sh', '-c', 'sleep 1000 &'],
      env: ['PATH=/usr/bin:/bin'],
      directory: '/',
      stdio: [nothing, forOutput.fd, forErrors.fd],
    });
    fs.closeSync(nothing);
    for (const end of [forOutput, forErrors]) end.close();
    const pipes = {
      stdout: new OutputPipe(output, vi.fn()),
      stderr: new OutputPipe(errors, vi.fn()),
    };
    const streams = [
      vi.spyOn(pipes.stdout, 'becomeStream'),
      vi.spyOn(pipes.stderr, 'becomeStream'),
    ];
    const ended = vi.fn<(end: unknown) => void>();
    await waitFor('the end of the program', () => endOf(pid));
    // What a request does whose time was over before it was watched.
    const stays = (): void => program.stop('SIGKILL');
    const program = new NativeProgram(pid, pipes, { stays, wroteAll() {}, ended });
    program.look();
    expect(ended).toHaveBeenCalledExactlyOnceWith({ code: 0, signal: null });
    for (const stream of streams) expect(stream).not.toHaveBeenCalled();
  });
});
