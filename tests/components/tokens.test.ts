import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { partIds } from '@/app/look/parts';

const css = readFileSync(join(import.meta.dirname, '../../app/look/tokens.css'), 'utf8');

function scheme(name: 'light' | 'dark'): Record<string, string> {
  const block = css.slice(css.indexOf(`[data-mantine-color-scheme='${name}']`)).split('}')[0] ?? '';
  return Object.fromEntries([...block.matchAll(/--([\w-]+): (#[0-9a-f]{6})/gi)].map(([, token, colour]) => [token, colour]));
}

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5]
    .map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].toSorted((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

describe.each(['light', 'dark'] as const)('in the %s scheme', (name) => {
  const tokens = scheme(name);
  const grounds = ['page', 'surface', 'sunken'];

  test.each(['ink', 'ink-2', 'ink-3', 'accent', 'time', 'ok', 'warn', 'bad', ...partIds.map((id) => `p-${id}`)])(
    '%s is readable as text on every ground',
    (token) => {
      for (const ground of grounds) expect(contrast(tokens[token] ?? '', tokens[ground] ?? '')).toBeGreaterThanOrEqual(4.5);
    },
  );

  test.each(['line-strong', 'time-line'])('%s can be seen as the edge of a control', (token) => {
    for (const ground of ['page', 'surface']) expect(contrast(tokens[token] ?? '', tokens[ground] ?? '')).toBeGreaterThanOrEqual(3);
  });

  test.each(['ok', 'warn', 'bad'])('%s is readable on its own wash', (token) => {
    expect(contrast(tokens[token] ?? '', tokens[`${token}-wash`] ?? '')).toBeGreaterThanOrEqual(4.5);
  });

  test('a button says its word readably on the accent', () => {
    expect(contrast(tokens['on-accent'] ?? '', tokens['accent'] ?? '')).toBeGreaterThanOrEqual(4.5);
  });
});
