'use client';
import { ListTree, Network } from 'lucide-react';
import { useState } from 'react';
import { ClusterFigure, type Selection } from '@/app/figures/ClusterFigure';
import { ClusterTables } from '@/app/figures/ClusterTables';
import { Explanation } from '@/app/figures/Explanation';
import { Glyph } from '@/app/look/Glyph';
import { count } from '@/app/look/format';
import { Events } from '@/app/figures/Events';
import { useWorkspace } from './use-workspace';
import pane from './Workspace.module.css';
import styles from './ClusterPane.module.css';

/** The cluster as it is now: drawn, or as tables for whoever prefers to read. */
export function ClusterPane() {
  const view = useWorkspace((state) => state.view);
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
      <div className={styles.scroll} tabIndex={0} role="region" aria-label="Cluster view">
        {!view ? (
          <p className={styles.empty}>The cluster is starting.</p>
        ) : isTable ? (
          <ClusterTables view={view} />
        ) : (
          <>
            <ClusterFigure view={view} selected={selected} onSelect={setSelected} />
            <Explanation view={view} selected={selected} />
            <Workloads />
            <Events events={view.events} limit={12} />
          </>
        )}
      </div>
    </section>
  );
}

function Workloads() {
  const workloads = useWorkspace((state) => state.view?.workloads) ?? [];
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
