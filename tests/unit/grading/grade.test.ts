import type { Cluster } from '@/lib/cluster';
import { grade, Observer, runChecks, type CheckResult } from '@/lib/grading';
import { bootedCluster, parseLab } from '@/lib/labs';
import { smallLab } from '../../support/lab-folders';

let booted: Cluster;
beforeAll(() => {
  booted = bootedCluster({ topology: { controlPlanes: 1, workers: 2 }, latency: 'fast' });
});

/** A copy of a booted cluster with a Deployment of nginx in it. */
function clusterWith({ replicas = 2, image = 'nginx:1.27' } = {}): Cluster {
  const cluster = booted.fork({ seed: 'test' });
  cluster.kernel.runUntilIdle();
  const labels = { app: 'web' };
  const post = (url: string, body: unknown): void =>
    void cluster.asAdmin('test')({ method: 'POST', url, headers: { 'content-type': 'application/json' }, body });
  post('/apis/apps/v1/namespaces/default/deployments', {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'nginx', image }] } },
    },
  });
  post('/api/v1/namespaces/default/services', {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web' },
    spec: { selector: labels, ports: [{ port: 80 }] },
  });
  cluster.kernel.runUntilIdle({ limitMs: 60_000 });
  return cluster;
}

function resultsOf(checks: string, cluster: Cluster, isSubmission = true): readonly CheckResult[] {
  return runChecks(parseLab(smallLab(checks)), new Observer(cluster), { isSubmission });
}

describe('assert', () => {
  test('passes when some object contains what is asked, and otherwise names the nearest and where they part', () => {
    const [passes, parts, missing] = resultsOf(
      `- id: two
  assert: { apiVersion: apps/v1, kind: Deployment, metadata: { name: web }, status: { readyReplicas: 2 } }
- id: three
  assert: { apiVersion: apps/v1, kind: Deployment, metadata: { name: web }, spec: { replicas: 3 } }
- id: other
  assert: { apiVersion: apps/v1, kind: Deployment, metadata: { name: www } }`,
      clusterWith(),
    );
    expect(passes).toMatchObject({ verdict: 'pass', points: 1, maxPoints: 1 });
    expect(parts).toMatchObject({
      verdict: 'not-yet',
      points: 0,
      message: 'Deployment web: spec.replicas is 2, and should be 3.',
      path: 'spec.replicas',
      expected: 3,
      actual: 2,
      object: 'Deployment web',
    });
    expect(missing).toMatchObject({ verdict: 'not-yet', message: 'There is no Deployment www in namespace default. There is web.' });
  });

  test('adds the instructor’s words for the mistake that was made', () => {
    const [result] = resultsOf(
      `- id: image
  assert: { apiVersion: apps/v1, kind: Deployment, metadata: { name: web }, spec: { template: { spec: { containers: [{ image: 'nginx:1.27' }] } } } }
  feedback:
    - { if: "resource.spec.nosuch == 1", say: wrong }
    - { if: "resource.spec.template.spec.containers[0].image.startsWith('httpd')", say: That is another server. }`,
      clusterWith({ image: 'httpd:2.4' }),
    );
    expect(result).toMatchObject({
      verdict: 'not-yet',
      path: 'spec.template.spec.containers[0].image',
      feedback: 'That is another server.',
    });
  });
});

test('absent passes when no object contains what is named', () => {
  const [gone, there] = resultsOf(
    `- id: gone
  absent: { apiVersion: v1, kind: Pod, metadata: { name: old } }
- id: there
  absent: { apiVersion: v1, kind: Service, metadata: { name: web } }`,
    clusterWith(),
  );
  expect(gone).toMatchObject({ verdict: 'pass' });
  expect(there).toMatchObject({ verdict: 'not-yet', message: 'Service web is still there.' });
});

describe('cel', () => {
  test('asks about all objects, with whole numbers and quantities as Kubernetes has them', () => {
    const results = resultsOf(
      `- id: size
  cel: objects('v1', 'Pod', 'default').filter(p, p.status.phase == 'Running').size() == 2
- id: arithmetic
  cel: object('apps/v1', 'Deployment', 'web').spec.replicas + 1 == 3
- id: quantity
  cel: quantity('1500m').isGreaterThan(quantity('1'))
- id: optional
  cel: object('apps/v1', 'Deployment', 'web').spec.?paused.orValue(false) == false`,
      clusterWith(),
    );
    expect(results.map(({ verdict }) => verdict)).toEqual(['pass', 'pass', 'pass', 'pass']);
  });

  test('that stumbles over what the learner’s objects lack is not yet true; that asks for a kind nobody serves is ours to mend', () => {
    const [lacks, defect] = resultsOf(
      `- id: lacks
  cel: object('apps/v1', 'Deployment', 'nosuch').spec.replicas == 3
- id: defect
  cel: objects('v1', 'Pood').size() == 0`,
      clusterWith(),
    );
    expect(lacks?.verdict).toBe('not-yet');
    expect(defect).toMatchObject({ verdict: 'platform-error', points: 0 });
    expect(defect?.message).toContain('the API server serves no Pood in v1');
  });
});

