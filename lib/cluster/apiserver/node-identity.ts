import type { User } from './authentication';

const prefix = 'system:node:';

/** The node a kubelet speaks for: `system:node:<name>` in group `system:nodes` (`nodeidentifier.DefaultNodeIdentifier`). */
export function nodeOf({ name, groups }: User): string | undefined {
  return name.startsWith(prefix) && groups.includes('system:nodes') ? name.slice(prefix.length) : undefined;
}
