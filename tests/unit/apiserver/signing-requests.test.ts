import { ApiBench } from '../../support/api-server';

const url = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
const pem = btoa('-----BEGIN CERTIFICATE REQUEST-----\nMIIBADCB\n-----END CERTIFICATE REQUEST-----\n');
const draft = (spec: object = {}) => ({
  metadata: { name: 'alice' },
  spec: { request: pem, signerName: 'kubernetes.io/kube-apiserver-client', usages: ['client auth'], ...spec },
});
const approved = { type: 'Approved', status: 'True', reason: 'Checked', message: 'fine' };

function bench() {
  const api = new ApiBench();
  api.create(url, draft({ username: 'somebody-else' }));
  return api;
}

test('whoever creates a request is who it is for', () => {
  expect(bench().get(`${url}/alice`).spec.username).toBe('system:test');
});

test.each([
  [{ request: btoa('hello') }, 'spec.request: Invalid value: "aGVsbG8=": PEM block type must be CERTIFICATE REQUEST'],
  [{ usages: [] }, 'spec.usages: Required value'],
  [
    { signerName: 'mine' },
    'spec.signerName: Invalid value: "mine": must be a fully qualified domain and path of the form "example.com/signer-name"',
  ],
  [{ expirationSeconds: 60 }, 'spec.expirationSeconds: Invalid value: 60: may not specify a duration less than 600 seconds (10 minutes)'],
])('a request with %j is refused', (spec, why) => {
  expect(new ApiBench().refusal('POST', url, draft(spec))).toBe(
    `422 CertificateSigningRequest.certificates.k8s.io "alice" is invalid: ${why}`,
  );
});

test('it is approved by its approval, and by nothing else', () => {
  const api = bench();
  const merge = { 'content-type': 'application/merge-patch+json' };
  expect(api.refusal('PATCH', `${url}/alice/status`, { status: { conditions: [approved] } }, merge)).toContain(
    'status.conditions: Forbidden: updates may not add a condition of type "Approved"',
  );
  api.send('PATCH', `${url}/alice/approval`, { status: { conditions: [approved] } }, merge);
  expect(api.get(`${url}/alice`).status.conditions).toEqual([
    { ...approved, lastUpdateTime: '2026-01-05T08:00:00Z', lastTransitionTime: '2026-01-05T08:00:00Z' },
  ]);
  expect(api.refusal('PATCH', `${url}/alice/approval`, { status: { conditions: [] } }, merge)).toContain(
    'updates may not remove a condition of type "Approved"',
  );
});

test('its row tells what became of it', () => {
  const api = bench();
  const row = () => {
    const { body } = api.send('GET', url, undefined, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' });
    return (body as { rows: { cells: unknown[] }[] }).rows[0]?.cells;
  };
  expect(row()).toEqual(['alice', '0s', 'kubernetes.io/kube-apiserver-client', 'system:test', '<none>', 'Pending']);
});

test('component statuses are asked for, not stored', () => {
  const api = new ApiBench();
  const { body, headers } = api.send('GET', '/api/v1/componentstatuses');
  expect(headers.warning).toBe('299 - "v1 ComponentStatus is deprecated in v1.19+"');
  expect((body as unknown as { items: object[] }).items).toMatchObject([
    { metadata: { name: 'controller-manager' }, conditions: [{ type: 'Healthy', status: 'False' }] },
    { metadata: { name: 'scheduler' }, conditions: [{ type: 'Healthy', status: 'False' }] },
    { metadata: { name: 'etcd-0' }, conditions: [{ type: 'Healthy', status: 'True', message: 'ok' }] },
  ]);
  expect(api.send('POST', '/api/v1/componentstatuses', { metadata: { name: 'x' } }).status).toBe(405);
});
