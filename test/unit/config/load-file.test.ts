import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfigFile } from '../../../src/config/load-file.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'load-file-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

function put(name: string, content: string): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

describe('load-file', () => {
  it('finds nothing in an empty directory', async () => {
    expect(await loadConfigFile(directory)).toBeUndefined();
  });

  it.each([
    ['json', '\uFEFF{ "port": 1 }'],
    ['js', 'module.exports = { port: 1 };'],
    ['mjs', 'export default { port: 1 };'],
    ['ts', 'const port: number = 1;\nexport default { port };'],
  ])('finds and reads scgi-server.config.%s', async (extension, content) => {
    const path = put(`scgi-server.config.${extension}`, content);
    expect(await loadConfigFile(directory)).toEqual({ path, values: { port: 1 } });
  });

  it('reads ES modules with TypeScript and JavaScript in a package of that type', async () => {
    put('package.json', '{ "type": "module" }');
    put('a.ts', 'export default { port: 1 as number };');
    put('b.js', 'export default { port: 2 };');
    expect((await loadConfigFile(directory, { named: 'a.ts' }))?.values).toEqual({ port: 1 });
    expect((await loadConfigFile(directory, { named: 'b.js' }))?.values).toEqual({ port: 2 });
  });

  it('refuses two files and names both', async () => {
    const paths = [put('scgi-server.config.json', '{}'), put('scgi-server.config.ts', '')];
    await expect(loadConfigFile(directory)).rejects.toThrow(
      `expected one configuration file, got ${paths.join(' and ')}`,
    );
  });

  it('prefers the file that is named, relative to the working directory', async () => {
    put('scgi-server.config.json', '{}');
    put('other.json', '{ "port": 2 }');
    const file = await loadConfigFile(directory, { named: 'other.json' });
    expect(file).toEqual({ path: join(directory, 'other.json'), values: { port: 2 } });
  });

  it('refuses a named file that is missing or a directory', async () => {
    mkdirSync(join(directory, 'folder'));
    await expect(loadConfigFile(directory, { named: 'none.json' })).rejects.toThrow(
      `${join(directory, 'none.json')}: expected a configuration file, but there is none`,
    );
    await expect(loadConfigFile(directory, { named: 'folder' })).rejects.toThrow(
      'folder: expected a configuration file, got something else',
    );
  });

  it('says where JSON is wrong', async () => {
    const broken = put('broken.json', '{\n  "port": 1,\n}');
    const cut = put('cut.json', '{\n  "port"');
    await expect(loadConfigFile(directory, { named: broken })).rejects.toThrow(
      /broken\.json:3:1: .*JSON/,
    );
    await expect(loadConfigFile(directory, { named: cut })).rejects.toThrow(
      /cut\.json:2:9: .*JSON/,
    );
    put('words.json', 'port = 1');
    await expect(loadConfigFile(directory, { named: 'words.json' })).rejects.toThrow(
      /words\.json.*: .*JSON/,
    );
  });

  it.each([
    [
      'throws.mjs',
      'throw new TypeError("no database")',
      'cannot be loaded: TypeError: no database',
    ],
    ['syntax.mjs', 'export default {', 'cannot be loaded: '],
    ['none.mjs', 'export const port = 1', 'expected an object as default export, got nothing'],
    ['function.mjs', 'export default () => ({})', 'as default export, got a function'],
    ['list.json', '[]', 'expected an object, got a list'],
    ['null.json', 'null', 'expected an object, got null'],
  ])('refuses %s', async (name, content, message) => {
    const path = put(name, content);
    const error = await loadConfigFile(directory, { named: path }).catch(
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ code: 'ERR_SCGI_CONFIG', name: 'ConfigError' });
    expect((error as Error).message).toContain(`${path}: `);
    expect((error as Error).message).toContain(message);
  });
});
