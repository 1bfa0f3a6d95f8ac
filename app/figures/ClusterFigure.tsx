'use client';
import { Ban, Hourglass, Unplug } from 'lucide-react';
import { useCallback, useRef, useState, type CSSProperties } from 'react';
import type { ClusterView, PodView, ServiceView } from '@/lib/cluster';
import { Glyph } from '@/app/look/Glyph';
import { lookOf, State } from '@/app/look/State';
import { parts } from '@/app/look/parts';
import { cores, count, memory } from '@/app/look/format';
import { layoutCluster, type Agent, type Box, type ClusterLayout, type NodeBox, type PodBox, type ServiceBox } from './cluster-layout';
import styles from './ClusterFigure.module.css';

/** What is pointed at in a cluster: `pod/default/web-x`, `node/worker-1`, `service/default/web`. */
export type Selection = string;

export const selectionOf = {
  pod: (pod: PodView): Selection => `pod/${pod.namespace}/${pod.name}`,
  node: (name: string): Selection => `node/${name}`,
  service: (service: ServiceView): Selection => `service/${service.namespace}/${service.name}`,
};

interface FigureProps {
  readonly view: ClusterView;
  readonly selected?: Selection | undefined;
  readonly onSelect?: ((selection: Selection | undefined) => void) | undefined;
}

/** Nodes, the Pods on them, and the Services that reach them. Every box is a button that says what it stands for. */
export function ClusterFigure({ view, selected, onSelect }: FigureProps) {
  const [frame, width] = useWidth(380);
  const layout = layoutCluster(view, width);
  const service = layout.services.find((box) => selectionOf.service(box.service) === selected)?.service;
  if (!view.nodes.length) return <Silence />;
  const pick = (selection: Selection) => onSelect?.(selection === selected ? undefined : selection);
  return (
    <div ref={frame} className={styles.frame} style={{ height: layout.height }} role="group" aria-label={summaryOf(layout)}>
      <Lanes layout={layout} />
      {layout.waiting ? <Waiting box={layout.waiting} /> : null}
      {layout.nodes.map((box) => (
        <NodeFrame key={box.node.name} box={box} selected={selected} pick={pick} />
      ))}
      {layout.pods.map((box) => (
        <PodTile
          key={box.pod.uid}
          box={box}
          isSelected={selectionOf.pod(box.pod) === selected}
          isReached={service?.endpoints.includes(`${box.pod.namespace}/${box.pod.name}`) ?? false}
          pick={pick}
        />
      ))}
      {layout.services.map((box) => (
        <ServiceTile key={selectionOf.service(box.service)} box={box} isSelected={box.service === service} pick={pick} />
      ))}
    </div>
  );
}

/** Without the API server there is nobody to ask. */
function Silence() {
  return (
    <p className={styles.silence} role="status">
      <Unplug size={18} aria-hidden="true" />
      <span>
        <b>The API server does not answer.</b> It is the only one who can say what there is. What runs on the nodes goes on running, and
        nobody is told.
      </span>
    </p>
  );
}

function summaryOf({ nodes, pods, waiting, services }: ClusterLayout): string {
  const ready = nodes.filter(({ node }) => node.status.startsWith('Ready')).length;
  const running = pods.filter(({ pod }) => pod.status === 'Running').length;
  return `Cluster: ${ready} of ${count(nodes.length, 'node')} ready, ${running} of ${count(pods.length, 'Pod')} running, ${waiting ? `${count(waiting.pods.length, 'Pod')} waiting for a node, ` : ''}${count(services.length, 'Service')}.`;
}

/** The element's width, kept up to date. Rounded down so that a scrollbar's fraction does not start a dance. */
function useWidth(initial: number): [(element: HTMLElement | null) => void, number] {
  const [width, setWidth] = useState(initial);
  const observer = useRef<ResizeObserver | undefined>(undefined);
  const attach = useCallback((element: HTMLElement | null) => {
    observer.current?.disconnect();
    if (!element) return;
    observer.current = new ResizeObserver(([entry]) => entry && setWidth(Math.max(220, Math.floor(entry.contentRect.width))));
    observer.current.observe(element);
  }, []);
  return [attach, width];
}

function placed(box: Box): CSSProperties {
  return { width: box.width, height: box.height, transform: `translate(${box.x}px, ${box.y}px)` };
}

function Lanes({ layout }: { layout: ClusterLayout }) {
  return (
    <svg className={`figure ${styles.lanes}`} width={layout.width} height={layout.height} aria-hidden="true">
      {layout.lanes.map((lane) => (
        <g key={lane.key}>
          <path className="packet" d={lane.path} />
          {lane.beads.map((bead) => (
            <rect
              key={bead.y}
              x={bead.x - 4}
              y={bead.y - 4}
              width="8"
              height="8"
              fill="var(--p-svc)"
              stroke="var(--page)"
              strokeWidth="1.5"
            />
          ))}
        </g>
      ))}
    </svg>
  );
}

function Waiting({ box }: { box: NonNullable<ClusterLayout['waiting']> }) {
  return (
    <div className={`${styles.box} ${styles.waiting}`} style={placed(box)}>
      <div className={styles.head}>
        <Hourglass size={16} aria-hidden="true" />
        <b>Waiting for a node</b>
        <span className="spacer" />
        <span className="caption">{count(box.pods.length, 'Pod')}</span>
      </div>
      {box.reason ? (
        <p className={styles.reason} style={{ top: box.reasonTop }}>
          {box.reason}
        </p>
      ) : null}
    </div>
  );
}

