// A directory of CGI programs: SCRIPT_FILENAME names one, and nothing outside of it can be run.

import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { writeProgram, writeShellProgram } from '../helpers/programs.ts';
import { request } from '../helpers/scgi-peer.ts';
import type { RunningServer } from '../helpers/start-server.ts';
import { startServer } from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';

interface Site {
  /** The directory of programs, without a slash at its end. */
  dir: string;
  /** The one that it is in. */
  parent: string;
  server: RunningServer;
  ask: (name?: string) => Promise<[status: number, body: string]>;
}

async function site(prepare: (dir: string, parent: string) => void = () => {}): Promise<Site> {
  const parent = fs.realpathSync(tempDir());
  const dir = `${parent}/cgi-bin`;
  writeShellProgram('pwd; echo "$SCRIPT_FILENAME"', 'hello.cgi', dir);
  prepare(dir, parent);
  const server = await startServer({ cgi: [`${dir}/`], expectErrors: /the handler failed/ });
  const ask: Site['ask'] = async (name) => {
    const env = name === undefined ? {} : { SCRIPT_FILENAME: Buffer.from(name).toString('latin1') };
    const { status, body } = await request(server.address(), { env, timeoutMs: 20_000 });
    return [status, body.toString()];
  };
  return { dir, parent, server, ask };
}

describe('a directory of CGI programs', () => {
  it('has the program run that SCRIPT_FILENAME names, in the directory that it is in', async () => {
    const { dir, ask } = await site((bin) => writeShellProgram('pwd', 'sub/däta/deep.cgi', bin));
    expect(await ask(`${dir}/hello.cgi`)).toEqual([200, `${dir}\n${dir}/hello.cgi\n`]);
    expect(await ask(`${dir}/sub/däta/deep.cgi`)).toEqual([200, `${dir}/sub/däta\n`]);
    expect(await ask(`${dir}//hello.cgi`)).toEqual([200, `${dir}\n${dir}//hello.cgi\n`]);
  });

  it('follows a link that stays inside', async () => {
    const { dir, ask } = await site((bin) => {
      writeShellProgram('pwd', 'sub/real.cgi', bin);
      fs.symlinkSync('sub/real.cgi', `${bin}/link.cgi`);
    });
    expect(await ask(`${dir}/link.cgi`)).toEqual([200, `${dir}/sub\n`]);
  });

  it('may be a link itself, and be switched to another directory', async () => {
    const { parent, server } = await site((bin, around) => {
      writeShellProgram('echo old', 'v1/a.cgi', around);
      writeShellProgram('echo new', 'v2/a.cgi', around);
      fs.rmSync(bin, { recursive: true });
      fs.symlinkSync('v1', bin);
    });
    const ask = async (name: string): Promise<string> => {
      const { body } = await request(server.address(), { env: { SCRIPT_FILENAME: name } });
      return body.toString();
    };
    expect(await ask(`${parent}/cgi-bin/a.cgi`)).toBe('old\n');
    // nginx may have resolved the link.
    expect(await ask(`${parent}/v1/a.cgi`)).toBe('old\n');
    fs.rmSync(`${parent}/cgi-bin`);
    fs.symlinkSync('v2', `${parent}/cgi-bin`);
    expect(await ask(`${parent}/cgi-bin/a.cgi`)).toBe('new\n');
  });

  it('answers 404 for what is not there', async () => {
    const { dir, server, ask } = await site();
    expect((await ask(`${dir}/nothing.cgi`))[0]).toBe(404);
    expect((await ask(`${dir}/hello.cgi/more`))[0]).toBe(404);
    expect((await ask(`${dir}/${'x'.repeat(300)}`))[0]).toBe(404);
    const line = await server.logged(/^404, no program: there is no .*nothing.cgi$/);
    expect(line).toMatchObject({ level: 'warn' });
  });

  it('answers 403 for what is not executable, is a directory or no file', async () => {
    const { dir, server, ask } = await site((bin) => {
      fs.writeFileSync(`${bin}/data.txt`, '#!/bin/sh\necho no\n', { mode: 0o644 });
      fs.mkdirSync(`${bin}/folder.cgi`);
    });
    expect((await ask(`${dir}/data.txt`))[0]).toBe(403);
    await server.logged(/^403, no program: .*data.txt is not executable for this user$/);
    expect((await ask(`${dir}/folder.cgi`))[0]).toBe(403);
    await server.logged(/^403, no program: .*folder.cgi is a directory$/);
    expect((await ask(`${dir}/`))[0]).toBe(403);
    expect((await ask(dir))[0]).toBe(403);
  });

  it('answers 403 for all that is outside, whether it is there or not', async () => {
    const { dir, parent, server, ask } = await site((bin, around) => {
      writeShellProgram('echo outside', 'outside.cgi', around);
      writeShellProgram('echo neighbour', 'cgi-bin-other/x.cgi', around);
      fs.symlinkSync('../outside.cgi', `${bin}/leads-out.cgi`);
      fs.symlinkSync('..', `${bin}/up`);
      fs.symlinkSync('/no/such/file', `${bin}/leads-nowhere.cgi`);
    });
    for (const name of [
      `${parent}/outside.cgi`,
      `${parent}/nothing.cgi`,
      '/bin/sh',
      `${dir}/../outside.cgi`,
      `${dir}/../cgi-bin/hello.cgi`,
      `${dir}/..`,
      `${parent}/cgi-bin-other/x.cgi`,
      `${dir}/leads-out.cgi`,
      `${dir}/up/outside.cgi`,
      'hello.cgi',
      './hello.cgi',
      '',
      undefined,
    ]) {
      expect([name, (await ask(name))[0]]).toEqual([name, 403]);
    }
    expect((await ask(`${dir}/leads-nowhere.cgi`))[0]).toBe(404);
    await server.logged(/leads-out.cgi leads out of .*cgi-bin\/, to .*outside.cgi$/);
    await server.logged(/^403, no program: the web server has to send an absolute SCRIPT_FILENAME/);
  });

  it('answers 500 where a program in it cannot be started', async () => {
    const { dir, ask, server } = await site((bin) => {
      writeProgram('#!/no/such/interpreter\n', 'broken.cgi', bin);
    });
    expect((await ask(`${dir}/broken.cgi`))[0]).toBe(500);
    await server.logged(/the handler failed/);
  });
});
