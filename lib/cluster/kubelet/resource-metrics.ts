import type { Container, ContainerRuntime, ContainerStats, PodSandbox } from '../runtime/cri';

interface Sample {
  readonly labels: string;
  readonly stats: ContainerStats;
  readonly startedAt: number;
}

/** What the kubelet, the container runtime and the rest of the machine use beside its containers. */
const machineItself = { milliCpu: 25, memoryBytes: 150 * 1024 * 1024 };

/** `/metrics/resource`: what the machine, its Pods and their containers use (`kubelet/metrics/collectors/resource_metrics.go`). */
export function resourceMetrics(runtime: ContainerRuntime, now: number): string {
  const sandboxes = new Map(runtime.listPodSandboxes().map((sandbox) => [sandbox.id, sandbox]));
  const containers = runtime.listContainers().flatMap((container) => sampled(container, sandboxes.get(container.sandboxId), runtime));
  const names = [...new Set(containers.map(({ pod }) => pod))];
  const pods = names.map((labels) => ({ labels, stats: sum(containers.filter(({ pod }) => pod === labels)) }));
  const { bootedAt, cpuNanoseconds } = runtime.spent();
  const ofContainers = sum(containers);
  const node = {
    labels: '',
    stats: {
      cpuNanoseconds: ofContainers.cpuNanoseconds + cpuNanoseconds + machineItself.milliCpu * (now - bootedAt) * 1000,
      workingSetBytes: ofContainers.workingSetBytes + machineItself.memoryBytes,
    },
  };
  const started = containers.map(({ labels, startedAt }) => `container_start_time_seconds${braced(labels)} ${startedAt / 1000}`);
  return [
    ...usage('container', containers, now),
    ...family('container_start_time_seconds', 'gauge', 'Start time of the container since unix epoch in seconds', started),
    ...usage('node', [node], now),
    ...usage('pod', pods, now),
    ...family('resource_scrape_error', 'gauge', '1 if there was an error while getting container metrics, 0 otherwise', [
      'resource_scrape_error 0',
    ]),
    '',
  ].join('\n');
}

function sampled(container: Container, sandbox: PodSandbox | undefined, runtime: ContainerRuntime): (Sample & { readonly pod: string })[] {
  if (container.state !== 'running' || !sandbox) return [];
  const pod = `namespace=${JSON.stringify(sandbox.namespace)},pod=${JSON.stringify(sandbox.name)}`;
  const labels = `container=${JSON.stringify(container.name)},${pod}`;
  return [{ labels, pod, stats: runtime.stats(container.id), startedAt: container.startedAt ?? 0 }];
}

function sum(samples: readonly { readonly stats: ContainerStats }[]): ContainerStats {
  return {
    cpuNanoseconds: samples.reduce((total, { stats }) => total + stats.cpuNanoseconds, 0),
    workingSetBytes: samples.reduce((total, { stats }) => total + stats.workingSetBytes, 0),
  };
}

function usage(of: string, samples: readonly { readonly labels: string; readonly stats: ContainerStats }[], now: number): string[] {
  const line = (name: string, labels: string, value: number) => `${name}${braced(labels)} ${value} ${now}`;
  const [cpu, memory] = [`${of}_cpu_usage_seconds_total`, `${of}_memory_working_set_bytes`];
  return [
    ...family(
      cpu,
      'counter',
      `Cumulative cpu time consumed by the ${of} in core-seconds`,
      samples.map(({ labels, stats }) => line(cpu, labels, stats.cpuNanoseconds / 1e9)),
    ),
    ...family(
      memory,
      'gauge',
      `Current working set of the ${of} in bytes`,
      samples.map(({ labels, stats }) => line(memory, labels, stats.workingSetBytes)),
    ),
  ];
}

function family(name: string, type: 'counter' | 'gauge', help: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`# HELP ${name} [STABLE] ${help}`, `# TYPE ${name} ${type}`, ...lines];
}

function braced(labels: string): string {
  return labels && `{${labels}}`;
}
