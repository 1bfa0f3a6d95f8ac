import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where this installation keeps what is its own: the embedded database, the secret, logs. */
export function dataFolder(): string {
  return process.env['ORRERY_DATA'] ?? join(process.cwd(), '.data');
}

const place = Symbol.for('orrery.secret');
type Shared = { [place]?: string };

/** What sessions and cluster tokens are signed with: `ORRERY_SECRET`, or one made at the first start and kept beside the database. */
export function siteSecret(): string {
  const shared = globalThis as Shared;
  return (shared[place] ??= process.env['ORRERY_SECRET'] ?? keptSecret(dataFolder()));
}

function keptSecret(folder: string): string {
  const path = join(folder, 'secret');
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
    return readFileSync(path, 'utf8').trim();
  }
}

/** The bearer token of one sandbox's cluster API. Nothing of it is stored: raising the generation makes earlier ones invalid. */
export function clusterToken(sandboxId: string, generation: number): string {
  return createHmac('sha256', siteSecret()).update(`cluster ${sandboxId} ${generation}`).digest('base64url');
}

export function isClusterToken(offered: string, sandboxId: string, generation: number): boolean {
  const [a, b] = [Buffer.from(offered), Buffer.from(clusterToken(sandboxId, generation))];
  return a.length === b.length && timingSafeEqual(a, b);
}
