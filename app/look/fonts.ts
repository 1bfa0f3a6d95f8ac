import localFont from 'next/font/local';

/** The machine and the interface. Captions use its width axis. */
const ui = localFont({
  src: '../../node_modules/@fontsource-variable/instrument-sans/files/instrument-sans-latin-wdth-normal.woff2',
  weight: '400 700',
  declarations: [{ prop: 'font-stretch', value: '75% 100%' }],
  variable: '--face-ui',
  display: 'swap',
});

/** The teacher. */
const read = localFont({
  src: [
    { path: '../../node_modules/@fontsource-variable/literata/files/literata-latin-opsz-normal.woff2', style: 'normal', weight: '200 900' },
    { path: '../../node_modules/@fontsource-variable/literata/files/literata-latin-opsz-italic.woff2', style: 'italic', weight: '200 900' },
  ],
  variable: '--face-read',
  display: 'swap',
  adjustFontFallback: 'Times New Roman',
});

/** What you type and what it prints. */
const mono = localFont({
  src: '../../node_modules/@fontsource-variable/m-plus-1-code/files/m-plus-1-code-latin-wght-normal.woff2',
  weight: '100 700',
  variable: '--face-mono',
  display: 'swap',
  adjustFontFallback: false,
  preload: false,
});

export const fontVariables = `${ui.variable} ${read.variable} ${mono.variable}`;
