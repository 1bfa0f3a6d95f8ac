import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** One test a file of `folder`: played again, its whole text is what it was, unless `UPDATE_TRANSCRIPTS=1` writes it anew, to be read as a diff. */
export function testTranscripts(folder: string, play: (text: string) => string): void {
  test.each(readdirSync(folder).filter((name) => name.endsWith('.txt')))('%s', (name) => {
    const path = join(folder, name);
    const recorded = readFileSync(path, 'utf8');
    const played = play(recorded);
    if (process.env['UPDATE_TRANSCRIPTS']) writeFileSync(path, played);
    else expect(played).toBe(recorded);
  });
}
