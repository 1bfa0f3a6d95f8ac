import { createApiServer } from '@/lib/cluster/apiserver';
import { MvccStore } from '@/lib/cluster/etcd';
import { Kernel, parseInstant } from '@/lib/cluster/kernel';
import { builtInResources } from '@/lib/cluster/resources';
import { describeRecorded, readScenarios, requestOf, scenarioFile, type RecordedStep } from '@/tests/support/recordings';

/** Answers that differ for a reason: what is missing is not served yet, or was the recording's own setup. */
const knownToDiffer = new Set([
  'validation/pod-meta api-mismatch', // names a source file by the builder's own path
  'validation/pod-meta api-mismatch2',
  'validation/pod-meta mf-bad', // managed fields are not kept
]);

const subresources = 'status|scale|binding|finalize';

const isServed = ({ path }: RecordedStep['request']) =>
  builtInResources.some(({ group, version, names, scope }) => {
    const root = `${group ? `/apis/${group}` : '/api'}/${version}/${scope === 'Namespaced' ? 'namespaces/[^/]+/' : ''}${names.plural}`;
    return new RegExp(`^${root}(/[^/?]+(/(${subresources}))?)?([?]|$)`).test(path);
  });

describeRecorded('creates and updates are answered as a v1.36 API server answered them', scenarioFile, (file) => {
  const chosen = readScenarios(file).filter(
    ({ id, area, steps }) =>
      (area === 'defaulting' || area === 'validation') &&
      id !== 'defaulting/cluster-misc' &&
      steps.filter(({ name }) => name !== 'ns' && name !== 'wait-sa').some(({ request }) => isServed(request)),
  );
  test.each(chosen.map((scenario) => [scenario.id, scenario] as const))('%s', (id, { steps }) => {
    const send = server();
    for (const step of steps.filter(({ request, as }) => as === 'admin' && isServed(request))) {
      const withStatus = !step.mask?.includes('ctl');
      const answer = masked(send(step), withStatus);
      if (!knownToDiffer.has(`${id} ${step.name}`))
        expect({ step: step.name, ...answer }).toEqual({ step: step.name, ...masked(step.response, withStatus) });
    }
  });
});

/** A fresh API server whose Namespaces get a default ServiceAccount, as a controller would see to. */
function server() {
  const kernel = new Kernel({ seed: 1, now: parseInstant('2026-01-05T08:00:00Z') });
  const api = createApiServer({
    kernel,
    etcd: MvccStore.create(),
    resources: builtInResources,
    tokens: [{ token: 'admin', user: 'admin', uid: '1', groups: ['system:masters'] }],
  });
  const call = (request: RecordedStep['request']) => {
    const response = api.handle(requestOf(request, 'admin'));
    kernel.runFor(10);
    return response;
  };
  return ({ request }: RecordedStep) => {
    const { status, headers, body } = call(request);
    if (request.path === '/api/v1/namespaces' && status === 201) {
      call({
        method: 'POST',
        path: `/api/v1/namespaces/${(body as { metadata: { name: string } }).metadata.name}/serviceaccounts`,
        headers: { 'content-type': 'application/json' },
        body: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } },
      });
    }
    return { status, warning: headers.warning === undefined ? [] : [headers.warning], body };
  };
}

/** What differs by run is masked: identities, times, allocated addresses and ports, what controllers wrote and who managed which field. */
function masked({ status, warning, body }: RecordedStep['response'], withStatus: boolean): object {
  const { status: state, ...rest } = body as { status?: unknown };
  return { status, warnings: (warning ?? []).join(', '), body: mask(withStatus ? { ...rest, status: state } : rest, '') };
}

const byControllers = /^(deployment\.kubernetes\.io|node\.alpha\.kubernetes\.io)\//;

const asked = new Set([
  '10.96.0.1',
  '10.96.200.7',
  '10.96.203.9',
  '10.96.210.1',
  '10.96.210.2',
  '10.96.220.5',
  '10.96.220.6',
  '10.96.3.3',
  '10.96.3.4',
  '10.96.3.9',
]);

function mask(value: unknown, key: string): unknown {
  if (typeof value === 'string') return maskText(value, key);
  if (typeof value === 'number')
    return /nodePort$/i.test(key) && ![30001, 31001, 31234, 31456, 31777, 31778, 31779, 32100].includes(value) ? '<port>' : value;
  if (Array.isArray(value)) return value.map((item) => mask(item, key));
  if (typeof value !== 'object' || value === null) return value;
  const isKept = ([name, item]: [string, unknown]) =>
    item !== undefined && name !== 'managedFields' && !byControllers.test(name) && !isEmptied(name, item);
  const entries = Object.entries(value).filter(isKept);
  return Object.fromEntries(entries.map(([name, item]) => [name, mask(item, name)]));
}

function isEmptied(name: string, item: unknown): boolean {
  return (name === 'details' || name === 'annotations') && Object.keys(item as object).every((key) => byControllers.test(key));
}

function maskText(text: string, key: string): string {
  if (key === 'uid' || key === 'resourceVersion' || /Timestamp$|TransitionTime$|^timeAdded$/.test(key)) return `<${key}>`;
  return text
    .replace(/10\.96\.\d+\.\d+/g, (address) => (asked.has(address) ? address : '<address>'))
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<uid>')
    .replace(/kube-api-access-\w{5}/g, 'kube-api-access');
}
