'use client';
import { ListTree, Network, RotateCcw } from 'lucide-react';
import { useState } from 'react';
import { ClusterFigure, type Selection } from '@/app/figures/ClusterFigure';
import { ClusterTables } from '@/app/figures/ClusterTables';
import { Explanation } from '@/app/figures/Explanation';
import { Glyph } from '@/app/look/Glyph';
import { clockTime, count } from '@/app/look/format';
import { partOf } from '@/app/look/parts';
import { Events } from '@/app/figures/Events';
import type { ClusterView } from '@/lib/cluster';
import type { PastView } from '@/lib/realtime/events';
import type { Retrospect } from './store';
import { useWorkspace, useWorkspaceStore } from './use-workspace';
import pane from './Workspace.module.css';
import styles from './ClusterPane.module.css';

/** The cluster as it is now, or was when the learner looks back: drawn, or as tables for whoever prefers to read. */
export function ClusterPane() {
  const past = useWorkspace((state) => state.past);
  const present = useWorkspace((state) => state.view);
  const view = past ? past.seen?.view : present;
  const [isTable, setIsTable] = useState(false);
  const [selected, setSelected] = useState<Selection | undefined>();
  return (
    <section className={`${pane.pane} ${styles.pane}`} aria-label="Cluster" data-pane="cluster" tabIndex={-1}>
      <div className={pane.paneHead}>
        <h2 style={{ fontSize: 13 }}>Cluster</h2>
        {view ? (
          <span className="caption figures row" style={{ gap: 5 }}>
            <Glyph part="etcd" size={13} />
            revision {view.revision}
          </span>
        ) : null}
        <span className="spacer" />
        <button type="button" className="button quiet" aria-pressed={isTable} onClick={() => setIsTable(!isTable)}>
          {isTable ? <Network size={15} aria-hidden="true" /> : <ListTree size={15} aria-hidden="true" />}
          {isTable ? 'As a picture' : 'As a table'}
        </button>
      </div>
      {past ? <LookingBack past={past} /> : null}
      <div className={styles.scroll} tabIndex={0} role="region" aria-label="Cluster view">
        {!view ? (
          <p className={styles.empty}>{past ? 'Looking back.' : 'The cluster is starting.'}</p>
        ) : isTable ? (
          <ClusterTables view={view} />
        ) : (
          <>
            <ClusterFigure view={view} selected={selected} onSelect={setSelected} />
            <Explanation view={view} selected={selected} />
            {past?.seen ? <Changes changes={past.seen.changes} /> : null}
            <Workloads workloads={view.workloads} />
            <Events events={view.events} limit={12} />
          </>
        )}
      </div>
    </section>
  );
}

/** Says that this is not now, from when it is, and the way back. */
function LookingBack({ past }: { past: Retrospect }) {
  const store = useWorkspaceStore();
  const history = useWorkspace((state) => state.history);
  const isAtEnd = history?.trimmed !== undefined && past.at <= history.from;
  return (
    <div className={styles.past}>
      <p>
        As it was at <time>{clockTime(past.at)}</time>
        {isAtEnd ? `: ${history.trimmed}` : ''}
      </p>
      <button type="button" className="button quiet" onClick={() => store.returnToNow()}>
        <RotateCcw size={15} aria-hidden="true" />
        Return to now
      </button>
    </div>
  );
}

const verbs = { create: 'created', update: 'changed', delete: 'deleted' } as const;
const changesShown = 12;

/** What had been changed by then, and by whom: the newest first. */
function Changes({ changes }: Pick<PastView, 'changes'>) {
  return (
    <div className={styles.section}>
      <h3>What led up to it</h3>
      {changes.length === 0 ? <p>Nothing changed in the two minutes before.</p> : null}
      <ul>
        {changes.slice(0, changesShown).map(({ revision, at, operation, object, actor, what }) => (
          <li key={`${revision}/${object}`} className={styles.event}>
            <time>{clockTime(at)}</time>
            <Glyph part={partOf(actor)} size={15} />
            <p title={what}>
              {actor.split('/').at(-1)} {verbs[operation]} {object.split('/')[0]} <b>{object.split('/').at(-1)}</b>
            </p>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Workloads({ workloads }: Pick<ClusterView, 'workloads'>) {
  const shown = workloads.filter(
    (workload) => workload.namespace !== 'kube-system' && (workload.kind !== 'ReplicaSet' || workload.desired > 0 || workload.ready > 0),
  );
  if (!shown.length) return null;
  return (
    <div className={styles.section}>
      <h3>Who wants what</h3>
      <ul>
        {shown.map((workload) => (
          <li
            key={`${workload.kind}/${workload.namespace}/${workload.name}`}
            className={styles.workload}
            style={{ paddingLeft: workload.owner ? 14 : 0 }}
          >
            <span>
              {workload.kind} <b>{workload.name}</b>
            </span>
            <span className="figures">
              {workload.ready} of {count(workload.desired, 'Pod')} ready
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
