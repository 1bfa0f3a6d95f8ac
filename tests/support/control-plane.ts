import { deepCopy } from '@/lib/base';
import { createApiServer, type ApiServer } from '@/lib/cluster/apiserver';
import { Client, Informer, leaseRef } from '@/lib/cluster/client';
import { startControllerManager, type ManagerOptions } from '@/lib/cluster/controllers';
import { MvccStore } from '@/lib/cluster/etcd';
import { Kernel, parseInstant, rfc3339, rfc3339Micro } from '@/lib/cluster/kernel';
import { builtInResources, Deployment, Event, Node, Pod } from '@/lib/cluster/resources';
import { startScheduler } from '@/lib/cluster/scheduler';
import type { Draft, Transport } from '@/lib/cluster/api';
import type { CoreV1Event, V1Deployment, V1Node, V1Pod, V1PodSpec } from '@/generated/kubernetes/types';

export interface ControlPlaneOptions {
  readonly seed?: number;
  readonly controllers?: readonly string[] | false;
  readonly scheduler?: boolean;
  /** A kubelet for all nodes that makes every bound Pod run and every deleted Pod go. */
  readonly kubelet?: boolean;
  readonly manager?: Partial<ManagerOptions>;
}

/** A real API server, controllers and a scheduler on one kernel, without machines. */
export class ControlPlane {
  readonly kernel: Kernel;
  readonly etcd = MvccStore.create();
  readonly client: Client;
  readonly log: string[] = [];
  #api: ApiServer;
  readonly #silent = new Set<string>();

  constructor({ seed = 1, controllers = ['*'], scheduler = true, kubelet = true, manager = {} }: ControlPlaneOptions = {}) {
    this.kernel = new Kernel({ seed, now: parseInstant('2026-01-05T08:00:00Z') });
    this.#api = this.#startApi();
    this.client = new Client({ transport: this.transport, actor: 'test' });
    const log = (line: string) => void this.log.push(line);
    if (controllers) startControllerManager({ kernel: this.kernel, transport: this.transport, options: { controllers, ...manager }, log });
    if (scheduler) startScheduler({ kernel: this.kernel, transport: this.transport, log });
    if (kubelet) this.#startKubelet();
    this.kernel.runFor(50);
  }

  readonly transport: Transport = (request) => this.#api.handle(request);

