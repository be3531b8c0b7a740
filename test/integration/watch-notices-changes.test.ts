import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createProject } from '../helpers/project.ts';
import { request } from '../helpers/scgi-peer.ts';
import { startServer } from '../helpers/start-server.ts';
import { waitFor } from '../helpers/wait-for.ts';
import {
  body,
  changed,
  changes,
  HANDLER,
  produce,
  startWatching,
  text,
} from '../helpers/watched.ts';

describe('a file of the handler is noticed', () => {
  it.each([
    [
      'in CommonJS, required by what is required',
      {
        'handler.cjs': `const text = require('./lib/a.cjs'); exports.produce = ${produce('text')};`,
        'lib/a.cjs': "module.exports = require('./b.cjs');",
        'lib/b.cjs': "module.exports = 'old';",
      },
      'lib/b.cjs',
    ],
    [
      'as JSON',
      {
        'handler.cjs': `const { text } = require('./lib/a.json'); exports.produce = ${produce('text')};`,
        'lib/a.json': '{ "text": "old" }',
      },
      'lib/a.json',
    ],
    [
      'in ES modules that import each other',
      {
        'handler.mjs': `import { a } from './lib/a.mjs'; export const produce = ${produce('a()')};`,
        'lib/a.mjs': "import { text } from './b.mjs'; export const a = () => text;",
        'lib/b.mjs': "import { a } from './a.mjs'; export const text = 'old'; export { a };",
      },
      'lib/b.mjs',
    ],
    [
      'that an ES module imports when it is asked for',
      {
        'handler.mjs': `export const produce = async (env, bodySize, input, output) => {
          const { text } = await import('./lib/a.mjs');
          output.end('Content-Type: text/plain\\n\\n' + text);
        };`,
        'lib/a.mjs': "export { text } from './b.mjs';",
        'lib/b.mjs': "export const text = 'old';",
      },
      'lib/b.mjs',
    ],
    [
      'in TypeScript',
      {
        'package.json': '{ "type": "module" }',
        'handler.ts': `import { text } from './lib/a.ts';
          import type { Writable } from 'node:stream';
          export const produce = (env: object, bodySize: number, input: unknown, output: Writable) =>
            output.end('Content-Type: text/plain\\n\\n' + text);`,
        'lib/a.ts': "const text: string = 'old'; export { text };",
      },
      'lib/a.ts',
    ],
    [
      'that CommonJS imports when it is asked for',
      {
        'handler.cjs': `exports.produce = async (env, bodySize, input, output) => {
          const { text } = await import('./lib/a.mjs');
          output.end('Content-Type: text/plain\\n\\n' + text);
        };`,
        'lib/a.mjs': "export const text = 'old';",
      },
      'lib/a.mjs',
    ],
    [
      'that is required when it is asked for',
      {
        'handler.cjs': `exports.produce = (env, bodySize, input, output) =>
          output.end('Content-Type: text/plain\\n\\n' + require('./lib/a.cjs'));`,
        'lib/a.cjs': "module.exports = 'old';",
      },
      'lib/a.cjs',
    ],
  ])('%s', async (_title, files, file) => {
    const project = createProject(files);
    const [handler = ''] = Object.keys(files).filter((name) => name.startsWith('handler'));
    const server = await startWatching(project.path(handler));
    expect(await body(server)).toBe('old');
    const content = fs.readFileSync(project.path(file), 'utf8');
    // What is imported late is watched a moment later: change it until that is noticed.
    await waitFor('the change to be noticed', () => {
      project.replace(file, content.replace('old', 'new'));
      return changes(server) > 0;
    });
    expect(await body(server)).toBe('new');
  });

  it.each<[string, (project: ReturnType<typeof createProject>, content: string) => void]>([
    ['when it is written', (project, content) => project.write('lib/text.mjs', content)],
    [
      'when a new file is renamed to it',
      (project, content) => project.replace('lib/text.mjs', content),
    ],
    [
      'when it becomes a backup, and is written anew',
      (project, content) => {
        fs.renameSync(project.path('lib/text.mjs'), project.path('lib/text.mjs~'));
        project.write('lib/text.mjs', content);
      },
    ],
    [
      'when it is removed and made again',
      (project, content) => {
        project.remove('lib/text.mjs');
        project.write('lib/text.mjs', content);
      },
    ],
    [
      'when its folder is removed and made again',
      (project, content) => {
        project.remove('lib');
        project.write('lib/text.mjs', content);
      },
    ],
    [
      'when its folder is another one',
      (project, content) => {
        fs.renameSync(project.path('lib'), project.path('lib.old'));
        project.write('lib.new/text.mjs', content);
        fs.renameSync(project.path('lib.new'), project.path('lib'));
      },
    ],
  ])('%s', async (_title, change) => {
    const project = createProject({ 'handler.mjs': HANDLER, 'lib/text.mjs': text('old') });
    const server = await startServer({
      handler: project.path('handler.mjs'),
      args: ['--watch'],
      expectErrors: /cannot load the handler/,
    });
    expect(await body(server)).toBe('old');
    // Twice: it is watched no less than before.
    for (const content of ['new', 'newer']) {
      change(project, text(content));
      await waitFor(`the answer "${content}"`, async () => (await body(server)) === content);
      fs.rmSync(project.path('lib.old'), { recursive: true, force: true });
    }
  });

  it('that was missing, when it is there', async () => {
    const project = createProject({ 'handler.mjs': HANDLER });
    const server = await startServer({
      handler: project.path('handler.mjs'),
      args: ['--watch'],
      expectErrors: /cannot load the handler/,
    });
    expect((await request(server.address())).status).toBe(500);
    project.write('lib/text.mjs', text('here'));
    await waitFor('the handler to load', async () => (await body(server)) === 'here');
  });

  it('that was missing, when it is there and might have been a folder', async () => {
    const handler = `const text = require('./lib/text.js'); exports.produce = ${produce('text')};`;
    const project = createProject({ 'handler.cjs': handler });
    const server = await startServer({
      handler: project.path('handler.cjs'),
      args: ['--watch'],
      expectErrors: /cannot load the handler/,
    });
    expect((await request(server.address())).status).toBe(500);
    project.write('lib/text.js', "module.exports = 'here';");
    await waitFor('the handler to load', async () => (await body(server)) === 'here');
    // All files are looked at now and then: that is survived as well.
    project.write('lib/text.js', "module.exports = 'there';");
    await waitFor('the new code', async () => (await body(server)) === 'there');
  });
});

