import type { V1Pod } from '@/generated/kubernetes/types';
import type { Cluster } from '@/lib/cluster';
import { adminOf } from '@/tests/support/api-calls';

/** Watches a run and says, at once, what must never be. */
export interface Checker {
  readonly name: string;
  /** Called after every kernel entry; returns what is wrong. */
  check(): string | undefined;
}

/** Everything that must hold in every cluster at every moment. */
export function always(cluster: Cluster): readonly Checker[] {
  return [revisionsIncrease(cluster), watchSeesEachRevisionOnce(cluster), podsShareNoAddress(cluster), podRunsOnOneNode(cluster)];
}

function revisionsIncrease(cluster: Cluster): Checker {
  let last = 0;
  let wrong: string | undefined;
  cluster.onChange = (change) => {
    if (change.type !== 'etcd') return;
    if (change.commit.revision <= last) wrong ??= `revision ${change.commit.revision} after ${last}`;
    last = change.commit.revision;
  };
  return { name: 'revisions increase', check: () => wrong };
}

function watchSeesEachRevisionOnce(cluster: Cluster): Checker {
  const { transport, get } = adminOf(cluster);
  let last = Number(get('/api/v1/pods').metadata.resourceVersion);
  let wrong: string | undefined;
  const response = transport({
    method: 'GET',
    url: `/api/v1/pods?watch=true&resourceVersion=${last}`,
    headers: { accept: 'application/json' },
  });
  response.stream?.start({
    write(chunk) {
      const { type, object } = chunk as { type: string; object: V1Pod };
      const revision = Number(object.metadata.resourceVersion);
      if (revision <= last) wrong ??= `${type} ${object.metadata.name} at revision ${revision} after ${last}`;
      last = revision;
    },
    end() {},
  });
  return { name: 'a watch sees each revision once and in order', check: () => wrong };
}

/** `ip` to the Pods that hold it, for Pods with an address of their own that still run. */
function holders(pods: readonly V1Pod[]): Map<string, string[]> {
  const byIp = new Map<string, string[]>();
  for (const { metadata, spec, status } of pods) {
    if (!status.podIP || spec.hostNetwork || status.phase === 'Succeeded' || status.phase === 'Failed') continue;
    byIp.set(status.podIP, [...(byIp.get(status.podIP) ?? []), `${metadata.namespace}/${metadata.name}`]);
  }
  return byIp;
}

/** What is wrong with the addresses of these Pods, if anything. */
export function sharedAddress(pods: readonly V1Pod[]): string | undefined {
  const shared = [...holders(pods)].find(([, names]) => names.length > 1);
  return shared && `${shared[1].join(' and ')} share ${shared[0]}`;
}

/** A lost node's Pods keep their status while the node's addresses go on being its own, so reading the API is enough. */
function podsShareNoAddress(cluster: Cluster): Checker {
  let revision = 0;
  return {
    name: 'two Pods never share an address',
    check() {
      const now = cluster.machine('cp-1').etcd?.revision ?? 0;
      if (now === revision || !cluster.machine('cp-1').isUp) return undefined;
      revision = now;
      const pods =
        cluster
          .machine('cp-1')
          .etcd?.range('/registry/pods/', { end: '/registry/pods0' })
          .kvs.map(({ value }) => value as unknown as V1Pod) ?? [];
      return sharedAddress(pods);
    },
  };
}

function podRunsOnOneNode(cluster: Cluster): Checker {
  let revision = 0;
  return {
    name: 'a Pod runs on at most one node',
    check() {
      // Whatever starts or stops a container reports it, so there is something to look at only after a write.
      const now = cluster.machine('cp-1').etcd?.revision ?? 0;
      if (now === revision) return undefined;
      revision = now;
      const places = new Map<string, string>();
      for (const machine of cluster.machines) {
        if (!machine.isUp || machine.spec.role === 'workstation') continue;
        for (const container of cluster.runtimeOf(machine.name).listContainers()) {
          const other = places.get(container.podUid);
          if (container.state === 'running' && other && other !== machine.name)
            return `Pod ${container.podUid} runs on ${other} and ${machine.name}`;
          if (container.state === 'running') places.set(container.podUid, machine.name);
        }
      }
      return undefined;
    },
  };
}
