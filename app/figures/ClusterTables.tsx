import type { ReactNode } from 'react';
import type { ClusterView } from '@/lib/cluster';
import { count } from '@/app/look/format';
import styles from '../workspace/ClusterPane.module.css';

/** The picture's contents as tables, columns named as kubectl names them. */
export function ClusterTables({ view }: { view: ClusterView }) {
  return (
    <div>
      <Table
        caption={count(view.nodes.length, 'node')}
        columns={['Name', 'Status', 'Roles']}
        rows={view.nodes.map((node) => [node.name, node.status, node.roles.join(',') || '<none>'])}
      />
      <Table
        caption={count(view.pods.length, 'Pod')}
        columns={['Name', 'Ready', 'Status', 'Restarts', 'Node', 'Namespace']}
        rows={view.pods.map((pod) => [pod.name, pod.ready, pod.status, pod.restarts, pod.node ?? '<none>', pod.namespace])}
      />
      <Table
        caption={count(view.services.length, 'Service')}
        columns={['Name', 'Type', 'Cluster-IP', 'Ports', 'Endpoints']}
        rows={view.services.map((service) => [
          service.name,
          service.type,
          service.clusterIp,
          service.ports.join(','),
          service.endpoints.length,
        ])}
      />
      <Table
        caption={count(view.workloads.length, 'workload')}
        columns={['Name', 'Kind', 'Ready', 'Up-to-date']}
        rows={view.workloads.map((workload) => [workload.name, workload.kind, `${workload.ready}/${workload.desired}`, workload.upToDate])}
      />
    </div>
  );
}

function Table({ caption, columns, rows }: { caption: string; columns: readonly string[]; rows: readonly (readonly ReactNode[])[] }) {
  return (
    <div className={styles.tableScroll} tabIndex={0} role="group" aria-label={caption}>
      <table className={styles.table}>
        <caption>{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              {row.map((cell, column) => (
                <td key={column}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
