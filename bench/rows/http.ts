import { load, withCluster, type Connection, type Throughput } from '../load';
import type { BenchRow } from '../row';

const real = 'kube-apiserver 1.36 + etcd';
const pods = '/api/v1/namespaces/default/pods';
const configMaps = '/api/v1/namespaces/default/configmaps';

const podNamed = (name: string) =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: 'web' } },
    spec: { containers: [{ name: 'nginx', image: 'nginx:1.27', ports: [{ containerPort: 80 }] }] },
  });

const configMapNamed = (name: string) =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { key: 'value', 'app.conf': 'log_level = info\n' } });

let gets: Promise<Throughput> | undefined;

/** Rate and latency come of one run. */
function measureGets(): Promise<Throughput> {
  return (gets ??= withCluster(async (connection) => {
    await connection.send('POST', pods, podNamed('web'));
    return load(() => connection.send('GET', `${pods}/web`));
  }));
}

export const httpGets: BenchRow = {
  key: 'httpGetsPerSecond',
  title: 'HTTP: GET of one Pod, 8 connections',
  unit: '/s',
  mark: { value: 4_150, of: real },
  isHigherBetter: true,
  measure: async () => (await measureGets()).perSecond,
};

export const httpGetP99: BenchRow = {
  key: 'httpGetP99Ms',
  title: 'HTTP: GET of one Pod, 99th percentile',
  unit: 'ms',
  mark: { value: 7, of: real },
  measure: async () => (await measureGets()).p99Ms,
};

export const httpLists: BenchRow = {
  key: 'httpListsPerSecond',
  title: 'HTTP: LIST of 100 Pods, 8 connections',
  unit: '/s',
  mark: { value: 760, of: real },
  isHigherBetter: true,
  measure: () =>
    withCluster(async (connection) => {
      for (let count = 0; count < 100; count++) await connection.send('POST', pods, podNamed(`web-${count}`));
      const { items } = JSON.parse(await connection.send('GET', pods)) as { items: unknown[] };
      if (items.length !== 100) throw new Error(`there are ${items.length} Pods`);
      return (await load(() => connection.send('GET', pods))).perSecond;
    }),
};

export const httpCreates: BenchRow = {
  key: 'httpCreatesPerSecond',
  title: 'HTTP: POST of ConfigMaps, 8 connections',
  unit: '/s',
  mark: { value: 2_100, of: real },
  isHigherBetter: true,
  measure: () =>
    withCluster(async (connection) => {
      let count = 0;
      return (await load(() => connection.send('POST', configMaps, configMapNamed(`cm-${count++}`)))).perSecond;
    }),
};

export const httpWatch: BenchRow = {
  key: 'httpWatchMs',
  title: 'HTTP: from a create to its watch event, median',
  unit: 'ms',
  mark: { value: 1.1, of: real },
  measure: () => withCluster(watchLatency),
};

async function watchLatency(connection: Connection): Promise<number> {
  let arrived: (() => void) | undefined;
  const hangUp = connection.follow(`${configMaps}?watch=1&resourceVersion=0`, (line) => {
    if (line.includes('"cm-')) arrived?.();
  });
  const times: number[] = [];
  for (let count = 0; count < 1_000; count++) {
    const event = new Promise<void>((resolve) => (arrived = resolve));
    const start = performance.now();
    const created = connection.send('POST', configMaps, configMapNamed(`cm-${count}`));
    await event;
    times.push(performance.now() - start);
    await created;
  }
  hangUp();
  return times.slice(200).sort((a, b) => a - b)[400] as number;
}
