import { KeyReader } from '@/lib/shell/keys';
import { LineEditor, widthOf } from '@/lib/shell/line-editor';

function edit(columns: number, input: string, history: readonly string[] = []): { text: string; printed: string } {
  let printed = '';
  const editor = new LineEditor({ write: (text) => void (printed += text), columns: () => columns, history: () => history });
  editor.begin('$ ');
  for (const key of new KeyReader().read(input)) editor.press(key);
  return { text: editor.text, printed };
}

describe('a line being typed', () => {
  test('is printed letter by letter at its end', () => {
    expect(edit(80, 'ls').printed).toBe('$ ls');
  });

  test('goes on in the next row when the row is full', () => {
    expect(edit(10, '12345678').printed).toBe('$ 12345678 \r');
    expect(edit(10, '123456789\x01').printed).toMatch(/\x1b\[1A\r\x1b\[2C$/);
  });

  test('is repainted from the prompt on when something changes in the middle', () => {
    expect(edit(80, 'ac\x1b[Db').printed).toBe('$ ac\r\x1b[3C\r\x1b[J$ abc\r\x1b[4C');
  });

  test('moves and kills by words', () => {
    expect(edit(80, 'one two three\x1bb\x1bb\x1bd').text).toBe('one  three');
    expect(edit(80, 'one two\x1b\x7f\x19').text).toBe('one two');
  });

  test('recalls what was typed before, and comes back to the draft', () => {
    expect(edit(80, 'dra\x1b[A', ['first', 'second']).text).toBe('second');
    expect(edit(80, 'dra\x1b[A\x1b[A', ['first', 'second']).text).toBe('first');
    expect(edit(80, 'dra\x1b[A\x1b[B', ['first', 'second']).text).toBe('dra');
  });

  test('gives a wide character two columns and a combining mark none', () => {
    expect([widthOf('a'), widthOf('字'), widthOf('\u0301')]).toEqual([1, 2, 0]);
  });
});

describe('keys', () => {
  test('are told apart from sequences that arrive in two pieces', () => {
    const reader = new KeyReader();
    expect(reader.read('a\x1b[')).toEqual([{ type: 'text', text: 'a' }]);
    expect(reader.read('A')).toEqual([{ type: 'up' }]);
    expect(reader.read('\x1b[200~one\r')).toEqual([]);
    expect(reader.read('\ntwo\x1b[201~')).toEqual([{ type: 'paste', text: 'one\ntwo' }]);
  });
});
