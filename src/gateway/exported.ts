// Looks at what a module exports. Pure.

import type { ModuleExports } from '../import-module.ts';

/** A function that can be called without `new`. */
export type PlainFunction = (...args: unknown[]) => unknown;

type Class = new (...args: unknown[]) => object;

/** The exports of a module. */
export interface Exported {
  readonly exports: ModuleExports;
  /** The default export. */
  readonly main: unknown;
}

/** Finds the default export, also where compilers put it in CommonJS: `module.exports.default`. */
export function lookAt(exports: ModuleExports): Exported {
  const main = exports['default'];
  const isCompiled = isObject(main) && main['__esModule'] === true && 'default' in main;
  return { exports, main: isCompiled ? main['default'] : main };
}

/** Asked first whether it is there: some objects have a function for whatever name they are asked for. */
export function member(object: unknown, name: string): unknown {
  const hasMembers = isObject(object) || typeof object === 'function';
  return hasMembers && name in object ? (object as ModuleExports)[name] : undefined;
}

export function methodOf(object: unknown, name: string): PlainFunction | undefined {
  const method = member(object, name);
  return isPlainFunction(method) ? method : undefined;
}

/** Bound once, so that a request costs a plain call. */
export function bound(object: unknown, method: PlainFunction): PlainFunction {
  return method.bind(object);
}

export function isObject(value: unknown): value is ModuleExports {
  return typeof value === 'object' && value !== null;
}

export function isClass(value: unknown): value is Class {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
}

export function isPlainFunction(value: unknown): value is PlainFunction {
  return typeof value === 'function' && !isClass(value);
}

/** Lists the exports for an error message. */
export function listExports({ exports, main }: Exported): string {
  const names = Object.keys(exports).filter((name) => name !== '__esModule');
  const found = names.map((name) => {
    return `${name} (${kindOf(name === 'default' ? main : exports[name])})`;
  });
  return found.length > 0 ? found.join(', ') : 'no exports at all';
}

/** Says in a few words what a value is. */
export function kindOf(value: unknown): string {
  if (isClass(value)) return `class ${value.name || 'without name'}`;
  if (typeof value === 'function') return `function of ${value.length} parameters`;
  if (Array.isArray(value)) return 'array';
  if (!isObject(value)) return value === null ? 'null' : typeof value;
  const keys = Object.keys(value).slice(0, 5);
  return keys.length > 0 ? `object with ${keys.join(', ')}` : 'empty object';
}
