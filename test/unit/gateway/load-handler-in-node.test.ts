// The vitest runner imports modules in its own way; this is what Node itself makes of them.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const BUILT = new URL('../../../dist/gateway/load-handler.js', import.meta.url).href;
const FIXTURES = fileURLToPath(new URL('../../fixtures/handlers', import.meta.url));

/** Loads every module named in its arguments and prints, by path, the answer or the failure. */
const PROBE = `
  const { loadHandler } = await import(${JSON.stringify(BUILT)});
  const context = { workerId: 3, log: { info() {} } };
  const results = {};
  for (const path of process.argv.slice(1)) {
    try {
      const handler = await loadHandler(path, context);
      await handler.start?.(context);
      let answer = '';
      handler.produce({}, 0, undefined, { write: (text) => (answer += text) }, context);
      results[path] = answer.split('\\r\\n\\r\\n')[1];
    } catch (error) {
      results[path] = error.code + ' ' + error.message;
    }
  }
  process.stdout.write(JSON.stringify(results));
`;

const MODULES = [
  'hello.mjs',
  'cjs-produce.cjs',
  'cjs-function.cjs',
  'cjs-object.cjs',
  'typescript.ts',
  'typescript-class.cts',
  'object-default.mjs',
  'class-handler.mjs',
  'function-default.mjs',
  'exports-nothing.mjs',
];

const SOURCES = {
  'a #1 %20?/h.mjs': `export const produce = (e, s, i, o) => o.write('\\r\\n\\r\\nfound');`,
  'syntax.mjs': `export const a = 1;\nlet x = ;\n`,
  'syntax.cjs': `exports.a = 1;\nlet x = ;\n`,
  'syntax.ts': `export const a: number = 1;\nlet x: number = ;\n`,
  'imports-broken.mjs': `import './syntax.mjs';\n`,
  'no-package.mjs': `\nimport 'no-such-package';\n`,
  'no-export.mjs': `\nimport { nothing } from 'node:fs';\n`,
  'throws.mjs': `\n\nthrow new Error('first\\nsecond');\n`,
  'class.ts': `export default class H { produce(e: object, s: number, i: object, o: { write(t: string): void }) { o.write('\\r\\n\\r\\na class in CommonJS'); } }`,
  'esm/class.ts': `import { text } from './text.ts';\nexport default class H { produce(e: object, s: number, i: object, o: { write(t: string): void }) { o.write('\\r\\n\\r\\n' + text); } }`,
  'esm/text.ts': `export const text: string = 'a class in an ES module';`,
  'esm/package.json': `{ "type": "module" }`,
};

describe('load-handler in Node', () => {
  let directory: string;
  let results: Record<string, string>;
  const of = (name: string) => results[join(directory, name)];

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'scgi-node-'));
    mkdirSync(join(directory, 'a #1 %20?'));
    mkdirSync(join(directory, 'esm'));
    for (const [name, source] of Object.entries(SOURCES)) {
      writeFileSync(join(directory, name), source);
    }
    const written = Object.keys(SOURCES).map((name) => join(directory, name));
    const output = execFileSync(
      process.execPath,
      ['--input-type=module', '-e', PROBE, '--', ...MODULES, ...written],
      { cwd: FIXTURES, encoding: 'utf8' },
    );
    results = JSON.parse(output);
  }, 20_000);
  afterAll(() => rmSync(directory, { recursive: true }));

  test('loads every kind of module, by a path relative to the working directory', () => {
    expect(results).toMatchObject({
      'hello.mjs': 'hello from an ES module\n',
      'cjs-produce.cjs': 'hello from CommonJS\n',
      'cjs-function.cjs': 'hello from a CommonJS function\n',
      'cjs-object.cjs': 'hello from a CommonJS object\n',
      'typescript.ts': 'hello from TypeScript\n',
      'typescript-class.cts': 'hello from TypeScript, worker 3\n',
      'object-default.mjs': 'hello from an object\n',
      'class-handler.mjs': 'worker=3 started=true\n',
      'function-default.mjs': 'hello from a function\n',
    });
  });

  test('loads TypeScript in packages of either kind', () => {
    expect(of('class.ts')).toBe('a class in CommonJS');
    expect(of('esm/class.ts')).toBe('a class in an ES module');
  });

  test('a path with characters that mean something in URLs is a file all the same', () => {
    expect(of('a #1 %20?/h.mjs')).toBe('found');
  });

  test.each(['syntax.mjs', 'syntax.cjs', 'syntax.ts'])(
    'names the line of the error in %s',
    (name) => {
      const path = join(directory, name);
      expect(of(name)).toMatch(/^ERR_SCGI_HANDLER_LOAD cannot load the handler .*[^\n]*$/);
      expect(of(name)).toContain(`${path}:2`);
    },
  );

  test('names the package that is missing, and who asked for it', () => {
    expect(of('no-package.mjs')).toContain("Cannot find package 'no-such-package' imported from");
  });

  test('names the export that is missing', () => {
    expect(of('no-export.mjs')).toContain("does not provide an export named 'nothing'");
    expect(of('no-export.mjs')).toContain('no-export.mjs:2)');
  });

  test('names the line that threw, in one line', () => {
    expect(of('throws.mjs')).toBe(
      `ERR_SCGI_HANDLER_LOAD cannot load the handler ${join(directory, 'throws.mjs')}: ` +
        `Error: first second (at ${join(directory, 'throws.mjs')}:3:7)`,
    );
  });

  test('a syntax error in an imported module is reported', () => {
    expect(of('imports-broken.mjs')).toContain('SyntaxError: Unexpected token');
  });

  test('says what is exported instead of a handler', () => {
    expect(results['exports-nothing.mjs']).toContain(
      'exports no handler. Found: default (class Application), port (number).',
    );
  });
});
