'use client';
import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import type { monaco } from './monaco';

interface Props {
  /** Relative to the home directory; decides the language. */
  readonly path: string;
  readonly text: string;
  /** Changes when the text changed elsewhere and this copy should follow. */
  readonly version: string;
  readonly onChange: (text: string) => void;
  readonly onSave: () => void;
  readonly label: string;
}

/** One Monaco editor; models come and go with the path. */
export function MonacoView({ path, text, version, onChange, onSave, label }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme('light');
  const [editor, setEditor] = useState<monaco.editor.IStandaloneCodeEditor | undefined>();
  const library = useRef<typeof monaco | undefined>(undefined);
  const handlers = useRef({ onChange, onSave });
  handlers.current = { onChange, onSave };

  useEffect(() => {
    let created: monaco.editor.IStandaloneCodeEditor | undefined;
    let isGone = false;
    void import('./monaco')
      .then(({ prepareMonaco }) => prepareMonaco())
      .then((loaded) => {
        if (isGone || !host.current) return;
        library.current = loaded;
        created = loaded.editor.create(host.current, {
          fontFamily: getComputedStyle(host.current).getPropertyValue('--font-mono'),
          fontSize: 13,
          lineHeight: 19,
          fontLigatures: false,
          automaticLayout: true,
          minimap: { enabled: false },
          scrollBeyondLastLine: false,
          padding: { top: 10, bottom: 10 },
          tabSize: 2,
          insertSpaces: true,
          detectIndentation: false,
          renderLineHighlight: 'line',
          overviewRulerLanes: 0,
          wordWrap: 'off',
          fixedOverflowWidgets: true,
          quickSuggestions: { other: true, comments: false, strings: true },
          stickyScroll: { enabled: false },
          lineNumbersMinChars: 3,
          glyphMargin: false,
          folding: true,
          contextmenu: false,
          occurrencesHighlight: 'off',
          bracketPairColorization: { enabled: false },
        });
        created.addAction({
          id: 'orrery.save',
          label: 'Save',
          keybindings: [loaded.KeyMod.CtrlCmd | loaded.KeyCode.KeyS],
          run: () => handlers.current.onSave(),
        });
        void document.fonts?.ready.then(() => loaded.editor.remeasureFonts());
        setEditor(created);
      });
    return () => {
      isGone = true;
      created?.dispose();
    };
  }, []);

  useEffect(() => {
    library.current?.editor.setTheme(`orrery-${scheme}`);
  }, [scheme, editor]);
  useEffect(() => {
    editor?.updateOptions({ ariaLabel: label });
  }, [editor, label]);

  useEffect(() => {
    const loaded = library.current;
    if (!editor || !loaded) return undefined;
    const uri = loaded.Uri.file(`/home/learner/${path}`);
    loaded.editor.getModel(uri)?.dispose();
    const model = loaded.editor.createModel(text, path.endsWith('.sh') ? 'shell' : /\.ya?ml$/.test(path) ? 'yaml' : undefined, uri);
    editor.setModel(model);
    const changed = model.onDidChangeContent(() => handlers.current.onChange(model.getValue()));
    return () => {
      changed.dispose();
      model.dispose();
    };
    // The text is followed by the effect below; a model lasts as long as its path.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [editor, path]);

  useEffect(() => {
    const model = editor?.getModel();
    if (model && model.getValue() !== text) model.pushEditOperations([], [{ range: model.getFullModelRange(), text }], () => null);
    // Only a change from elsewhere is taken over; typing goes the other way.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [editor, version]);

  return <div ref={host} style={{ position: 'absolute', inset: 0 }} />;
}