it('takes files that are saved together for one change', async () => {
  const names = Array.from({ length: 12 }, (_, n) => `f${n}`);
  const imports = names.map((name) => `import { text as ${name} } from './${name}.mjs';`).join('');
  const files = (value: string): [string, string][] =>
    names.map((name) => [`${name}.mjs`, text(value)]);
  const project = createProject({
    'handler.mjs': `${imports} export const produce = ${produce(names.join(' + '))};`,
    ...Object.fromEntries(files('0')),
  });
  const server = await startWatching(project.path('handler.mjs'));
  expect(await body(server)).toBe('000000000000');
  for (const [name, content] of files('1')) project.replace(name, content);
  await waitFor('the new code', async () => (await body(server)) === '111111111111');
  // One, unless this process had to wait in the middle.
  expect(changes(server)).toBeLessThan(4);
});

it('does not watch packages', async () => {
  const project = createProject({
    'handler.mjs': `import { text } from 'thing'; export const produce = ${produce('text')};`,
    'node_modules/thing/package.json': '{ "type": "module", "exports": "./index.js" }',
    'node_modules/thing/index.js': text('old'),
  });
  const server = await startWatching(project.path('handler.mjs'));
  project.write('node_modules/thing/index.js', text('new'));
  project.write('handler.mjs', fs.readFileSync(project.path('handler.mjs'), 'utf8'));
  await changed(server, 1);
  expect(await body(server)).toBe('new');
  expect(server.log.filter(({ msg }) => msg.includes('node_modules'))).toEqual([]);
});