  #startApi(): ApiServer {
    return createApiServer({ kernel: this.kernel, etcd: this.etcd, resources: builtInResources });
  }

  /** The API server's process dies and comes back, with the same etcd behind it. */
  restartApi(): void {
    this.#api.stop();
    this.#api = this.#startApi();
  }

  addNode(name: string, { cpu = '4', memory = '8Gi', pods = '110', labels = {}, taints = [], beats = true }: NodeShape = {}): V1Node {
    const now = rfc3339(this.kernel.now);
    const capacity = { cpu, memory, pods, 'ephemeral-storage': '20Gi' };
    const condition = (type: string, status: string, reason: string) => ({
      type,
      status,
      reason,
      message: reason,
      lastHeartbeatTime: now,
      lastTransitionTime: now,
    });
    this.client.create(Node, {
      metadata: { name, labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64', ...labels } },
      spec: {},
      status: {
        capacity,
        allocatable: capacity,
        conditions: [
          condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory'),
          condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure'),
          condition('PIDPressure', 'False', 'KubeletHasSufficientPID'),
          condition('Ready', 'True', 'KubeletReady'),
        ],
      },
    } as Draft<V1Node>);
    const node = this.client.patch(Node, { name }, { spec: { taints: taints.length > 0 ? taints : null } }, { type: 'merge' });
    if (beats) this.#beat(name);
    return node;
  }

  /** The node's kubelet says nothing more. */
  silence(name: string): void {
    this.#silent.add(name);
  }

  /** The node's kubelet is back, with a fresh status. */
  revive(name: string): void {
    this.#silent.delete(name);
    this.#beat(name);
    const now = rfc3339(this.kernel.now);
    const conditions = [
      {
        type: 'Ready',
        status: 'True',
        reason: 'KubeletReady',
        message: 'kubelet is posting ready status',
        lastHeartbeatTime: now,
        lastTransitionTime: now,
      },
    ];
    this.client.patch(Node, { name }, { status: { conditions } }, { subresource: 'status' });
  }

  #beat(name: string): void {
    if (this.#silent.has(name)) return;
    const spec = { holderIdentity: name, leaseDurationSeconds: 40, renewTime: rfc3339Micro(this.kernel.now) };
    const lease = this.client.find(leaseRef, { namespace: 'kube-node-lease', name });
    if (lease) this.client.update(leaseRef, { ...deepCopy(lease), spec });
    else this.client.create(leaseRef, { metadata: { namespace: 'kube-node-lease', name }, spec });
    this.kernel.schedule({ delayMs: 10_000, actor: `kubelet/${name}`, what: 'renew lease', background: true, run: () => this.#beat(name) });
  }

  #startKubelet(): void {
    const informer = new Informer<V1Pod>({
      kernel: this.kernel,
      client: new Client({ transport: this.transport, actor: 'kubelet/all' }),
      resource: Pod,
    });
    informer.addHandler({ added: (pod) => this.#sync(pod), updated: (_, pod) => this.#sync(pod) });
    informer.start();
  }

  #sync(pod: V1Pod): void {
    if (!pod.spec.nodeName || this.#silent.has(pod.spec.nodeName)) return;
    if (pod.metadata.deletionTimestamp)
      this.#later(100, () => this.client.delete(Pod, pod.metadata, { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } }));
    else if (pod.status?.phase === 'Pending') this.#later(100, () => this.setPod(pod, 'Running', true));
  }

  #later(delayMs: number, run: () => void): void {
    this.kernel.schedule({
      delayMs,
      actor: 'kubelet/all',
      what: 'sync a pod',
      background: false,
      run: () => {
        try {
          run();
        } catch {
          // The Pod went in the meantime.
        }
      },
    });
  }

  /** Writes a Pod's status as a kubelet would. */
  setPod({ metadata }: V1Pod, phase: string, ready: boolean): void {
    const at = rfc3339(this.kernel.now);
    const index = Number(`0x${metadata.uid.slice(0, 4)}`);
    const ip = `10.244.${index >> 8}.${index & 255}`;
    const status = ready ? 'True' : 'False';
    const conditions = ['Initialized', 'Ready', 'ContainersReady'].map((type) => ({
      type,
      status: type === 'Initialized' ? 'True' : status,
      lastTransitionTime: at,
    }));
    this.client.patch(
      Pod,
      metadata,
      { status: { phase, conditions, startTime: at, podIP: ip, podIPs: [{ ip }] } },
      { subresource: 'status' },
    );
  }

  deploy(name: string, replicas: number, { spec = {}, pod = {} }: { spec?: object; pod?: Partial<V1PodSpec> } = {}): V1Deployment {
    const labels = { app: name };
    return this.client.create(Deployment, {
      metadata: { name, namespace: 'default' },
      spec: {
        replicas,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'nginx:1.27' }], ...pod } },
        ...spec,
      },
    } as Draft<V1Deployment>);
  }

  createPod(name: string, { labels, ...spec }: Partial<V1PodSpec> & { labels?: Record<string, string> } = {}): V1Pod {
    return this.client.create(Pod, {
      metadata: { name, namespace: 'default', ...(labels ? { labels } : {}) },
      spec: { containers: [{ name: 'main', image: 'nginx:1.27' }], ...spec },
    } as Draft<V1Pod>);
  }

  pods(namespace = 'default'): V1Pod[] {
    return this.client.list(Pod, { namespace }).items;
  }

  pod(name: string, namespace = 'default'): V1Pod {
    return this.client.get(Pod, { namespace, name });
  }

  events(name: string, namespace = 'default'): CoreV1Event[] {
    return this.client
      .list(Event, { namespace })
      .items.filter(({ involvedObject }) => involvedObject.name === name || involvedObject.name?.startsWith(`${name}-`));
  }

  /** `Reason: message` of every Event about `name`, in the order they were written. */
  said(name: string, namespace = 'default'): string[] {
    const ordered = [...this.events(name, namespace)].sort(
      (a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion),
    );
    return ordered.map(({ reason, message }) => `${reason}: ${message}`);
  }

  settle(limitMs = 60_000): void {
    this.kernel.runUntilIdle({ limitMs });
  }
}

export interface NodeShape {
  readonly cpu?: string;
  readonly memory?: string;
  readonly pods?: string;
  readonly labels?: Record<string, string>;
  readonly taints?: { key: string; value?: string; effect: string }[];
  readonly beats?: boolean;
}
