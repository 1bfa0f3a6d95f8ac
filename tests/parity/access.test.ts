import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ApiRequest, ApiResponse } from '@/lib/cluster/api';
import { ApiBench } from '@/tests/support/api-server';

const reference = process.env.ORRERY_REFERENCE;
const file = reference ? join(reference, 'v1.36/corpus/recordings.jsonl') : undefined;

interface Step {
  readonly name: string;
  readonly as: 'admin' | 'alice' | 'anonymous' | 'bogus';
  readonly poll?: unknown;
  readonly request: {
    readonly method: ApiRequest['method'];
    readonly path: string;
    readonly headers: Record<string, string>;
    readonly body?: unknown;
  };
  readonly response: { readonly status: number; readonly warning?: readonly string[] | null; readonly body: unknown };
}

interface Scenario {
  readonly id: string;
  readonly area: string;
  readonly steps: readonly Step[];
}

/** What needs controllers, webhooks or policies, or tokens of the recorded server. */
const leftOut = /^(admission\/(quota|vap-|webhook-)|auth\/tokens)/;

/** The recorded server was a distribution's, which lets everybody read it. */
const knownToDiffer = new Set(['auth/forbidden path-.well-known-openid-configuration']);

describe('refusals and warnings of authorization and admission are those of a v1.36 API server', () => {
  if (!file || !existsSync(file)) {
    console.log('skipped: ORRERY_REFERENCE does not point at recordings of a real v1.36 API server');
    test.skip('compared with the recordings', () => {});
    return;
  }
  const scenarios = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Scenario)
    .filter(({ id, area }) => (area === 'auth' || area === 'admission') && !leftOut.test(id));
  test.each(scenarios.map((scenario) => [scenario.id, scenario] as const))('%s', (id, { steps }) => {
    const send = server();
    for (const step of steps) {
      const answer = told(step, send(step));
      if (step.poll || knownToDiffer.has(`${id} ${step.name}`)) continue;
      expect({ step: step.name, ...answer }).toEqual({ step: step.name, ...recorded(step) });
    }
  });
});

function server(): (step: Step) => ApiResponse {
  const api = new ApiBench({
    authorizationModes: ['Node', 'RBAC'],
    trustsActors: false,
    tokens: [
      { token: 'admin-token', user: 'admin', uid: 'admin-uid', groups: ['system:masters'] },
      { token: 'alice-token', user: 'alice', uid: 'alice-uid', groups: ['dev'] },
    ],
  });
  return ({ as, request }) => {
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]));
    const { method, path, body } = request;
    return api.server.handle({
      method,
      url: path,
      headers: as === 'anonymous' ? headers : { ...headers, authorization: `Bearer ${as}-token` },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  };
}

/** The status, the sentence of a refusal with its details, and the warnings. The answer to a HEAD has no body on a wire. */
function told({ request: { method } }: Step, { status, headers, body }: ApiResponse) {
  return { status, refusal: method === 'HEAD' ? undefined : refusalOf(body), warning: headers['warning'] ?? '' };
}

function recorded({ response: { status, warning, body } }: Step) {
  return { status, refusal: refusalOf(body), warning: (warning ?? []).join(', ') };
}

function refusalOf(body: unknown): unknown {
  const { kind, message, reason, details } = (body ?? {}) as { kind?: string; message?: string; reason?: string; details?: unknown };
  return kind === 'Status' && reason ? { message, reason, details } : undefined;
}
