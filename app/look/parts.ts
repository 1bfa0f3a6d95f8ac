/** The thirteen parts of the machine. The silhouette is the identity; the colour says it again. */
export const parts = {
  you: { name: 'You', tag: 'you', shape: 'prompt, filled solid', does: 'Types commands, writes manifests, reads what comes back.' },
  api: {
    name: 'API server',
    tag: 'api',
    shape: 'hexagon, three bars',
    does: 'The only door to the store: who are you, may you, is it valid, then write it down.',
  },
  etcd: {
    name: 'etcd',
    tag: 'etcd',
    shape: 'circle, three members',
    does: 'Keeps every object and every revision, and agrees with its other members on the order.',
  },
  sch: {
    name: 'Scheduler',
    tag: 'sched',
    shape: 'diamond, arrow down',
    does: 'Finds a node for each Pod that has none, and writes its name down.',
  },
  kcm: {
    name: 'Controllers',
    tag: 'kcm',
    shape: 'loop, open',
    does: 'Compare what is with what was asked for, and close the gap. For ever.',
  },
  ccm: { name: 'Cloud', tag: 'ccm', shape: 'cloud', does: 'Asks the cloud for load balancers and routes, and reports lost machines.' },
  klt: { name: 'kubelet', tag: 'kubelet', shape: 'house', does: 'Runs the Pods of its own node and says how they fare.' },
  cri: { name: 'Runtime', tag: 'cri', shape: 'square in a square', does: 'Pulls images and starts containers when the kubelet says so.' },
  kpx: {
    name: 'kube-proxy',
    tag: 'proxy',
    shape: 'wedge, forking',
    does: 'Writes the rules that turn a Service address into a Pod address.',
  },
  dns: { name: 'CoreDNS', tag: 'dns', shape: 'signpost', does: 'Answers web.shop.svc.cluster.local with an address.' },
  pod: { name: 'Pod', tag: 'pod', shape: 'soft square, one dot', does: 'One or more containers that live and die together.' },
  svc: { name: 'Service', tag: 'svc', shape: 'half disc, three rays', does: 'One lasting address for Pods that come and go.' },
  vol: { name: 'Volume', tag: 'vol', shape: 'cylinder', does: 'Files that outlive the container that wrote them.' },
} as const;

export type PartId = keyof typeof parts;
export const partIds = Object.keys(parts) as PartId[];

/** Which part an event's source component or a trace actor is, by the name Kubernetes gives it. */
export function partOf(component: string): PartId {
  const name = component.toLowerCase();
  if (name.includes('scheduler')) return 'sch';
  if (name.includes('proxy')) return 'kpx';
  if (name.includes('kubelet')) return 'klt';
  if (name.includes('apiserver') || name === 'api') return 'api';
  if (name.includes('etcd')) return 'etcd';
  if (name.includes('dns')) return 'dns';
  if (name.includes('cloud')) return 'ccm';
  if (/^(node|worker|cp)[- ]/.test(name)) return 'klt';
  if (name.startsWith('pod ')) return 'pod';
  if (name.includes('containerd') || name.includes('runtime')) return 'cri';
  if (name === 'you' || name === 'outside' || name.includes('kubectl') || name.includes('workstation')) return 'you';
  return 'kcm';
}