function NodeFrame({ box, selected, pick }: { box: NodeBox; selected: Selection | undefined; pick: (selection: Selection) => void }) {
  const { node, agents } = box;
  const selection = selectionOf.node(node.name);
  return (
    <div
      className={styles.box}
      data-down={node.isUp ? undefined : ''}
      data-selected={selected === selection ? '' : undefined}
      style={placed(box)}
    >
      <div className={styles.head}>
        <button type="button" className={styles.name} aria-pressed={selected === selection} onClick={() => pick(selection)}>
          <Glyph part="klt" size={17} />
          {node.name}
        </button>
        <State status={node.status}>{node.status.replace(',SchedulingDisabled', ', cordoned')}</State>
        <span className="spacer" />
        {agents.map((agent) => (
          <AgentMark key={agent.name} agent={agent} selected={selected} pick={pick} />
        ))}
      </div>
      {box.taints.length ? (
        <div className={styles.taints} style={{ top: 38 }} title={box.taints.join('\n')}>
          <Ban size={12} aria-hidden="true" />
          <span>{box.taints.join(', ')}</span>
        </div>
      ) : null}
      {box.height > 50 ? <Requests box={box} /> : null}
    </div>
  );
}

function AgentMark({ agent, selected, pick }: { agent: Agent; selected: Selection | undefined; pick: (selection: Selection) => void }) {
  const { tone } = lookOf(agent.status);
  const selection = agent.pod ? selectionOf.pod(agent.pod) : '';
  return (
    <button
      type="button"
      className={styles.agent}
      data-tone={tone}
      aria-pressed={selection === selected}
      aria-label={`${parts[agent.part].name}, ${agent.status}`}
      title={`${agent.name}: ${agent.status}`}
      onClick={() => pick(selection)}
    >
      <Glyph part={agent.part} size={15} />
    </button>
  );
}

function Requests({ box: { node, footTop, y, podsCount } }: { box: NodeBox }) {
  return (
    <div className={styles.foot} style={{ top: footTop - y }}>
      <Bar
        label="CPU asked"
        value={`${cores(node.cpu.requestedMillis)} of ${cores(node.cpu.allocatableMillis)}`}
        share={node.cpu.requestedMillis / (node.cpu.allocatableMillis || 1)}
      />
      <Bar
        label="Memory"
        value={memory(node.memory.requestedBytes, node.memory.allocatableBytes)}
        share={node.memory.requestedBytes / (node.memory.allocatableBytes || 1)}
      />
      <span className={`caption ${styles.podsCount}`}>
        {podsCount} of {node.podsMax} Pods
      </span>
    </div>
  );
}

function Bar({ label, value, share }: { label: string; value: string; share: number }) {
  return (
    <div className={styles.bar}>
      <span className="caption">{label}</span>
      <span className="caption">{value}</span>
      <i>
        <i style={{ width: `${Math.min(100, share * 100)}%` }} />
      </i>
    </div>
  );
}

function PodTile({
  box,
  isSelected,
  isReached,
  pick,
}: {
  box: PodBox;
  isSelected: boolean;
  isReached: boolean;
  pick: (selection: Selection) => void;
}) {
  const { pod } = box;
  const { tone, icon: Icon } = lookOf(pod.status);
  const isSolid = pod.status === 'Running' || pod.status === 'Completed';
  const word =
    pod.status === 'ContainerCreating' ? 'Creating' : pod.status === 'Running' && !pod.isReady ? `Running, ${pod.ready} ready` : pod.status;
  return (
    <button
      type="button"
      className={box.isDense ? `${styles.pod} ${styles.dense}` : styles.pod}
      style={placed(box)}
      data-tone={tone}
      data-solid={isSolid ? '' : undefined}
      data-reached={isReached ? '' : undefined}
      aria-pressed={isSelected}
      aria-label={box.isDense ? `Pod ${pod.name}, ${word}` : undefined}
      title={`${pod.namespace}/${pod.name}`}
      onClick={() => pick(selectionOf.pod(pod))}
    >
      {box.isDense ? null : (
        <>
          <span className={styles.podName}>
            <span className="visually-hidden">Pod </span>
            {box.title}
          </span>
          <span className={`${styles.podState} tone-${tone}`}>
            <Icon size={13} strokeWidth={2} aria-hidden="true" />
            <span>{word}</span>
          </span>
        </>
      )}
    </button>
  );
}

function ServiceTile({ box, isSelected, pick }: { box: ServiceBox; isSelected: boolean; pick: (selection: Selection) => void }) {
  const { service } = box;
  const address =
    service.clusterIp && service.clusterIp !== 'None' ? `${service.clusterIp}:${service.ports[0]?.split('/')[0] ?? ''}` : 'headless';
  return (
    <button
      type="button"
      className={styles.service}
      style={placed(box)}
      aria-pressed={isSelected}
      onClick={() => pick(selectionOf.service(service))}
    >
      <Glyph part="svc" size={18} />
      <span>
        <b>{service.name}</b>
        <span className="caption">
          {address}, {count(service.endpoints.length, 'endpoint')}
        </span>
      </span>
    </button>
  );
}
