'use client';
import { Menu, Modal, TextInput } from '@mantine/core';
import { FileCode, FilePlus, FolderOpen, X } from 'lucide-react';
import { useEffect, useState, type FormEvent } from 'react';
import { MonacoView } from './editor/MonacoView';
import { useFiles, type OpenFile } from './editor/use-files';
import { useWorkspace, useWorkspaceStore } from './use-workspace';
import pane from './Workspace.module.css';
import styles from './EditorPane.module.css';

/** The learner's files, and whatever `kubectl edit` asks to have edited. */
export function EditorPane() {
  const store = useWorkspaceStore();
  const request = useWorkspace((state) => state.editor);
  const { files, open, load, save, edit, create, close, keepMine } = useFiles();
  const [chosen, setChosen] = useState<string | undefined>();
  const active = open.find((file) => file.path === chosen) ?? open.at(-1);
  const show = (path: string) => {
    void load(path).then(() => setChosen(path), store.complain);
  };

  // The lab's own files are what a learner looks for first.
  const first = files.find((file) => /\.ya?ml$/.test(file.path))?.path;
  useEffect(() => {
    if (first && !open.length && !chosen) {
      setChosen(first);
      void load(first).catch(store.complain);
    }
  }, [first, open.length, chosen, load, store]);

  return (
    <section className={`${pane.pane} ${styles.pane}`} aria-label="Editor" data-pane="editor" tabIndex={-1}>
      <div className={`${pane.paneHead} ${styles.head}`}>
        <div className={pane.tabs} role="tablist" aria-label="Open files">
          {open.map((file) => (
            <span key={file.path} role="presentation" className={styles.tabBox} data-selected={file === active ? '' : undefined}>
              <button type="button" role="tab" aria-selected={file === active} className={pane.tab} onClick={() => setChosen(file.path)}>
                <FileCode size={14} aria-hidden="true" />
                {file.path}
                {file.state === 'saved' ? null : <span className={styles.dot} title="Not saved yet" />}
              </button>
            </span>
          ))}
        </div>
        {active ? (
          <button type="button" className={styles.closer} aria-label={`Close ${active.path}`} onClick={() => void close(active.path)}>
            <X size={14} aria-hidden="true" />
          </button>
        ) : null}
        <span className="spacer" />
        {active ? <SaveWord file={active} /> : null}
        <FilesMenu paths={files.map((file) => file.path)} onOpen={show} onCreate={(path) => create(path).then(() => setChosen(path))} />
      </div>
      <div className={styles.area}>
        {request ? (
          <RequestedEdit key={request.id} id={request.id} title={request.title} text={request.text} />
        ) : active ? (
          <div className={styles.stack}>
            {active.state === 'changed-elsewhere' ? (
              <Changed file={active} onReload={() => void load(active.path).catch(store.complain)} onKeep={() => keepMine(active.path)} />
            ) : null}
            <div className={styles.area}>
              <MonacoView
                path={active.path}
                text={active.text}
                version={`${active.path}#${active.load}`}
                onChange={(text) => edit(active.path, text)}
                onSave={() => void save(active.path)}
                label={`${active.path}. F6 leaves the editor.`}
              />
            </div>
          </div>
        ) : (
          <Nothing paths={files.map((file) => file.path)} onOpen={show} />
        )}
      </div>
    </section>
  );
}

const words: Record<OpenFile['state'], string> = {
  saved: 'Saved',
  edited: 'Editing',
  saving: 'Saving',
  'changed-elsewhere': 'Changed in the terminal',
  failed: 'Not saved',
};

function SaveWord({ file }: { file: OpenFile }) {
  return (
    <span className="caption" role="status">
      {words[file.state]}
    </span>
  );
}

function Changed({ file, onReload, onKeep }: { file: OpenFile; onReload: () => void; onKeep: () => void }) {
  return (
    <div className={styles.request} role="alert">
      <p>{file.path} was written in the terminal while you edited it here.</p>
      <button type="button" className="button" onClick={onReload}>
        Take the terminal’s
      </button>
      <button type="button" className="button" onClick={onKeep}>
        Keep mine
      </button>
    </div>
  );
}

