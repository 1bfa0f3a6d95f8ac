import { labelSelectorAsSelector, type KubeObject } from '@/lib/cluster';
import type { Context } from '../context';
import { pathOf } from '../discovery';
import { rfc1123 } from '../duration';
import { labelSelectorText } from '../selectors';
import { defineDescriber } from './describer';
import { eventLines } from './events';
import { podTemplate } from './pod-template';
import { annotationLines, labelLines, type Text } from './text';

export const deploymentDescriber = defineDescriber({
  hasEvents: true,
  async describe(text, deployment, { context, events }) {
    const { metadata, spec, status } = deployment;
    text
      .line(0, 'Name:', metadata.name)
      .line(0, 'Namespace:', metadata.namespace)
      .line(0, 'CreationTimestamp:', rfc1123(metadata.creationTimestamp));
    labelLines(text, 'Labels', metadata.labels);
    annotationLines(text, 'Annotations', metadata.annotations);
    text.line(0, 'Selector:', labelSelectorText(spec.selector));
    text.line(
      0,
      'Replicas:',
      `${spec.replicas} desired | ${status.updatedReplicas ?? 0} updated | ${status.replicas ?? 0} total | ${status.availableReplicas ?? 0} available | ${status.unavailableReplicas ?? 0} unavailable`,
    );
    text.line(0, 'StrategyType:', spec.strategy?.type ?? '').line(0, 'MinReadySeconds:', String(spec.minReadySeconds ?? 0));
    const rolling = spec.strategy?.rollingUpdate;
    if (rolling) text.line(0, 'RollingUpdateStrategy:', `${rolling.maxUnavailable} max unavailable, ${rolling.maxSurge} max surge`);
    podTemplate(text, spec.template);
    conditionLines(text, status.conditions);
    replicaSetLines(text, deployment, await ownedReplicaSets(context, deployment));
    eventLines(text, events, context.io.now());
  },
});

function conditionLines(text: Text, conditions: readonly any[] | undefined): void {
  if (!conditions?.length) return;
  text.line(0, 'Conditions:').line(1, 'Type', 'Status', 'Reason').line(1, '----', '------', '------');
  for (const { type, status, reason } of conditions) text.line(1, `${type} `, status, reason ?? '');
}

async function ownedReplicaSets(context: Context, deployment: KubeObject): Promise<KubeObject[]> {
  const resource = await context.discovery.get('replicasets.apps');
  const labelSelector = labelSelectorAsSelector(deployment['spec'].selector).toString();
  const { items } = await context.client.get(pathOf(resource, deployment.metadata.namespace), { query: { labelSelector } });
  return (items as KubeObject[]).filter(({ metadata }) =>
    metadata.ownerReferences?.some(({ uid, controller }) => controller && uid === deployment.metadata.uid),
  );
}

function replicaSetLines(text: Text, deployment: KubeObject, sets: readonly KubeObject[]): void {
  const byAge = [...sets].sort(
    (a, b) =>
      Date.parse(String(a.metadata.creationTimestamp)) - Date.parse(String(b.metadata.creationTimestamp)) ||
      (a.metadata.name < b.metadata.name ? -1 : 1),
  );
  const current = byAge.find((set) => isSameTemplate(set['spec'].template, deployment['spec'].template));
  const old = byAge.filter((set) => set !== current);
  text.line(0, 'OldReplicaSets:', setList(old));
  text.line(0, 'NewReplicaSet:', setList(current ? [current] : []));
}

function isSameTemplate(a: any, b: any): boolean {
  const bare = (template: any) => {
    const { 'pod-template-hash': _, ...labels } = template.metadata?.labels ?? {};
    return JSON.stringify({ ...template, metadata: { ...template.metadata, labels } }, (_key, value: unknown) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(
            Object.entries(value)
              .filter(([key]) => key !== 'creationTimestamp')
              .sort(),
          )
        : value,
    );
  };
  return bare(a) === bare(b);
}

function setList(sets: readonly KubeObject[]): string {
  return sets.length
    ? sets.map((set) => `${set.metadata.name} (${set['status']?.replicas ?? 0}/${set['spec'].replicas ?? 0} replicas created)`).join(', ')
    : '<none>';
}

export const replicaSetDescriber = defineDescriber({
  hasEvents: true,
  async describe(text, set, { context, events }) {
    const { metadata, spec, status } = set;
    text.line(0, 'Name:', metadata.name).line(0, 'Namespace:', metadata.namespace).line(0, 'Selector:', labelSelectorText(spec.selector));
    labelLines(text, 'Labels', metadata.labels);
    annotationLines(text, 'Annotations', metadata.annotations);
    controlledBy(text, metadata);
    text.line(0, 'Replicas:', `${status.replicas ?? 0} current / ${spec.replicas ?? 1} desired`);
    text.line(0, 'Pods Status:', podsStatus(await ownedPods(context, set)));
    podTemplate(text, spec.template);
    conditionLines(text, status.conditions);
    eventLines(text, events, context.io.now());
  },
});

function controlledBy(text: Text, metadata: any): void {
  const owner = (metadata.ownerReferences ?? []).find(({ controller }: { controller?: boolean }) => controller);
  if (owner) text.line(0, 'Controlled By:', `${owner.kind}/${owner.name}`);
}

export async function ownedPods(context: Context, owner: KubeObject): Promise<KubeObject[]> {
  const resource = await context.discovery.get('pods');
  const labelSelector = labelSelectorAsSelector(owner['spec'].selector).toString();
  const { items } = await context.client.get(pathOf(resource, owner.metadata.namespace), { query: { labelSelector, limit: 500 } });
  return (items as KubeObject[]).filter(({ metadata }) =>
    metadata.ownerReferences?.some(({ uid, controller }) => controller && uid === owner.metadata.uid),
  );
}

function podsStatus(pods: readonly KubeObject[]): string {
  const count = (phase: string) => pods.filter((pod) => pod['status']?.phase === phase).length;
  return `${count('Running')} Running / ${count('Pending')} Waiting / ${count('Succeeded')} Succeeded / ${count('Failed')} Failed`;
}

export const daemonSetDescriber = defineDescriber({
  hasEvents: true,
  async describe(text, set, { context, events }) {
    const { metadata, spec, status } = set;
    text.line(0, 'Name:', metadata.name).line(0, 'Namespace:', metadata.namespace).line(0, 'Selector:', labelSelectorText(spec.selector));
    labelLines(text, 'Node-Selector', spec.template.spec.nodeSelector);
    labelLines(text, 'Labels', metadata.labels);
    annotationLines(text, 'Annotations', metadata.annotations);
    text.line(0, `Desired Number of Nodes Scheduled: ${status.desiredNumberScheduled ?? 0}`);
    text.line(0, `Current Number of Nodes Scheduled: ${status.currentNumberScheduled ?? 0}`);
    text.line(0, `Number of Nodes Scheduled with Up-to-date Pods: ${status.updatedNumberScheduled ?? 0}`);
    text.line(0, `Number of Nodes Scheduled with Available Pods: ${status.numberAvailable ?? 0}`);
    text.line(0, `Number of Nodes Misscheduled: ${status.numberMisscheduled ?? 0}`);
    text.line(0, 'Pods Status:', podsStatus(await ownedPods(context, set)));
    podTemplate(text, spec.template);
    eventLines(text, events, context.io.now());
  },
});
