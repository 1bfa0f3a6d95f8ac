import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The first kubectl of v1.`minor` that `variable` or the PATH names; says on behalf of `suite` when there is none. */
export function realKubectl(suite: string, { minor = 36, variable = 'KUBECTL' } = {}): string | undefined {
  const named = process.env[variable] ?? '';
  const onPath = (process.env['PATH'] ?? '').split(delimiter).map((path) => join(path, 'kubectl'));
  const found = [named, ...onPath].find((path) => path !== '' && existsSync(path) && minorOf(path) === minor);
  if (!found) console.log(`${suite}: skipped, neither $${variable} nor the PATH has a kubectl of v1.${minor}`);
  return found;
}

function minorOf(path: string): number | undefined {
  try {
    const { clientVersion } = JSON.parse(execFileSync(path, ['version', '--client', '-o', 'json'], { encoding: 'utf8' })) as {
      clientVersion: { minor: string };
    };
    return Number.parseInt(clientVersion.minor, 10);
  } catch {
    return undefined;
  }
}
