import { stringify } from 'yaml';
import type { Viewer } from '@/lib/accounts';
import { clusterToken } from '@/lib/accounts';
import { database, findSandbox } from '@/lib/db';
import { NotFound } from './errors';

/**
 * A kubeconfig for the learner's own kubectl. `origin` is the site as the browser reached it: `https://host`.
 * client-go sends a bearer token only over TLS (`clientcmd/client_config.go`, IsConfigTransportTLS), so on a plain http origin
 * the token travels in the path instead.
 */
export async function kubeconfigFor(viewer: Viewer, sandboxId: string, origin: string): Promise<string> {
  const sandbox = await findSandbox(database(), sandboxId);
  if (sandbox?.userId !== viewer.userId) throw new NotFound('There is no such sandbox.');
  const token = clusterToken(sandboxId, sandbox.tokenGeneration);
  const isTls = new URL(origin).protocol === 'https:';
  const server = `${origin}/clusters/${sandboxId}${isTls ? '' : `.${token}`}`;
  // The JavaScript client speaks plain http only where it is told not to look for TLS.
  const name = `orrery-${sandbox.attempt?.labRevision.labSlug ?? 'sandbox'}`;
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server, ...(isTls ? {} : { 'insecure-skip-tls-verify': true }) } }],
    users: [{ name: 'learner', user: { token } }],
    contexts: [{ name, context: { cluster: name, user: 'learner', namespace: 'default' } }],
    'current-context': name,
  });
}
