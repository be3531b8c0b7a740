// A folder with somebody's application in it, which is worked on.

import fs from 'node:fs';
import path from 'node:path';
import { tempDir } from './temp-dir.ts';

export interface Project {
  /** Absolute path of a file. */
  path(name: string): string;
  /** Writes a file, folders included, as `>` does. */
  write(name: string, content: string): void;
  /** Writes a new file and renames it to the old one's name, as most editors do. */
  replace(name: string, content: string): void;
  remove(name: string): void;
}

/**
 * @param files - by name, with slashes
 * @param dir - the folder, for whoever removes it; else it is there for one test
 */
export function createProject(files: Record<string, string>, dir: string = tempDir()): Project {
  const project: Project = {
    path: (name) => path.join(dir, name),
    write: (name, content) => {
      fs.mkdirSync(path.dirname(project.path(name)), { recursive: true });
      fs.writeFileSync(project.path(name), content);
    },
    replace: (name, content) => {
      project.write(`${name}.new`, content);
      fs.renameSync(project.path(`${name}.new`), project.path(name));
    },
    remove: (name) => fs.rmSync(project.path(name), { recursive: true }),
  };
  for (const [name, content] of Object.entries(files)) project.write(name, content);
  return project;
}
