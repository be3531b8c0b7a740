import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  describeProgram,
  ProgramDirectory,
  whyNoProgram,
} from '../../../../src/gateway/cgi/find-program.ts';
import { tempDir } from '../../../helpers/temp-dir.ts';

/** A name as bytes: what SCGI brings and what is looked up. */
const bytes = (text: string): string => Buffer.from(text).toString('latin1');

function directoryWith(...files: string[]): string {
  const dir = fs.realpathSync(tempDir());
  for (const file of files) fs.writeFileSync(Buffer.from(`${dir}/${file}`, 'latin1'), '');
  return dir;
}

describe('a directory of programs', () => {
  it('finds a program by any bytes that its name has', () => {
    const dir = directoryWith('\xff\x01 x', bytes('grüße'));
    const directory = new ProgramDirectory(dir);
    expect(directory.find(`${dir}/\xff\x01 x`)).toEqual({
      file: `${dir}/\xff\x01 x`,
      directory: dir,
      args: [`${dir}/\xff\x01 x`],
      title: '\ufffd\x01 x',
    });
    expect(directory.find(`${dir}/${bytes('grüße')}`)).toMatchObject({ title: 'grüße' });
  });

  it('may have a name of any bytes itself', () => {
    const dir = `${fs.realpathSync(tempDir())}/\xe9`;
    fs.mkdirSync(Buffer.from(dir, 'latin1'));
    fs.writeFileSync(Buffer.from(`${dir}/a`, 'latin1'), '');
    expect(new ProgramDirectory(dir).find(`${dir}/a`)).toMatchObject({ file: `${dir}/a` });
  });

  it.each(['/..', '/../a', '/./../a', '/sub/..', '/sub/../../a', '/../NAME/a', '/..//a'])(
    'lets nothing out by %j',
    (path) => {
      const dir = directoryWith('a');
      fs.mkdirSync(`${dir}/sub`);
      const name = dir + path.replace('NAME', dir.slice(dir.lastIndexOf('/') + 1));
      expect(new ProgramDirectory(dir).find(name)).toMatchObject({ status: 403 });
    },
  );

  it('tells nothing of what is elsewhere', () => {
    const directory = new ProgramDirectory(directoryWith());
    expect(directory.find('/etc/passwd')).toMatchObject({ status: 403 });
    expect(directory.find('/etc/no-such-file')).toMatchObject({ status: 403 });
  });

  it('that is not there is a 404, and no crash', () => {
    const dir = directoryWith();
    const directory = new ProgramDirectory(`${dir}/gone`);
    expect(directory.find(`${dir}/gone/a`)).toMatchObject({ status: 404 });
  });
});

describe('why a file is no program', () => {
  it.each<[string, (file: string) => void, number | undefined]>([
    ['it is not there', () => {}, 404],
    ['it is a directory', (file) => fs.mkdirSync(file), 403],
    ['it is no file', (file) => fs.symlinkSync('/dev/null', file), 403],
    ['it is not executable', (file) => fs.writeFileSync(file, '', { mode: 0o644 }), 403],
    ['nothing', (file) => fs.writeFileSync(file, '', { mode: 0o755 }), undefined],
  ])('can be that %s', (_reason, make, status) => {
    const file = `${tempDir()}/x`;
    make(file);
    expect(whyNoProgram(file)?.status).toBe(status);
  });
});

describe('a program of the operator', () => {
  it('runs in the directory that it is in', () => {
    expect(describeProgram('/srv/a/b.cgi', ['-x'])).toEqual({
      file: '/srv/a/b.cgi',
      directory: '/srv/a',
      args: ['/srv/a/b.cgi', '-x'],
      title: 'b.cgi',
    });
    expect(describeProgram('/b').directory).toBe('/');
  });
});