describe('http', () => {
  test('goes through the cluster’s own DNS and rules, from a Pod or a node', () => {
    const results = resultsOf(
      `- id: by-address
  http: { from: { node: cp-1 }, url: 'http://{clusterIP:web}/', status: 200, body: Welcome to nginx! }
- id: by-name
  http: { from: { pod: { labels: { app: web } } }, url: 'http://web.default.svc/', status: 200 }
- id: outside
  http: { from: workstation, url: 'http://web/', fails: true }
- id: missing
  http: { from: { node: cp-1 }, url: 'http://{clusterIP:web}/nosuch', status: 200 }`,
      clusterWith(),
    );
    expect(results.map(({ verdict }) => verdict)).toEqual(['pass', 'pass', 'pass', 'not-yet']);
    expect(results[3]).toMatchObject({ path: 'status', expected: 200, actual: 404 });
  });

  test('leaves no trace in the learner’s cluster', () => {
    const cluster = clusterWith();
    const before = JSON.stringify(cluster.snapshot());
    resultsOf(`- { id: ask, http: { from: { node: cp-1 }, url: 'http://{clusterIP:web}/' } }`, cluster);
    expect(JSON.stringify(cluster.snapshot())).toBe(before);
  });
});

test('http says so when there is no Service yet whose port or address it should use', () => {
  const results = resultsOf(
    `- { id: closed, http: { url: 'http://172.18.0.3:{nodePort:web}/' } }
- { id: none, http: { url: 'http://172.18.0.3:{nodePort:shop/www}/' } }`,
    clusterWith(),
  );
  expect(results.map(({ message }) => message)).toEqual([
    'The Service web has no node port.',
    'There is no Service www in namespace shop.',
  ]);
});

describe('experiment', () => {
  const experiment = `- id: lost
  experiment:
    do: [{ crash: { node: worker-1 } }, { wait: 7m }]
    then:
      - cel: objects('v1', 'Pod', 'default').filter(p, p.spec.?nodeName.orValue('') == 'worker-2' && p.status.?conditions.orValue([]).exists(c, c.type == 'Ready' && c.status == 'True')).size() == 2`;

  test('breaks a copy and looks there; the cluster itself stays whole', () => {
    const cluster = clusterWith();
    const before = JSON.stringify(cluster.snapshot());
    expect(resultsOf(experiment, cluster)).toMatchObject([{ verdict: 'pass', message: 'It held on a copy: lose worker-1, wait 7 min.' }]);
    expect(JSON.stringify(cluster.snapshot())).toBe(before);
    expect(cluster.machine('worker-1').isUp).toBe(true);
  });

  test('is left for the submission while the learner works', () => {
    expect(resultsOf(experiment, clusterWith(), false)).toMatchObject([{ verdict: 'not-yet', isOnSubmitOnly: true }]);
  });

  test('stops at what does not hold in the middle', () => {
    const [result] = resultsOf(
      `- id: middle
  experiment:
    do:
      - wait: 1s
      - expect: { assert: { apiVersion: v1, kind: ConfigMap, metadata: { name: nosuch } } }
      - wait: 10h
    then: [{ cel: 'true' }]`,
      clusterWith(),
    );
    expect(result).toMatchObject({ verdict: 'not-yet' });
    expect(result?.message).toMatch(/^We tried it on a copy \(wait 1 s\)\. There is no ConfigMap nosuch/);
  });
});

test('a claim about later is looked for while time passes on a copy', () => {
  const cluster = clusterWith();
  cluster.asAdmin('test')({
    method: 'PATCH',
    url: '/apis/apps/v1/namespaces/default/deployments/web',
    headers: { 'content-type': 'application/merge-patch+json' },
    body: { spec: { replicas: 4 } },
  });
  const checks = (when: string): string =>
    `- { id: four, ${when} assert: { apiVersion: apps/v1, kind: Deployment, metadata: { name: web }, status: { readyReplicas: 4 } } }`;
  expect(resultsOf(checks(''), cluster)).toMatchObject([{ verdict: 'not-yet' }]);
  expect(resultsOf(checks('within: 30s,'), cluster)).toMatchObject([{ verdict: 'pass' }]);
});

test('an API server that does not answer is the learner’s cluster, not our error', () => {
  const cluster = clusterWith();
  cluster.crash('cp-1');
  expect(resultsOf(`- { id: any, assert: { apiVersion: v1, kind: Pod } }`, cluster)).toMatchObject([
    { verdict: 'not-yet', message: 'The API server does not answer.' },
  ]);
});

test('the same state gives the same result', () => {
  const lab = parseLab(
    smallLab(
      `- { id: two, points: 2, assert: { apiVersion: apps/v1, kind: Deployment, metadata: { name: web }, status: { readyReplicas: 2 } } }`,
    ),
  );
  const cluster = clusterWith();
  const first = grade(lab, new Observer(cluster), { seed: 'test' });
  expect(first).toMatchObject({ gradable: true, score: 2, maxScore: 2, labSlug: 'small', labRevision: 1 });
  expect(grade(lab, new Observer(cluster), { seed: 'test' })).toEqual(first);
});
