import { encodeBase64, type KubeObject } from '../api';
import type { HttpRequest } from '../network/types';
import type { ProcessContext, Program } from '../runtime/program';

/** An AdmissionReview's request, as far as these answers look at it. */
interface Asked {
  readonly uid: string;
  readonly name?: string;
  readonly operation: string;
  readonly object?: KubeObject | null;
  readonly oldObject?: KubeObject | null;
}

interface Verdict {
  readonly allowed: boolean;
  readonly status?: { readonly message?: string; readonly reason?: string };
  /** Operations of a JSON patch. */
  readonly patch?: readonly object[];
  readonly tookMs?: number;
}

type Judge = (asked: Asked, ctx: ProcessContext) => Verdict;

const allowed: Verdict = { allowed: true };
const refused = (message: string): Verdict => ({ allowed: false, status: { message } });

/** What `agnhost webhook` answers at each of its paths (`test/images/agnhost/webhook`). */
const judges: Readonly<Record<string, Judge>> = {
  '/always-deny': () => refused('this webhook denies all requests'),
  '/always-allow-delay-5s': () => ({ allowed: true, status: { message: 'this webhook allows all requests' }, tookMs: 5000 }),
  '/add-label': ({ object }) => withLabel(object),
  '/pods': ({ object }) => judgePod(object),
  '/pods/attach': ({ name }) => (name === 'to-be-attached-pod' ? refused("attaching to pod 'to-be-attached-pod' is not allowed") : allowed),
  '/mutating-pods': ({ object }) =>
    object?.metadata.name === 'webhook-to-be-mutated'
      ? adding('/spec/initContainers', [{ image: 'webhook-added-image', name: 'webhook-added-init-container', resources: {} }])
      : allowed,
  '/mutating-pods-sidecar': ({ object }, ctx) =>
    object?.spec.containers?.length === 1
      ? adding('/spec/containers/-', { image: flag(ctx, 'sidecar-image', ''), name: 'webhook-added-sidecar', resources: {} })
      : allowed,
  '/configmaps': ({ operation, object, oldObject }) =>
    (operation === 'DELETE' ? oldObject : object)?.['data']?.['webhook-e2e-test'] === 'webhook-disallow'
      ? { allowed: false, status: { reason: 'the configmap contains unwanted key and value' } }
      : allowed,
  '/mutating-configmaps': ({ object }) => stages(object),
  '/custom-resource': ({ operation, object, oldObject }) =>
    (operation === 'DELETE' ? oldObject : object)?.['data']?.['webhook-e2e-test'] === 'webhook-disallow'
      ? { allowed: false, status: { reason: 'the custom resource contains unwanted data' } }
      : allowed,
  '/mutating-custom-resource': ({ object }) => stages(object),
  '/crd': ({ object }) =>
    object?.metadata.labels?.['webhook-e2e-test'] === 'webhook-disallow' ? refused('the crd contains unwanted label') : allowed,
};

function adding(path: string, value: unknown): Verdict {
  return { allowed: true, patch: [{ op: 'add', path, value }] };
}

function withLabel(object: KubeObject | null | undefined): Verdict {
  const labels = object?.metadata.labels;
  if (!labels) return adding('/metadata/labels', { 'added-label': 'yes' });
  const op = labels['added-label'] === undefined ? 'add' : 'replace';
  return labels['added-label'] === 'yes' ? allowed : { allowed: true, patch: [{ op, path: '/metadata/labels/added-label', value: 'yes' }] };
}

function judgePod(pod: KubeObject | null | undefined): Verdict {
  const label = pod?.metadata.labels?.['webhook-e2e-test'];
  const containers = (pod?.spec.containers ?? []) as { name: string }[];
  const faults = [
    ...(label === 'webhook-disallow' ? ['the pod contains unwanted label;'] : []),
    ...(label === 'wait-forever' ? ['the pod response should not be sent;'] : []),
    ...containers.filter(({ name }) => name.includes('webhook-disallow')).map(() => 'the pod contains unwanted container name;'),
  ];
  if (faults.length === 0) return allowed;
  return { ...refused(faults.join(' ')), ...(label === 'wait-forever' ? { tookMs: 3_600_000 } : {}) };
}

