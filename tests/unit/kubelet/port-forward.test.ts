import type { ApiForwarding } from '@/lib/cluster';
import { freshCluster } from '../../support/template';
import { PodLab } from '../../support/pods';

function running(): PodLab {
  return new PodLab(freshCluster()).create('web', { containers: [{ image: 'nginx:1.27' }] }).run(20_000);
}

function forwardTo(pods: PodLab, pod: string): ApiForwarding {
  const { forward } = pods.admin.transport({ method: 'POST', url: `/api/v1/namespaces/default/pods/${pod}/portforward`, headers: {} });
  return forward as ApiForwarding;
}

function open(forwarding: ApiForwarding, port: number) {
  const seen = { text: '', hasEnded: false, error: undefined as string | undefined };
  const connection = forwarding.open(port, {
    data: (bytes) => void (seen.text += new TextDecoder().decode(bytes)),
    end: (error) => void Object.assign(seen, { hasEnded: true, error }),
  });
  return { seen, send: (text: string) => connection.write(new TextEncoder().encode(text)), connection };
}

test('what is sent to a forwarded port reaches the process that listens in the Pod, one request after the other', () => {
  const pods = running();
  const { seen, send, connection } = open(forwardTo(pods, 'web'), 80);
  send('GET / HTTP/1.1\r\nHost: localhost\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n');
  pods.run(1_000);
  expect(seen.text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 404']);
  expect(seen.hasEnded).toBe(false);
  connection.closeWrite();
  pods.run(10);
  expect(seen).toMatchObject({ hasEnded: true, error: undefined });
  expect(pods.logs('web')).toMatch(/^127\.0\.0\.1 - - .*"GET \/nowhere HTTP\/1\.1" 404/m);
});

test('a port nobody listens on is told in the words of the runtime', () => {
  const pods = running();
  const { seen } = open(forwardTo(pods, 'web'), 81);
  pods.run(10);
  expect(seen.error).toMatch(
    /^error forwarding port 81 to pod ([0-9a-f]{64}), uid : failed to execute portforward in network namespace "\/var\/run\/netns\/cni-[0-9a-f-]{36}": failed to connect to localhost:81 inside namespace "\1", IPv4: dial tcp4 127\.0\.0\.1:81: connect: connection refused/,
  );
});

test('a connection to a Pod that is gone is not opened', () => {
  const pods = running();
  const forwarding = forwardTo(pods, 'web');
  pods.admin.transport({ method: 'DELETE', url: '/api/v1/namespaces/default/pods/web?gracePeriodSeconds=0', headers: {} });
  pods.run(60_000);
  const { seen } = open(forwarding, 80);
  pods.run(10);
  expect(seen.error).toMatch(/^error forwarding port 80 to pod /);
});

test('connections end with the kubelet, and with the client', () => {
  const pods = running();
  const [one, other] = [forwardTo(pods, 'web'), forwardTo(pods, 'web')];
  const [lost, left] = [open(one, 80), open(other, 80)];
  other.close();
  left.send('GET / HTTP/1.1\r\n\r\n');
  pods.run(10);
  expect(left.seen).toEqual({ text: '', hasEnded: false, error: undefined });
  pods.cluster.machine('worker-1').stopUnit('kubelet');
  pods.run(10);
  expect(lost.seen).toMatchObject({ hasEnded: true, error: expect.stringContaining('lost connection to pod') });
});
