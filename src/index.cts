// The same types for TypeScript in CommonJS, which may not import those of an ES module just so.

export type * from './index.ts' with { 'resolution-mode': 'import' };
