import { renderToStaticMarkup } from 'react-dom/server';
import { ClusterFigure } from '@/app/figures/ClusterFigure';
import { lookOf, State } from '@/app/look/State';
import { Checks } from '@/app/workspace/Checks';
import { SubmissionNote } from '@/app/workspace/SubmissionNote';
import { checks } from '../support/screens/fixture-link';
import type { GradingResult } from '@/lib/grading/verdict';

const text = (html: string) => html.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');

test("a check that is not yet passed shows what it expected, what it found, and the instructor's words", () => {
  const shown = text(renderToStaticMarkup(<Checks checks={checks.filter((check) => check.stepId === 'tolerate')} />));
  expect(shown).toContain('Not yet');
  expect(shown).toMatch(/expected value: gold found value: silver/);
  expect(shown).toContain('render tolerates silver, the node says gold.');
});

test('a passed check shows no finding', () => {
  expect(text(renderToStaticMarkup(<Checks checks={checks.filter((check) => check.stepId === 'taint')} />))).not.toMatch(/expected|found/);
});

test('an experiment says that it is tried on a copy when submitted', () => {
  expect(text(renderToStaticMarkup(<Checks checks={checks.filter((check) => check.isOnSubmitOnly)} />))).toContain(
    'Tried on a copy when you submit.',
  );
});

test('a platform error is ours and does not count', () => {
  const result = { gradable: false, score: 0, maxScore: 7, checks: [] } as unknown as GradingResult;
  const shown = text(renderToStaticMarkup(<SubmissionNote submission={{ key: 'k', at: '2026-01-05T08:00:00Z', result }} />));
  expect(shown).toContain('Our grader stopped');
  expect(shown).toContain('does not count');
});

test('every status has an icon and a word', () => {
  for (const status of ['Running', 'Pending', 'CrashLoopBackOff', 'ErrImagePull', 'NotReady', 'Ready,SchedulingDisabled', 'SomethingNew']) {
    const html = renderToStaticMarkup(<State status={status} />);
    expect(html).toContain('<svg');
    expect(text(html)).toContain(status);
  }
});

test('statuses that speak of trouble look like trouble', () => {
  for (const status of [
    'CrashLoopBackOff',
    'ImagePullBackOff',
    'ErrImagePull',
    'CreateContainerConfigError',
    'OOMKilled',
    'Evicted',
    'Init:Error',
  ])
    expect(lookOf(status).tone).toBe('bad');
  for (const status of ['Pending', 'ContainerCreating', 'Terminating', 'Init:0/1']) expect(lookOf(status).tone).toBe('wait');
});

test('without an API server nobody can say what there is, and the picture says so', () => {
  const silent = { revision: 9, now: 0, nodes: [], pods: [], workloads: [], services: [], events: [] };
  expect(text(renderToStaticMarkup(<ClusterFigure view={silent} />))).toContain('The API server does not answer.');
});
