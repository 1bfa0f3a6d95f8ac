import { createImageRegistry } from '@/lib/cluster/images';
import { images } from '@/lib/cluster/images/registry';
import { parseImageName } from '@/lib/cluster/runtime';
import { LoneContainer, ok } from '../../support/container';

const registry = createImageRegistry({});

function resolve(name: string) {
  const reference = parseImageName(name);
  if ('error' in reference) throw new Error(reference.error);
  const answer = registry.resolve(reference);
  return answer.type === 'found' ? answer.digest : answer.error.message;
}

describe('registries', () => {
  test('an image has one digest, everywhere and always', () => {
    expect(resolve('nginx:1.27')).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(resolve('nginx:1.27')).toBe(resolve('docker.io/library/nginx:1.27'));
    expect(resolve('nginx:1.27')).not.toBe(resolve('nginx:1.28'));
    expect(resolve(`nginx@${resolve('nginx:1.27')}`)).toBe(resolve('nginx:1.27'));
  });

  test('a tag that was never pushed is not found', () => {
    expect(resolve('nginx:9.99')).toBe(
      'rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/library/nginx:9.99": failed to resolve image: docker.io/library/nginx:9.99: not found',
    );
  });

  test('Docker Hub does not tell a missing repository from a private one', () => {
    expect(resolve('nosuch:1')).toContain(
      'failed to pull and unpack image "docker.io/library/nosuch:1": failed to resolve image: pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed',
    );
  });

  test('a registry without an address cannot be asked', () => {
    expect(resolve('nosuch.registry.invalid/team/app:v1')).toContain(
      'failed to do request: Head "https://nosuch.registry.invalid/v2/team/app/manifests/v1": dial tcp: lookup nosuch.registry.invalid on 172.18.0.1:53: no such host',
    );
  });
});

function run(
  repository: string,
  args: readonly string[],
  options: { http?: () => ReturnType<typeof ok>; ms?: number; files?: Record<string, string> } = {},
) {
  const image = images.find((one) => one.repository === repository);
  if (!image) throw new Error(`no image ${repository}`);
  const argv = [...(image.entrypoint ?? []), ...args];
  return new LoneContainer({
    programs: image.programs ?? {},
    files: { ...image.files, ...options.files },
    env: { PATH: '/usr/local/bin:/usr/sbin:/usr/bin:/bin' },
    argv,
    ...(options.http ? { http: options.http } : {}),
  }).run(options.ms ?? 1_000);
}

describe('curlimages/curl', () => {
  test('takes a URL or options as its arguments, and runs anything else', () => {
    expect(run('curlimages/curl', ['-s', 'http://web'], { http: () => ok('page') }).stdout).toBe('page');
    expect(run('curlimages/curl', ['http://web', '-s'], { http: () => ok('page') }).stdout).toBe('page');
    expect(run('curlimages/curl', ['sh', '-c', 'curl -s http://web; echo; echo done'], { http: () => ok('page') }).stdout).toBe(
      'page\ndone\n',
    );
  });

  test('fails with curl’s codes and sentences', () => {
    const refused = run('curlimages/curl', ['-sS', 'http://web']);
    expect(refused).toMatchObject({
      exitCode: 7,
      stderr: 'curl: (7) Failed to connect to web port 80 after 1 ms: Could not connect to server\n',
    });
    const missing = run('curlimages/curl', ['-sf', 'http://web/nope', '-w', '%{http_code}'], {
      http: () => ({ ...ok(''), response: { status: 404, headers: {}, body: 'gone' } }) as ReturnType<typeof ok>,
    });
    expect(missing).toMatchObject({ exitCode: 22, stdout: '404' });
    expect(run('curlimages/curl', ['--frobnicate', 'http://web'])).toMatchObject({ exitCode: 2 });
  });

  test('tries again as often as it is told, a little later each time', () => {
    let calls = 0;
    const container = run('curlimages/curl', ['-s', '--retry', '3', 'http://web'], {
      ms: 10_000,
      http: () => (++calls < 3 ? ({ ...ok(''), response: { status: 503, headers: {}, body: '' } } as ReturnType<typeof ok>) : ok('up')),
    });
    expect(container.printed.map(({ ms, text }) => [ms >= 3_000 && ms < 3_100, text])).toEqual([[true, 'up']]);
  });
});

