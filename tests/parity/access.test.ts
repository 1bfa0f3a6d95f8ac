import type { ApiResponse } from '@/lib/cluster/api';
import { ApiBench } from '@/tests/support/api-server';
import { describeRecorded, readScenarios, requestOf, scenarioFile, type RecordedStep } from '@/tests/support/recordings';

/** What needs controllers, webhooks or policies, or tokens of the recorded server. */
const leftOut = /^(admission\/(quota|vap-|webhook-)|auth\/tokens)/;

/** The recorded server was a distribution's, which lets everybody read it. */
const knownToDiffer = new Set(['auth/forbidden path-.well-known-openid-configuration']);

describeRecorded('refusals and warnings of authorization and admission are those of a v1.36 API server', scenarioFile, (file) => {
  const scenarios = readScenarios(file).filter(({ id, area }) => (area === 'auth' || area === 'admission') && !leftOut.test(id));
  test.each(scenarios.map((scenario) => [scenario.id, scenario] as const))('%s', (id, { steps }) => {
    const send = server();
    for (const step of steps) {
      const answer = told(step, send(step));
      if (step.poll || knownToDiffer.has(`${id} ${step.name}`)) continue;
      expect({ step: step.name, ...answer }).toEqual({ step: step.name, ...recorded(step) });
    }
  });
});

function server(): (step: RecordedStep) => ApiResponse {
  const api = new ApiBench({
    authorizationModes: ['Node', 'RBAC'],
    trustsActors: false,
    tokens: [
      { token: 'admin-token', user: 'admin', uid: 'admin-uid', groups: ['system:masters'] },
      { token: 'alice-token', user: 'alice', uid: 'alice-uid', groups: ['dev'] },
    ],
  });
  return ({ as, request }) => api.server.handle(requestOf(request, as === 'anonymous' ? undefined : `${as}-token`));
}

/** The status, the sentence of a refusal with its details, and the warnings. The answer to a HEAD has no body on a wire. */
function told({ request: { method } }: RecordedStep, { status, headers, body }: ApiResponse) {
  return { status, refusal: method === 'HEAD' ? undefined : refusalOf(body), warning: headers['warning'] ?? '' };
}

function recorded({ response: { status, warning, body } }: RecordedStep) {
  return { status, refusal: refusalOf(body), warning: (warning ?? []).join(', ') };
}

function refusalOf(body: unknown): unknown {
  const { kind, message, reason, details } = (body ?? {}) as { kind?: string; message?: string; reason?: string; details?: unknown };
  return kind === 'Status' && reason ? { message, reason, details } : undefined;
}
