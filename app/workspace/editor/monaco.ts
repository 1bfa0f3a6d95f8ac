import 'monaco-editor/features/register.all.js';
import 'monaco-editor/languages/definitions/yaml/register.js';
import 'monaco-editor/languages/definitions/shell/register.js';
import * as monaco from 'monaco-editor/editor/editor.api.js';
import { configureMonacoYaml, type JSONSchema } from 'monaco-yaml';

export { monaco };

declare global {
  interface Window {
    MonacoEnvironment?: { getWorker(id: string, label: string): Worker };
  }
}

function workerFor(label: string): Worker {
  if (label === 'yaml') return new Worker(new URL('./yaml.worker.ts', import.meta.url), { type: 'module' });
  return new Worker(new URL('./editor.worker.ts', import.meta.url), { type: 'module' });
}

/** Once per page: workers, colours, and what YAML means here. Everything comes from this site. */
export async function prepareMonaco(): Promise<typeof monaco> {
  prepared ??= prepare();
  return prepared;
}

let prepared: Promise<typeof monaco> | undefined;

async function prepare(): Promise<typeof monaco> {
  window.MonacoEnvironment = { getWorker: (_id, label) => workerFor(label) };
  defineThemes();
  void fetch('/schema/kubernetes.json')
    .then((response) => response.json())
    .then(configureYaml, () => configureYaml(undefined));
  return monaco;
}

function configureYaml(schema: JSONSchema | undefined): void {
  configureMonacoYaml(monacoForYaml() as Parameters<typeof configureMonacoYaml>[0], {
    enableSchemaRequest: false,
    hover: true,
    completion: true,
    validate: true,
    format: { enable: true },
    schemas: schema ? [{ uri: `${location.origin}/schema/kubernetes.json`, fileMatch: ['*.yaml', '*.yml'], schema }] : [],
  });
}

/** monaco-yaml 5.5 asks for its worker with the options Monaco had before 0.53: this copy of `monaco` still answers them. */
function monacoForYaml(): unknown {
  const createWebWorker = (options: { label: string; createData: unknown }) =>
    monaco.editor.createWebWorker({
      worker: Promise.resolve(workerFor(options.label)).then((worker) => {
        worker.postMessage('ignore');
        worker.postMessage(options.createData);
        return worker;
      }),
    });
  return { ...monaco, editor: { ...monaco.editor, createWebWorker } };
}

/** Monaco wants plain hexadecimal, so the tokens' values are repeated here. */
const schemes = {
  light: {
    base: 'vs',
    surface: '#FCFDFC',
    ink: '#13201E',
    dim: '#5A6964',
    line: '#D3DAD6',
    sunken: '#E8ECEA',
    accent: '#0A5963',
    wash: '#DCEBEA',
    warn: '#8A4B00',
    bad: '#B0281C',
    comment: '#5A6964',
    number: '#984D79',
    keyword: '#A8481A',
  },
  dark: {
    base: 'vs-dark',
    surface: '#131C1D',
    ink: '#E7EEEB',
    dim: '#8B9B97',
    line: '#263435',
    sunken: '#080E0F',
    accent: '#74C7CC',
    wash: '#15302F',
    warn: '#F0A95A',
    bad: '#FF8F80',
    comment: '#8B9B97',
    number: '#EBC4D8',
    keyword: '#F09A6E',
  },
} as const;

function defineThemes(): void {
  for (const [name, colour] of Object.entries(schemes)) {
    monaco.editor.defineTheme(`orrery-${name}`, {
      base: colour.base,
      inherit: true,
      rules: [
        { token: '', foreground: colour.ink.slice(1) },
        ...['type', 'type.yaml'].map((token) => ({ token, foreground: colour.accent.slice(1) })),
        ...['string', 'string.yaml'].map((token) => ({ token, foreground: colour.ink.slice(1) })),
        ...['number', 'number.yaml'].map((token) => ({ token, foreground: colour.number.slice(1) })),
        ...['comment', 'comment.yaml'].map((token) => ({ token, foreground: colour.comment.slice(1), fontStyle: 'italic' })),
        ...['keyword', 'keyword.yaml'].map((token) => ({ token, foreground: colour.keyword.slice(1) })),
      ],
      colors: {
        'editor.background': colour.surface,
        'editor.foreground': colour.ink,
        'editorLineNumber.foreground': colour.dim,
        'editorLineNumber.activeForeground': colour.ink,
        'editorLineNumber.dimmedForeground': colour.dim,
        'editorCursor.foreground': colour.accent,
        'editor.lineHighlightBorder': '#00000000',
        'editor.lineHighlightBackground': `${colour.sunken}99`,
        'editor.selectionBackground': colour.wash,
        'editorIndentGuide.background1': colour.line,
        'editorWarning.foreground': colour.warn,
        'editorError.foreground': colour.bad,
        'editorWidget.background': colour.surface,
        'editorWidget.border': colour.dim,
        'editorSuggestWidget.background': colour.surface,
        'editorSuggestWidget.selectedBackground': colour.wash,
        'editorSuggestWidget.selectedForeground': colour.ink,
        'editorSuggestWidget.highlightForeground': colour.accent,
        'editorSuggestWidget.focusHighlightForeground': colour.accent,
        'editorHoverWidget.background': colour.surface,
        focusBorder: colour.accent,
      },
    });
  }
}
