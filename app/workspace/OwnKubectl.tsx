'use client';
import { Download } from 'lucide-react';
import type { LabContent } from '@/lib/content';
import { CopyButton } from './CopyButton';
import styles from './TaskPane.module.css';

/** A real kubectl, outside the page, on the same cluster. */
export function OwnKubectl({ lab, sandboxId }: { lab: LabContent; sandboxId: string }) {
  const file = `${lab.slug}.kubeconfig`;
  return (
    <div className={styles.prose}>
      <p>This cluster answers any kubectl, client library or dashboard, as a real one does. Download its kubeconfig and try:</p>
      <pre tabIndex={0}>
        <code>{`export KUBECONFIG=~/Downloads/${file}\nkubectl get nodes`}</code>
        <CopyButton />
      </pre>
      <p>The file carries a token for this cluster alone. Whoever has it can do what you can do here, so keep it to yourself.</p>
      <a className="button primary" href={`/sandboxes/${sandboxId}/kubeconfig`} download={file}>
        <Download size={15} aria-hidden="true" />
        Download kubeconfig
      </a>
    </div>
  );
}
