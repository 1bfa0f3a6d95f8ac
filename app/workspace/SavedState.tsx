'use client';
import { CloudCheck, CloudUpload, RefreshCw, WifiOff } from 'lucide-react';
import { useWorkspace } from './use-workspace';
import styles from './Workspace.module.css';

/** Whether what was typed is safe. */
export function SavedState() {
  const connection = useWorkspace((state) => state.connection);
  const isHeld = useWorkspace((state) => state.clock?.isHeld ?? false);
  // On a narrow screen there is a line of its own for what holds the clock.
  const [Icon, word] = connection === 'live' ? (isHeld ? saving : saved) : connection === 'refused' ? offline : unconnected[connection];
  return (
    <span className={styles.saved} role="status" data-connection={connection}>
      <Icon size={15} aria-hidden="true" />
      <span className={connection === 'live' ? 'only-wide' : undefined}>{word}</span>
    </span>
  );
}

const saved = [CloudCheck, 'Saved'] as const;
const saving = [CloudUpload, 'Saving'] as const;
const offline = [WifiOff, 'Offline'] as const;
const unconnected = { connecting: [RefreshCw, 'Connecting'], reconnecting: [RefreshCw, 'Reconnecting'] } as const;
