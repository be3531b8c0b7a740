// Apache's balancer-manager, filled in as an administrator does in a browser on that machine.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Changes a host, in the form that its link on the page leads to.
 *
 * @param inside - command that enters the network namespace of Apache
 * @param address - the host's, which stands in its link
 * @param change - what is changed, as in the form
 */
export async function changeHost(
  { inside, url }: { inside: readonly string[]; url: string },
  address: string,
  change: Record<string, string>,
): Promise<void> {
  const page = `${url}/balancer-manager`;
  const links = (await fetchInside(inside, page)).matchAll(/href="[^?"]+\?([^"]+)"/g);
  const queries = [...links].map(([, query = '']) => query.replaceAll('&amp;', '&'));
  const form = queries.find((query) => new URLSearchParams(query).get('w')?.endsWith(address));
  if (form === undefined) throw new Error(`${page} has no link for ${address}`);
  await fetchInside(inside, page, {
    method: 'POST',
    body: `${form}&${new URLSearchParams(change).toString()}`,
    // Apache takes a form only from its own page.
    headers: { referer: page, 'content-type': 'application/x-www-form-urlencoded' },
  });
}

/** Returns the body of an answer; the request is sent from inside a network namespace. */
async function fetchInside(
  inside: readonly string[],
  url: string,
  request: object = {},
): Promise<string> {
  const program = `
    const { httpRequest } = await import(${JSON.stringify(new URL('../helpers/load.ts', import.meta.url))});
    const { status, body } = await httpRequest(${JSON.stringify(url)}, ${JSON.stringify(request)});
    if (status !== 200) throw new Error('status ' + status + ': ' + body);
    process.stdout.write(body);
  `;
  const [command, ...args] = [...inside, process.execPath, '--import', 'tsx'];
  const { stdout } = await run(command, [...args, '--input-type=module', '--eval', program], {
    timeout: 30_000,
  });
  return stdout;
}
