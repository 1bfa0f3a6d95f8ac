import { z } from 'zod';
import type { Cluster } from '@/lib/cluster';
import { durationSchema, spokenDuration } from './duration';

const node = z.strictObject({ node: z.string() });
const nodes = z.union([z.string().transform((one) => [one]), z.array(z.string()).min(1)]);
const share = z.number().min(0).max(1);

/** The links between two sides, both ways unless `oneWay`. */
const sides = { from: nodes, to: nodes, oneWay: z.boolean().default(false) };

/** What an author may do to machines and to the links between them; `lose` and the like are in the words of `tc qdisc … netem`. */
export const faultForms = [
  z.strictObject({ crash: node }),
  z.strictObject({ boot: node }),
  z.strictObject({ join: z.strictObject({ node: z.string(), role: z.enum(['control-plane', 'worker']).default('worker') }) }),
  z.strictObject({ cut: z.strictObject(sides) }),
  z.strictObject({
    disturb: z.strictObject({
      ...sides,
      delay: durationSchema.optional(),
      jitter: durationSchema.optional(),
      loss: share.optional(),
      duplicate: share.optional(),
      reorder: share.optional(),
    }),
  }),
  /** Mended and sound again. */
  z.strictObject({ mend: z.strictObject(sides) }),
] as const;

const faultSchema = z.union(faultForms);

export type Fault = z.infer<typeof faultSchema>;
type Sides = Extract<Fault, { cut: unknown }>['cut'];

/** Machines that it speaks of and the cluster has not; for a `join`, one that it has already. */
export function strangers(cluster: Cluster, fault: Fault): string | undefined {
  if ('join' in fault) return cluster.findMachine(fault.join.node) && `There is a node ${fault.join.node} already.`;
  const missing = namesIn(fault).find((name) => !cluster.findMachine(name) && name !== 'load-balancer');
  return missing === undefined ? undefined : `There is no node ${missing}.`;
}

function namesIn(fault: Exclude<Fault, { join: unknown }>): readonly string[] {
  if ('crash' in fault) return [fault.crash.node];
  if ('boot' in fault) return [fault.boot.node];
  const { from, to } = sidesOf(fault);
  return [...from, ...to];
}

function sidesOf(fault: Extract<Fault, { cut: unknown } | { disturb: unknown } | { mend: unknown }>): Sides {
  if ('cut' in fault) return fault.cut;
  return 'mend' in fault ? fault.mend : fault.disturb;
}

export function happen(cluster: Cluster, fault: Fault): void {
  if ('crash' in fault) return void cluster.crash(fault.crash.node);
  if ('boot' in fault) return void cluster.bootMachine(fault.boot.node);
  if ('join' in fault) return void cluster.join({ name: fault.join.node, role: fault.join.role });
  for (const [from, to] of linksOf(sidesOf(fault))) {
    if ('cut' in fault) cluster.network.setLink(from, to, false);
    else if ('disturb' in fault) cluster.network.setLinkFault(from, to, netemOf(fault.disturb));
    else {
      cluster.network.setLink(from, to, true);
      cluster.network.setLinkFault(from, to, undefined);
    }
  }
}

function linksOf({ from, to, oneWay }: Sides): (readonly [string, string])[] {
  const there = from.flatMap((one) => to.map((other) => [one, other] as const)).filter(([one, other]) => one !== other);
  return oneWay ? there : [...there, ...there.map(([one, other]) => [other, one] as const)];
}

function netemOf({ delay, jitter, loss, duplicate, reorder }: Extract<Fault, { disturb: unknown }>['disturb']) {
  return {
    ...(delay === undefined ? {} : { delayMs: delay }),
    ...(jitter === undefined ? {} : { jitterMs: jitter }),
    ...(loss === undefined ? {} : { loss }),
    ...(duplicate === undefined ? {} : { duplicate }),
    ...(reorder === undefined ? {} : { reorder }),
  };
}

/** For a sentence: `lose worker-1`, `cut cp-1 off from cp-2 and cp-3`. */
export function toldFault(fault: Fault): string {
  if ('crash' in fault) return `lose ${fault.crash.node}`;
  if ('boot' in fault) return `bring back ${fault.boot.node}`;
  if ('join' in fault) return `add ${fault.join.node}`;
  const { from, to, oneWay } = sidesOf(fault);
  const between = `${from.join(' and ')} ${oneWay ? 'to' : 'and'} ${to.join(' and ')}`;
  if ('cut' in fault) return oneWay ? `cut the way from ${between}` : `cut ${from.join(' and ')} off from ${to.join(' and ')}`;
  if ('mend' in fault) return `mend ${oneWay ? 'the way from' : 'the links between'} ${between}`;
  return `make ${oneWay ? 'the way from' : 'the links between'} ${between} ${disturbanceOf(fault.disturb)}`;
}

function disturbanceOf({ delay, jitter, loss, duplicate, reorder }: Extract<Fault, { disturb: unknown }>['disturb']): string {
  const percent = (value: number) => `${Math.round(value * 100)} %`;
  const parts = [
    ...(delay ? [`slower by ${spokenDuration(delay)}`] : []),
    ...(jitter ? [`uneven by ${spokenDuration(jitter)}`] : []),
    ...(loss ? [`lose ${percent(loss)}`] : []),
    ...(duplicate ? [`repeat ${percent(duplicate)}`] : []),
    ...(reorder ? [`reorder ${percent(reorder)}`] : []),
  ];
  return parts.length > 0 ? parts.join(', ') : 'sound';
}
