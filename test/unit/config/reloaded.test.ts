import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadConfigFile } from '../../../src/config/load-file.ts';
import { OPTIONS } from '../../../src/config/option-table.ts';
import { reloadedConfig } from '../../../src/config/reloaded.ts';
import type { ResolvedConfig } from '../../../src/config/resolve.ts';
import { resolveConfig } from '../../../src/config/resolve.ts';

const settings = (values: Record<string, unknown>): ResolvedConfig =>
  resolveConfig({ flags: {}, env: {}, file: { path: 'file', values } });

describe('reloadedConfig', () => {
  it('takes what can change, and names what cannot', () => {
    const present = settings({ port: 1, maxWorkers: 2, env: ['A=1'] });
    const read = settings({ port: 2, maxWorkers: 3, env: ['A=1'], backlog: 9 });
    const { config, sources, changed, ignored } = reloadedConfig(present, read);
    expect(config).toMatchObject({ port: 1, maxWorkers: 3, env: ['A=1'], backlog: 1024 });
    expect(sources).toMatchObject({ port: 'file', maxWorkers: 'file', backlog: 'default' });
    expect({ changed, ignored }).toEqual({ changed: ['maxWorkers'], ignored: ['port', 'backlog'] });
  });

  it('finds nothing different in the same settings', () => {
    const values = { listen: ['127.0.0.1:1', 'unix:/a'], allow: ['::1/128'], http: 80 };
    const { changed, ignored } = reloadedConfig(settings(values), settings(values));
    expect([...changed, ...ignored]).toEqual([]);
  });

  it('refuses what does not go together with what stays', () => {
    const present = settings({ cgi: '/bin/true', dispatch: 'portable' });
    const read = settings({ cgi: '/bin/true', dispatch: 'native', direct: true });
    expect(() => reloadedConfig(present, read)).toThrow(/direct .* got portable/);
  });
});

describe('a configuration file that is a module', () => {
  it.each(['mjs', 'ts', 'js'])('is read anew, and what it imports (%s)', async (extension) => {
    const dir = mkdtempSync(join(tmpdir(), 'reloaded-'));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    const isCommon = extension === 'js';
    const [own, other] = [join(dir, `a.${extension}`), join(dir, `b.${extension}`)];
    const write = (port: number, backlog: number): void => {
      const from = `./b.${extension}`;
      writeFileSync(
        own,
        isCommon
          ? `module.exports = { port: ${port}, backlog: require('${from}') };`
          : `import backlog from '${from}'; export default { port: ${port}, backlog };`,
      );
      writeFileSync(
        other,
        isCommon ? `module.exports = ${backlog};` : `export default ${backlog};`,
      );
    };
    write(1, 2);
    expect((await loadConfigFile(dir, { named: own }))?.values).toEqual({ port: 1, backlog: 2 });
    write(3, 4);
    const anew = { named: own, anew: true };
    expect((await loadConfigFile(dir, anew))?.values).toEqual({ port: 3, backlog: 4 });
    writeFileSync(own, 'throw new Error("not today");');
    await expect(loadConfigFile(dir, anew)).rejects.toThrow(/cannot be loaded: Error: not today/);
    writeFileSync(own, 'process.exit(0);');
    await expect(loadConfigFile(dir, anew)).rejects.toThrow(/it ended its process/);
  });
});

describe('the section on reloading in README.md', () => {
  it('lists the options that only a restart can change', () => {
    const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
    const [, section = ''] = readme.split(/^### Reloading$/m);
    const [, list = ''] = section.split('Only a restart can change');
    const [paragraph = ''] = list.split('\n\n');
    const listed = [...paragraph.matchAll(/`(--[a-z-]+)`/g)].map(([, flag]) => flag);
    const staying = OPTIONS.filter(({ onReload }) => onReload === 'stays').map(({ flag }) => flag);
    expect(listed).toEqual(staying);
  });
});
