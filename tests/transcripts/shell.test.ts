import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Keyboard } from '../support/keyboard';

/**
 * A person at a terminal. `> text` types a line, `> ^C` or `> ^D` a control key, `wait 2s` lets simulated time pass;
 * what follows is what the screen shows since. UPDATE_TRANSCRIPTS=1 rewrites the files; read the difference before committing it.
 */
const directory = join(process.cwd(), 'tests/transcripts/shell');

async function replay(transcript: string): Promise<string> {
  const keyboard = await Keyboard.sitDown();
  keyboard.news();
  let now = '';
  for (const line of transcript.split('\n')) {
    if (line.startsWith('#')) now += `${line}\n`;
    if (line.startsWith('> ') || line.startsWith('wait ')) now += `\n${line}\n${shownOf(await act(keyboard, line))}`;
  }
  keyboard.terminal.close();
  return now;
}

function act(keyboard: Keyboard, line: string): Promise<string> {
  const wait = /^wait (\d+)s$/.exec(line);
  if (wait) return keyboard.wait(Number(wait[1]) * 1000);
  const control = /^> \^([A-Z])$/.exec(line)?.[1];
  return keyboard.type(control ? String.fromCharCode(control.charCodeAt(0) - 64) : `${line.slice(2)}\r`);
}

/** The screen's lines, set in so that none is taken for an instruction. */
function shownOf(text: string): string {
  return text === ''
    ? ''
    : `${text
        .replace(/\n$/, '')
        .split('\n')
        .map((line) => `  ${line}`.trimEnd())
        .join('\n')}\n`;
}

test.each(readdirSync(directory).filter((name) => name.endsWith('.txt')))('%s reads as it did', async (name) => {
  const file = join(directory, name);
  const written = readFileSync(file, 'utf8');
  const now = await replay(written);
  if (process.env['UPDATE_TRANSCRIPTS']) writeFileSync(file, now);
  else expect(now).toBe(written);
});
