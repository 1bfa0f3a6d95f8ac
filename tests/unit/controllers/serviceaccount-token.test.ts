import { ControlPlane } from '@/tests/support/control-plane';
import { Secret, ServiceAccount } from '@/lib/cluster/resources';

const namespace = 'default';

function plane(): ControlPlane {
  const control = new ControlPlane({ scheduler: false, manager: { rootCa: 'the CA' } });
  control.client.create(ServiceAccount, { metadata: { name: 'robot', namespace } });
  control.client.create(Secret, {
    metadata: { name: 'robot-token', namespace, annotations: { 'kubernetes.io/service-account.name': 'robot' } },
    type: 'kubernetes.io/service-account-token',
  });
  control.kernel.runFor(100);
  return control;
}

test('a Secret that asks for a token of an account gets one that authenticates as it', () => {
  const { client, transport } = plane();
  const { data, metadata } = client.get(Secret, { namespace, name: 'robot-token' });
  expect(Object.keys(data ?? {}).sort()).toEqual(['ca.crt', 'namespace', 'token']);
  expect(metadata.annotations?.['kubernetes.io/service-account.uid']).toBe(
    client.get(ServiceAccount, { namespace, name: 'robot' }).metadata.uid,
  );
  const authorization = `Bearer ${Buffer.from(data?.['token'] ?? '', 'base64').toString()}`;
  const { body } = transport({
    method: 'POST',
    url: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
    headers: { authorization, 'content-type': 'application/json' },
    body: {},
  });
  expect((body as any).status.userInfo.username).toBe('system:serviceaccount:default:robot');
});

test('the Secret goes with its account, and its token is worth nothing then', () => {
  const { client, kernel } = plane();
  client.delete(ServiceAccount, { namespace, name: 'robot' });
  kernel.runFor(100);
  expect(client.find(Secret, { namespace, name: 'robot-token' })).toBeUndefined();
});