/** Two steps, the second of which follows from the first. */
function stages(object: KubeObject | null | undefined): Verdict {
  const data = (object?.['data'] ?? {}) as Record<string, string>;
  const patch = [
    ...(data['mutation-start'] === 'yes' ? [{ op: 'add', path: '/data/mutation-stage-1', value: 'yes' }] : []),
    ...(data['mutation-stage-1'] === 'yes' ? [{ op: 'add', path: '/data/mutation-stage-2', value: 'yes' }] : []),
  ];
  return patch.length > 0 ? { allowed: true, patch } : allowed;
}

function flag({ argv }: ProcessContext, name: string, otherwise: string): string {
  const index = argv.findIndex((word) => word.replace(/^--?/, '').split('=')[0] === name);
  if (index < 0) return otherwise;
  const word = argv[index] as string;
  return word.includes('=') ? word.slice(word.indexOf('=') + 1) : (argv[index + 1] ?? otherwise);
}

/** `agnhost webhook`: an admission webhook that allows, denies and patches by path. It listens with the certificate it is given, or not at all. */
export const admissionWebhook: Program<any> = {
  start(ctx) {
    const [certificate, key] = ['tls-cert-file', 'tls-private-key-file'].map((name) => flag(ctx, name, ''));
    if (!ctx.files.read(certificate as string) || !ctx.files.read(key as string)) {
      ctx.stderr(`panic: open ${certificate}: no such file or directory\n`);
      ctx.exit(2);
      return null;
    }
    const port = Number(flag(ctx, 'port', '443'));
    if (ctx.listen(port)) return {};
    ctx.stderr(`panic: listen tcp :${port}: bind: address already in use\n`);
    ctx.exit(2);
    return null;
  },
  onRequest(ctx, state, request) {
    const path = /^[a-z]+:\/\/[^/?#]+([^?#]*)/.exec(request.url)?.[1] || '/';
    const { tookMs, ...answer } = path === '/readyz' ? text(200, 'ok') : reviewed(ctx, path, request);
    return { state, response: { ...answer, ...(tookMs === undefined ? {} : { tookMs }) } };
  },
  onSignal(ctx, state, signal) {
    if (signal === 'SIGTERM' || signal === 'SIGINT') ctx.exit(signal === 'SIGTERM' ? 143 : 130);
    return state;
  },
};

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly tookMs?: number;
}

const text = (status: number, body: string): Answer => ({ status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body });

function reviewed(ctx: ProcessContext, path: string, { body = '' }: HttpRequest): Answer {
  const judge = judges[path];
  if (!judge) return text(404, '404 page not found\n');
  const review = parsed(body);
  if (!review) return text(400, 'request could not be decoded\n');
  const { patch, tookMs, ...verdict } = judged(judge, review.request, ctx);
  const response = {
    uid: review.request.uid,
    ...verdict,
    ...(patch ? { patch: encodeBase64(JSON.stringify(patch)), patchType: 'JSONPatch' } : {}),
  };
  const answer = JSON.stringify({ kind: 'AdmissionReview', apiVersion: review.apiVersion, response });
  ctx.stdout(`handling request: ${path} ${review.request.operation} ${review.request.name ?? ''}\n`);
  return { status: 200, headers: { 'content-type': 'application/json' }, body: answer, ...(tookMs === undefined ? {} : { tookMs }) };
}

/** What is no object of the kind that a path is for, it cannot decode. */
function judged(judge: Judge, asked: Asked, ctx: ProcessContext): Verdict {
  try {
    return judge(asked, ctx);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return refused('the object could not be decoded');
  }
}

function parsed(body: string): { apiVersion: string; request: Asked } | undefined {
  try {
    const review = JSON.parse(body) as { apiVersion: string; request?: Asked };
    return review.request ? { ...review, request: review.request } : undefined;
  } catch {
    return undefined;
  }
}
