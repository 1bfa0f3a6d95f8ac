import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { parseLesson } from '@/lib/content/lesson';
import { Session } from '@/lib/labs';
import { labSlugs, smallLab, testHost } from '../support/lab-folders';

const slugs = readdirSync('lessons', { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
  .sort();
const lessonText = (slug: string) => readFileSync(join('lessons', slug, 'lesson.mdx'), 'utf8');
const lessonOf = (slug: string) => parseLesson(slug, lessonText(slug));

/** A workstation beside a fresh cluster, for what a lesson's page or its reader would type. */
function workstation(): Session {
  return Session.create({ lab: smallLab('- { id: none, title: nothing, points: 1, cel: "false" }'), seed: 'lesson', host: testHost });
}

interface Item {
  readonly lesson?: string;
  readonly lab?: string;
}

function curriculum(): Item[] {
  const { courses } = parse(readFileSync('lessons/curriculum.yaml', 'utf8')) as { courses: { parts: { items: Item[] }[] }[] };
  return courses.flatMap(({ parts }) => parts.flatMap(({ items }) => items));
}

test('the curriculum names every lesson and every lab once', () => {
  const items = curriculum();
  expect(items.flatMap(({ lesson }) => lesson ?? []).sort()).toEqual(slugs);
  expect(items.flatMap(({ lab }) => lab ?? []).sort()).toEqual(labSlugs());
});

test('nothing is assumed that nothing earlier teaches', () => {
  const taught = new Set<string>();
  const missing: string[] = [];
  for (const { lesson, lab } of curriculum()) {
    const { teaches = [], assumes = [] } = lesson
      ? lessonOf(lesson)
      : (parse(readFileSync(`labs/${lab}/lab.yaml`, 'utf8')) as { teaches?: string[]; assumes?: string[] });
    for (const concept of assumes) if (!taught.has(concept)) missing.push(`${lesson ?? lab} assumes ${concept}`);
    for (const concept of teaches) taught.add(concept);
  }
  expect(missing).toEqual([]);
});

describe.each(slugs)('the lesson %s', (slug) => {
  const transcripts = join('lessons', slug, 'transcripts');
  const named = [...lessonText(slug).matchAll(/<Terminal transcript="([^"]+)"/g)].map((match) => match[1] as string);
  const written = existsSync(transcripts) ? readdirSync(transcripts).map((name) => name.replace(/\.txt$/, '')) : [];

  test('has at least two live figures and a quiz, each with a name of its own', () => {
    const names = (component: string, attribute: string) =>
      [...lessonText(slug).matchAll(new RegExp(`<${component}\\n\\s+${attribute}="([^"]+)"`, 'g'))].map((match) => match[1]);
    const [figures, quizzes] = [names('Cluster', 'name'), names('Quiz', 'id')];
    expect(figures.length).toBeGreaterThanOrEqual(2);
    expect(quizzes.length).toBeGreaterThanOrEqual(1);
    expect(new Set([...figures, ...quizzes]).size).toBe(figures.length + quizzes.length);
  });

  test('leads to labs that exist and shows every transcript it has', () => {
    expect(lessonOf(slug).labs.filter((lab) => !labSlugs().includes(lab))).toEqual([]);
    expect(named.sort()).toEqual(written.sort());
  });

  test.each(written)('what the terminal prints in %s is what the machine prints', async (name) => {
    const path = join(transcripts, `${name}.txt`);
    const text = readFileSync(path, 'utf8');
    const session = workstation();
    const printed: string[] = [];
    for (const line of text.split('\n').filter((one) => one.startsWith('$ '))) {
      const { stdout, stderr } = await session.run(line.slice(2));
      printed.push(`${line}\n${stdout}${stderr}`);
    }
    session.stop();
    if (process.env['UPDATE_TRANSCRIPTS']) writeFileSync(path, printed.join(''));
    else expect(printed.join('')).toBe(text);
  });

  test('every command of a figure does what it is there for', async () => {
    for (const figure of lessonText(slug)
      .split('<Cluster')
      .slice(1)
      .map((text) => text.slice(0, text.indexOf('\n/>')))) {
      const session = workstation();
      const setup = [...(/setup=\{\[([\s\S]*?)\]\}/.exec(figure)?.[1] ?? '').matchAll(/'([^']*)'/g)].map((match) => match[1] as string);
      const wishes = [...figure.matchAll(/run: '([^']*)'/g)].map((match) => match[1] as string);
      for (const command of [...setup, ...wishes])
        expect({ command, ...(await session.run(command)) }).toMatchObject({ command, exitCode: 0 });
      session.stop();
    }
  });
});
