import type { Bead, OrreryData, Satellite } from '@/app/figures/Orrery';
import { agentPart } from '@/app/figures/cluster-layout';
import { count } from '@/app/look/format';
import { partOf, type PartId } from '@/app/look/parts';
import type { Happening } from '@/app/lessons/components/figure-machine';
import type { ClusterView } from '@/lib/cluster';
import { satellitesAtRest } from './at-rest';

/** The plate's data from a running cluster: what each part says of itself, and who is talking just now. */
export function liveOrrery(view: ClusterView, recent: readonly Happening[]): OrreryData {
  return {
    revision: view.revision,
    note: view.nodes.length ? undefined : 'no API server',
    satellites: satellitesAtRest.map((satellite) => ({ ...satellite, ...livePart(satellite, view, recent) })),
    beads: recent.flatMap((one) => beadOf(one) ?? []),
  };
}

function livePart({ id, part }: Satellite, view: ClusterView, recent: readonly Happening[]): Partial<Satellite> {
  if (part === 'klt') return liveNode(id, view);
  if (part === 'you') return { status: recent.findLast((one) => one.actor === 'You')?.what ?? 'watching' };
  const own = view.pods.filter((pod) => agentPart(pod) === part);
  const isDown = !own.some((pod) => pod.status === 'Running');
  if (isDown) return { isDown, status: 'stopped' };
  if (part === 'sch') return { status: count(view.pods.filter((pod) => !pod.node).length, 'Pod waits', 'Pods wait') };
  if (part === 'kcm')
    return { status: recent.findLast((one) => partOf(one.actor) === 'kcm')?.actor.replace('-controller', '') ?? 'all is as it should be' };
  return { status: count(own.length, 'copy runs', 'copies run') };
}

function liveNode(id: string, view: ClusterView): Partial<Satellite> {
  const node = view.nodes.find((one) => one.name === id);
  const pods = view.pods.filter((pod) => pod.node === id && !agentPart(pod));
  return {
    status: node ? `${node.isUp ? node.status : 'no power'}, ${count(pods.length, 'Pod')}` : 'gone',
    isDown: !node?.isUp,
    pods: pods.map((pod) => pod.status === 'Running' && (node?.isUp ?? false)),
  };
}

/** A write travels inward; who reconciles has just heard something, so that travels outward. */
function beadOf({ id, kind, actor }: Happening): Bead | undefined {
  const satellite = satelliteOf(actor);
  if (!satellite || (kind !== 'write' && kind !== 'reconcile')) return undefined;
  return { key: id, satellite, kind: kind === 'write' ? 'request' : 'watch' };
}

const byPart: Partial<Record<PartId, string>> = { you: 'you', sch: 'scheduler', kcm: 'controllers', dns: 'dns', kpx: 'proxy' };

function satelliteOf(actor: string): string | undefined {
  const [, machine] = actor.split('/');
  return machine?.startsWith('worker') && partOf(actor) === 'klt' ? machine : byPart[partOf(actor)];
}
