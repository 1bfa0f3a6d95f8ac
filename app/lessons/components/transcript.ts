import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** `lessons/<slug>/transcripts/<name>.txt`, as a test last proved it. */
export async function readTranscript(slug: string, name: string): Promise<string> {
  if (!/^[\w-]+$/.test(slug) || !/^[\w-]+$/.test(name)) throw new Error(`${slug}/${name} is no name of a transcript`);
  return readFile(join(process.cwd(), 'lessons', slug, 'transcripts', `${name}.txt`), 'utf8');
}