function Nothing({ paths, onOpen }: { paths: readonly string[]; onOpen: (path: string) => void }) {
  return (
    <div className={styles.empty}>
      <p>
        {paths.length
          ? 'Files in your home directory:'
          : 'Your home directory is empty. Make a file here, or write one in the terminal; both see the same disk.'}
      </p>
      <div className={styles.files}>
        {paths.map((path) => (
          <button key={path} type="button" className="button" onClick={() => onOpen(path)}>
            <FileCode size={14} aria-hidden="true" />
            {path}
          </button>
        ))}
      </div>
    </div>
  );
}

function FilesMenu({
  paths,
  onOpen,
  onCreate,
}: {
  paths: readonly string[];
  onOpen: (path: string) => void;
  onCreate: (path: string) => Promise<void>;
}) {
  const [isNaming, setIsNaming] = useState(false);
  return (
    <>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <button type="button" className="time-button" aria-label="Files" title="Files">
            <FolderOpen size={16} aria-hidden="true" />
          </button>
        </Menu.Target>
        <Menu.Dropdown mah={320} style={{ overflowY: 'auto' }}>
          <Menu.Item leftSection={<FilePlus size={14} aria-hidden="true" />} onClick={() => setIsNaming(true)}>
            New file
          </Menu.Item>
          {paths.length ? <Menu.Divider /> : null}
          {paths.map((path) => (
            <Menu.Item key={path} leftSection={<FileCode size={14} aria-hidden="true" />} onClick={() => onOpen(path)}>
              {path}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <NewFile isOpen={isNaming} taken={paths} onClose={() => setIsNaming(false)} onCreate={onCreate} />
    </>
  );
}

function NewFile({
  isOpen,
  taken,
  onClose,
  onCreate,
}: {
  isOpen: boolean;
  taken: readonly string[];
  onClose: () => void;
  onCreate: (path: string) => Promise<void>;
}) {
  const [name, setName] = useState('');
  const [failure, setFailure] = useState<string | undefined>();
  const make = async (event: FormEvent) => {
    event.preventDefault();
    const path = name.trim().replace(/^~?\/+/, '');
    if (!path) return setFailure('A file needs a name.');
    if (taken.includes(path)) return setFailure(`${path} is there already.`);
    try {
      await onCreate(path);
      setName('');
      setFailure(undefined);
      onClose();
    } catch (error) {
      setFailure((error as Error).message);
    }
  };
  return (
    <Modal opened={isOpen} onClose={onClose} title="New file" centered size="sm">
      <form onSubmit={(event) => void make(event)}>
        <TextInput
          label="Name"
          placeholder="web.yaml"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={failure}
          data-autofocus
          autoComplete="off"
          spellCheck={false}
        />
        <div className="row" style={{ marginTop: 16, justifyContent: 'flex-end' }}>
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="button primary">
            Make the file
          </button>
        </div>
      </form>
    </Modal>
  );
}

/** `kubectl edit` waits in the terminal until this is answered. */
function RequestedEdit({ id, title, text: given }: { id: string; title: string; text: string }) {
  const store = useWorkspaceStore();
  const [text, setText] = useState(given);
  const [failure, setFailure] = useState<string | undefined>();
  const answer = (result: string | null) =>
    store.link.ask('editor:close', { id, text: result }).then(
      () => store.onMessage({ name: 'editor:gone', payload: { id } }),
      (error: Error) => setFailure(error.message),
    );
  return (
    <div className={styles.stack}>
      <div className={styles.request}>
        <p>
          <b>{title}</b> {failure ?? 'The terminal waits for you to finish.'}
        </p>
        <button type="button" className="button" onClick={() => void answer(null)}>
          Close without saving
        </button>
        <button type="button" className="button primary" onClick={() => void answer(text)}>
          Save and close
        </button>
      </div>
      <div className={styles.area}>
        <MonacoView
          path={`.edit-${id}.yaml`}
          text={given}
          version={id}
          onChange={setText}
          onSave={() => void answer(text)}
          label={`${title}. Save and close to go on.`}
        />
      </div>
    </div>
  );
}
