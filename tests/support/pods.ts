import type { CoreV1Event, V1ContainerStatus, V1Pod, V1PodSpec } from '@/generated/kubernetes/types';
import { compareBytes } from '@/lib/base';
import type { Cluster } from '@/lib/cluster';
import { adminOf, paths } from './api-calls';

export type PodSpecDraft = Omit<Partial<V1PodSpec>, 'containers'> & {
  containers: (Partial<V1PodSpec['containers'][number]> & { name?: string })[];
};

/** Pods put straight on worker-1, and what became of them. */
export class PodLab {
  readonly cluster: Cluster;
  readonly admin: ReturnType<typeof adminOf>;
  /** Every state a Pod was seen in, oldest first. */
  readonly history = new Map<string, V1Pod[]>();

  constructor(cluster: Cluster) {
    this.cluster = cluster;
    this.admin = adminOf(cluster);
    const { stream } = this.admin.transport({ method: 'GET', url: `${paths.pods}?watch=true`, headers: {} });
    stream?.start({
      write: (chunk) => {
        const { object } = chunk as { object: V1Pod };
        const name = object.metadata.name as string;
        this.history.set(name, [...(this.history.get(name) ?? []), object]);
      },
      end: () => {},
    });
  }

  create(name: string, spec: PodSpecDraft, metadata: object = {}): this {
    const containers = spec.containers.map((container) => ({ name: 'main', image: 'busybox:1.36', ...container }));
    this.admin.create(paths.pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, ...metadata },
      spec: { nodeName: 'worker-1', ...spec, containers },
    });
    return this;
  }

  run(ms: number): this {
    this.cluster.kernel.runFor(ms);
    return this;
  }

  get(name: string): V1Pod {
    return this.admin.get(`${paths.pods}/${name}`) as unknown as V1Pod;
  }

  status(name: string, container?: string): V1ContainerStatus {
    const { status } = this.get(name);
    const all = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
    const found = container ? all.find((one) => one.name === container) : status.containerStatuses?.[0];
    if (!found) throw new Error(`${name} has no status of ${container ?? 'its container'}`);
    return found;
  }

  condition(name: string, type: string) {
    const found = this.get(name).status.conditions?.find((condition) => condition.type === type);
    return found && [found.status, found.reason, found.message].filter(Boolean).join(' ');
  }

  logs(name: string, query = ''): string {
    const response = this.admin.transport({ method: 'GET', url: `${paths.pods}/${name}/log${query}`, headers: {} });
    return typeof response.body === 'string' ? response.body : String((response.body as { message?: string }).message);
  }

  /** `Reason Message`, in the order they first happened, which their names tell. */
  events(name: string): string[] {
    const all = this.admin.list<CoreV1Event>(`/api/v1/namespaces/default/events?fieldSelector=involvedObject.name=${name}`);
    return [...all]
      .sort((a, b) => compareBytes(a.metadata.name as string, b.metadata.name as string))
      .map(({ reason, message }) => `${reason} ${message}`);
  }

  countOf(name: string, reason: string): number {
    const all = this.admin.list<CoreV1Event>(`/api/v1/namespaces/default/events?fieldSelector=involvedObject.name=${name}`);
    return all.filter((event) => event.reason === reason).reduce((sum, event) => sum + (event.count ?? 0), 0);
  }

  /** The distinct values something had over a Pod's life. */
  over<T>(name: string, of: (pod: V1Pod) => T): T[] {
    const values = (this.history.get(name) ?? []).map(of);
    return values.filter((value, index) => index === 0 || JSON.stringify(value) !== JSON.stringify(values[index - 1]));
  }
}
