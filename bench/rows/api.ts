import type { ApiRequest } from '@/lib/cluster';
import { Cluster } from '@/lib/cluster';
import { perSecond, type BenchRow } from '../row';

const issue = 'issue 4';
const token = 'bench-token';
const configMaps = '/api/v1/namespaces/default/configmaps';
const headers = { accept: 'application/json', 'content-type': 'application/json', 'user-agent': 'bench', authorization: `Bearer ${token}` };

/** A control plane to which a client comes with a bearer token: authentication, authorization, admission, validation and etcd all count. */
function controlPlane(): (method: ApiRequest['method'], url: string, body?: object) => void {
  const cluster = Cluster.boot({
    topology: { controlPlanes: 1, workers: 0 },
    seed: 1,
    tokens: [{ token, user: 'kubernetes-admin', uid: 'admin', groups: ['system:masters'] }],
  });
  return (method, url, body) => {
    const { status, body: answer } = cluster.api({ method, url, headers, ...(body ? { body } : {}) });
    if (status >= 400) throw new Error(`${method} ${url} was answered ${status}: ${JSON.stringify(answer)}`);
    if (method === 'POST') cluster.kernel.runFor(0);
  };
}

function configMap(name: string): object {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, labels: { app: 'web' } },
    data: { key: 'value', 'app.conf': 'log_level = info\n' },
  };
}

export const apiGets: BenchRow = {
  key: 'apiGetsPerSecond',
  title: 'API server in-process: GET of one object',
  unit: '/s',
  mark: { value: 200_000, of: issue },
  isHigherBetter: true,
  measure() {
    const request = controlPlane();
    request('POST', configMaps, configMap('one'));
    return perSecond(100_000, () => request('GET', `${configMaps}/one`), { rounds: 5 });
  },
};

/** Lets the host's compiler see the way a create goes. */
function warmUp(): void {
  const request = controlPlane();
  for (let count = 0; count < 5_000; count++) request('POST', configMaps, configMap(`cm-${count}`));
}

/** Creates once there are `existing` objects of the kind. */
function createsRow(existing: number): BenchRow {
  return {
    key: `apiCreatesAt${existing / 1000}kPerSecond`,
    title: `API server in-process: POST of a ConfigMap beside ${existing.toLocaleString('en')} others`,
    unit: '/s',
    mark: { value: 30_000, of: issue },
    isHigherBetter: true,
    measure() {
      warmUp();
      const request = controlPlane();
      let count = 0;
      const create = () => request('POST', configMaps, configMap(`cm-${count++}`));
      const round = Math.min(2_000, existing);
      while (count < existing - round) create();
      return perSecond(round / 5, create, { rounds: 5 });
    },
  };
}

export const apiCreates1k = createsRow(1_000);
export const apiCreates10k = createsRow(10_000);
export const apiCreates50k = createsRow(50_000);
