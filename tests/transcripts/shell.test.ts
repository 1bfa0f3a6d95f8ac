import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster } from '@/lib/cluster';
import { Keyboard } from '../support/keyboard';
import { freshCluster } from '../support/template';

/**
 * A person at a terminal. `> text` types a line, `> ^C` or `> ^D` a control key, `wait 2s` lets simulated time pass;
 * `@` lets something happen to the cluster of a transcript that has one; what follows is what the screen shows since. UPDATE_TRANSCRIPTS=1 rewrites the files; read the difference before committing it.
 */
const directory = join(process.cwd(), 'tests/transcripts/shell');

async function replay(transcript: string): Promise<string> {
  const cluster = transcript.startsWith('# with a cluster') ? freshCluster({ workers: 1 }) : undefined;
  const keyboard = await Keyboard.sitDown(cluster ? { cluster } : {});
  keyboard.news();
  let now = '';
  for (const line of transcript.split('\n')) {
    if (line.startsWith('#')) now += `${line}\n`;
    if (line.startsWith('@ ')) now += `\n${line}\n${shownOf(await happen(keyboard, cluster, line.slice(2).split(' ')))}`;
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

/** `@ crash NODE`, `@ boot NODE`, `@ cut NODE`: what happens to the machines meanwhile. */
function happen(keyboard: Keyboard, cluster: Cluster | undefined, [what, name = '']: readonly string[]): Promise<string> {
  if (what === 'crash') cluster?.crash(name);
  else if (what === 'boot') cluster?.bootMachine(name);
  else if (what === 'cut') cluster?.network.setLink('workstation', name, false);
  return keyboard.wait(0);
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
