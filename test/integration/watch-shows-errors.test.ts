import { describe, expect, it } from 'vitest';
import { createProject, type Project } from '../helpers/project.ts';
import { request } from '../helpers/scgi-peer.ts';
import type { RunningServer } from '../helpers/start-server.ts';
import { startServer } from '../helpers/start-server.ts';
import { waitFor } from '../helpers/wait-for.ts';

const HELLO =
  "export const produce = (a, b, c, output) => output.end('Content-Type: text/plain\\n\\nhello');";

const start = (project: Project, ...args: string[]): Promise<RunningServer> =>
  startServer({
    handler: project.path('handler.mjs'),
    args: ['--watch', ...args],
    expectErrors:
      /cannot load|exports no handler|start\(\) failed|process\.exit|uncaught exception|exited with code 7/,
  });

const statusIs = (server: RunningServer, status: number): Promise<unknown> =>
  waitFor(`status ${status}`, async () => (await request(server.address())).status === status);

describe.each<[string, string, RegExp]>([
  [
    'throws',
    `${HELLO}\nthrow new RangeError('broken <on> purpose');`,
    /RangeError: broken <on> purpose\n {4}at .*handler\.mjs:2/,
  ],
  ['has a syntax error', `${HELLO}\nconst x = = 1;`, /handler\.mjs:2\nconst x = = 1;\n {10}\^/],
  [
    'exports nothing usable',
    'export const other = 1;',
    /exports no handler\. Found: other \(number\)/,
  ],
  [
    'fails to start',
    `${HELLO}\nexport const start = () => { throw new Error('no database'); };`,
    /start\(\) failed: no database[^]*handler\.mjs:2/,
  ],
  [
    'ends the process while it is loaded',
    `${HELLO}\nprocess.exit(7);`,
    /process\.exit\(7\)[^]*handler\.mjs:2/,
  ],
])('a handler that %s', (_title, broken, shown) => {
  it('is shown with its error, and served when it is mended', async () => {
    const project = createProject({ 'handler.mjs': HELLO });
    const server = await start(project);
    expect((await request(server.address())).status).toBe(200);
    project.write('handler.mjs', broken);
    await statusIs(server, 500);
    const { headers, body } = await request(server.address());
    expect(headers.get('content-type')).toEqual(['text/plain; charset=utf-8']);
    expect(headers.get('cache-control')).toEqual(['no-store']);
    expect(body.toString()).toMatch(shown);
    project.write('handler.mjs', HELLO);
    await statusIs(server, 200);
  });

  it('may be so from the start', async () => {
    const project = createProject({ 'handler.mjs': broken });
    const server = await start(project);
    expect((await request(server.address())).body.toString()).toMatch(shown);
    project.write('handler.mjs', HELLO);
    await statusIs(server, 200);
    expect(await server.stop()).toBe(0);
  });
});

it('shows a page to a browser, through the development gateway', async () => {
  const project = createProject({ 'handler.mjs': "throw new Error('<script>');" });
  const server = await start(project, '--http', '0');
  const url = /^open (\S+) in/.exec((await server.logged(/^open http/)).msg)?.[1] ?? '';
  const page = await fetch(url, { headers: { accept: 'text/html' } });
  expect(page.status).toBe(500);
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  const html = await page.text();
  expect(html).toContain('Error: &lt;script&gt;');
  expect(html).not.toContain('<script>');
  project.write('handler.mjs', HELLO);
  await waitFor('the handler', async () => (await (await fetch(url)).text()) === 'hello');
});

it('names the file of a syntax error, wherever it is', async () => {
  const project = createProject({
    'handler.mjs': `import './a.mjs'; import './b.mjs'; ${HELLO}`,
    'a.mjs': 'export const a = 1;',
    'b.mjs': 'export const b = 2;\nexport const c = = 3;',
  });
  const server = await start(project);
  expect((await request(server.address())).body.toString()).toMatch(
    /b\.mjs:2\nexport const c = = 3;/,
  );
});

it.each([
  ['an error', 'throw error;'],
  ['a syntax error without a stack', "throw Object.assign(error, { stack: '' });"],
])('shows %s that names a file that there cannot be', async (_title, thrown) => {
  const name = `/${'x'.repeat(300)}.mjs`;
  const error = `const error = new SyntaxError('see ${name}:1');`;
  const project = createProject({ 'handler.mjs': `${error} ${thrown}` });
  const server = await start(project);
  expect((await request(server.address())).body.toString()).toContain(name);
  project.write('handler.mjs', HELLO);
  await statusIs(server, 200);
});

it('notices when it is mended by a file on the way to the error', async () => {
  const project = createProject({
    'handler.mjs': `import './a.cjs'; ${HELLO}`,
    'a.cjs': "require('./b.cjs');",
    'b.cjs': "require('./c.cjs');",
    'c.cjs': "require('./d.cjs');",
    'd.cjs': "throw new Error('not now');",
  });
  // Another one could boot after it is mended, unasked.
  const server = await start(project, '--max-workers', '1');
  expect((await request(server.address())).body.toString()).toContain('not now');
  project.write('b.cjs', '');
  await statusIs(server, 200);
});

it('tries a handler that dies natively while it is loaded again, and at once when it is changed', async () => {
  const project = createProject({ 'handler.mjs': HELLO });
  const server = await startServer({
    handler: project.path('handler.mjs'),
    args: ['--watch'],
    expectErrors: /before its handler was loaded/,
  });
  project.write(
    'handler.mjs',
    'process.kill(process.pid, "SIGKILL"); await new Promise(() => {});',
  );
  await server.logged(/before its handler was loaded; next attempt in/);
  const waiting = request(server.address());
  project.write('handler.mjs', HELLO);
  expect((await waiting).body.toString()).toBe('hello');
});