describe('small servers', () => {
  test('say which Pod answered, or what they were told to', () => {
    expect(
      run(
        'httpd',
        ['httpd-foreground'].map((name) => `/usr/local/bin/${name}`),
      ).request(80, 'http://web/').body,
    ).toContain('It works!');
    expect(run('hashicorp/http-echo', ['-text=hi', '-listen=:8080']).request(8080, 'http://web/').body).toBe('hi\n');
    expect(run('traefik/whoami', []).request(80, 'http://web/').body).toContain('Hostname: web-1\n');
    expect(run('gcr.io/google-samples/hello-app', []).request(8080, 'http://web/').body).toBe(
      'Hello, world!\nVersion: 1.0.0\nHostname: web-1\n',
    );
    expect(run('registry.k8s.io/e2e-test-images/agnhost', ['netexec']).request(8080, 'http://web/echo?msg=50%').body).toBe('50%');
    expect(run('registry.k8s.io/e2e-test-images/agnhost', ['netexec', '--http-port=80']).request(80, 'http://web/hostname').body).toBe(
      'web-1',
    );
  });
});

describe('agnhost webhook', () => {
  const agnhost = 'registry.k8s.io/e2e-test-images/agnhost';
  const files = { '/certs/tls.crt': 'certificate', '/certs/tls.key': 'key' };
  const args = ['webhook', '--tls-cert-file=/certs/tls.crt', '--tls-private-key-file=/certs/tls.key', '--port=8443'];

  test('refuses what is no object of the kind that a path is for', () => {
    const container = run(agnhost, args, { files });
    const ask = (path: string, object: unknown) => {
      const body = JSON.stringify({ apiVersion: 'admission.k8s.io/v1', request: { uid: '1', operation: 'CREATE', object } });
      return JSON.parse(container.request(8443, `https://web${path}`, { method: 'POST', body }).body);
    };
    for (const object of [{ metadata: { name: 'map' } }, {}, 'text'])
      expect(ask('/pods', object)).toMatchObject({ response: { uid: '1', allowed: false } });
  });

  test('answers AdmissionReviews by path', () => {
    const container = run(agnhost, args, { files });
    const ask = (path: string, object: object) => {
      const body = JSON.stringify({
        apiVersion: 'admission.k8s.io/v1',
        kind: 'AdmissionReview',
        request: { uid: '1', operation: 'CREATE', object },
      });
      const { response } = JSON.parse(container.request(8443, `https://webhook${path}?timeout=5s`, { method: 'POST', body }).body);
      return { ...response, ...(response.patch ? { patch: JSON.parse(atob(response.patch)) } : {}) };
    };
    expect(ask('/always-deny', {})).toEqual({ uid: '1', allowed: false, status: { message: 'this webhook denies all requests' } });
    expect(ask('/add-label', { metadata: { labels: { a: 'b' } } })).toEqual({
      uid: '1',
      allowed: true,
      patchType: 'JSONPatch',
      patch: [{ op: 'add', path: '/metadata/labels/added-label', value: 'yes' }],
    });
    expect(ask('/pods', { metadata: {}, spec: { containers: [{ name: 'webhook-disallow-me' }] } })).toMatchObject({
      allowed: false,
      status: { message: 'the pod contains unwanted container name;' },
    });
    expect(container.request(8443, 'https://webhook/readyz').body).toBe('ok');
  });

  test('does not start without its certificate', () => {
    expect(run(agnhost, args)).toMatchObject({ exitCode: 2 });
  });
});
