'use client';
import { CloudCheck, RefreshCw, WifiOff } from 'lucide-react';
import { useWorkspace } from './use-workspace';
import styles from './Workspace.module.css';

/** Whether what was typed is safe. */
export function SavedState() {
  const connection = useWorkspace((state) => state.connection);
  const [Icon, word] =
    connection === 'live'
      ? ([CloudCheck, 'Saved'] as const)
      : connection === 'refused'
        ? ([WifiOff, 'Offline'] as const)
        : ([RefreshCw, connection === 'connecting' ? 'Connecting' : 'Reconnecting'] as const);
  return (
    <span className={styles.saved} role="status" data-connection={connection}>
      <Icon size={15} aria-hidden="true" />
      <span className={connection === 'live' ? 'only-wide' : undefined}>{word}</span>
    </span>
  );
}
