'use client';
import { Menu, Modal } from '@mantine/core';
import { Ellipsis, RotateCcw, SquareTerminal } from 'lucide-react';
import { useState } from 'react';
import type { LabContent } from '@/lib/content';
import { OwnKubectl } from './OwnKubectl';
import { useWorkspaceStore } from './use-workspace';

type Dialog = 'kubectl' | 'reset' | undefined;

export function WorkspaceMenu({ lab, sandboxId }: { lab: LabContent; sandboxId: string }) {
  const [dialog, setDialog] = useState<Dialog>();
  const close = () => setDialog(undefined);
  return (
    <>
      <Menu position="bottom-end" width={250} withinPortal>
        <Menu.Target>
          <button type="button" className="time-button" aria-label="More">
            <Ellipsis size={18} aria-hidden="true" />
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<SquareTerminal size={15} aria-hidden="true" />} onClick={() => setDialog('kubectl')}>
            Use your own kubectl
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item leftSection={<RotateCcw size={15} aria-hidden="true" />} onClick={() => setDialog('reset')}>
            Start the lab again
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Modal opened={dialog === 'kubectl'} onClose={close} title="Use your own kubectl" centered size="lg">
        <OwnKubectl lab={lab} sandboxId={sandboxId} />
      </Modal>
      <Modal opened={dialog === 'reset'} onClose={close} title="Start the lab again?" centered size="md">
        <Reset onDone={close} />
      </Modal>
    </>
  );
}

function Reset({ onDone }: { onDone: () => void }) {
  const store = useWorkspaceStore();
  const [isBusy, setIsBusy] = useState(false);
  const [failure, setFailure] = useState<string | undefined>();
  const reset = async () => {
    setIsBusy(true);
    try {
      store.onJoin(await store.link.ask('sandbox:reset', {}));
      onDone();
    } catch (error) {
      setFailure((error as Error).message);
      setIsBusy(false);
    }
  };
  return (
    <>
      <p>The cluster and your files go back to how the lab began. What you submitted so far keeps its result.</p>
      {failure ? (
        <p role="alert" style={{ color: 'var(--bad)', marginTop: 8 }}>
          {failure}
        </p>
      ) : null}
      <div className="row" style={{ marginTop: 20, justifyContent: 'flex-end' }}>
        <button type="button" className="button" data-autofocus onClick={onDone}>
          Keep working
        </button>
        <button type="button" className="button primary" disabled={isBusy} onClick={() => void reset()}>
          {isBusy ? 'Starting again…' : 'Start again'}
        </button>
      </div>
    </>
  );
}
