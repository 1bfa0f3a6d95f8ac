import { compareBytes } from '@/lib/base';
import type { Rejection } from './plugin';

export const noNodes = 'no nodes available to schedule pods';

/** `0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu.` (`framework.FitError`). */
export function fitMessage(nodeCount: number, rejections: readonly Rejection[]): string {
  const counts = new Map<string, number>();
  for (const { reasons } of rejections) for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const histogram = [...counts].map(([reason, count]) => `${count} ${reason}`).sort(compareBytes);
  return `0/${nodeCount} nodes are available:${histogram.length > 0 ? ` ${histogram.join(', ')}.` : ''}`;
}

/** When no plugin's filter but one's look at the Pod alone refused it. */
export function preFilterMessage(nodeCount: number, { reasons }: Rejection): string {
  return `0/${nodeCount} nodes are available: ${reasons.join(', ')}.`;
}

/** What the plugins that look for another way add: dynamic resources first, then preemption. */
export function postFilterMessage(preemption: string): string {
  return `no new claims to deallocate, preemption: ${preemption}`;
}
