'use client';
import { X } from 'lucide-react';
import { useWorkspace, useWorkspaceStore } from './use-workspace';
import styles from './Workspace.module.css';

/** What the learner should read once: a restore, a refusal, a trimmed history. */
export function Banners() {
  const store = useWorkspaceStore();
  const notices = useWorkspace((state) => state.notices);
  const isReadOnly = useWorkspace((state) => state.isReadOnly);
  const status = useWorkspace((state) => state.status);
  const refusal = useWorkspace((state) =>
    state.connection === 'refused' ? (state.refusal ?? 'This sandbox does not answer.') : undefined,
  );
  return (
    <div role="status">
      {isReadOnly ? (
        <p className={styles.banner} style={{ background: 'var(--surface)', color: 'var(--ink-2)' }}>
          You are looking over a learner’s shoulder. Nothing you type reaches this cluster.
        </p>
      ) : null}
      {refusal ? <p className={styles.banner}>{refusal}</p> : null}
      {status.type === 'restoring' ? <p className={styles.banner}>Bringing your cluster back: {status.reason}</p> : null}
      {status.type === 'stopped' ? <p className={styles.banner}>Your cluster is stopped: {status.reason}</p> : null}
      {notices.map((notice) => (
        <div
          key={notice.id}
          className={styles.banner}
          style={notice.level === 'note' ? { background: 'var(--surface)', color: 'var(--ink-2)' } : undefined}
        >
          <p>{notice.text}</p>
          <button type="button" className="time-button" aria-label="Dismiss" onClick={() => store.dismissNotice(notice.id)}>
            <X size={14} aria-hidden="true" />
          </button>
        </div>
      ))}
    </div>
  );
}
