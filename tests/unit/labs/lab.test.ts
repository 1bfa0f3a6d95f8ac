import { allVariants, drawVariant, LabError, parseLab, substitute } from '@/lib/labs';
import { smallLab } from '../../support/lab-folders';

const check = '- { id: one, assert: { apiVersion: v1, kind: Pod, metadata: { name: web } } }';

function problemsOf(body: () => unknown): readonly string[] {
  try {
    body();
  } catch (error) {
    if (error instanceof LabError) return error.problems;
    throw error;
  }
  return [];
}

describe('lab.yaml', () => {
  test('is read strictly: an unknown key is an error that names the nearest', () => {
    expect(problemsOf(() => parseLab(smallLab('- { id: one, point: 2, assert: { apiVersion: v1, kind: Pod } }')))).toEqual([
      'lab.yaml: steps[0].checks[0]: unknown key "point"; did you mean "points"?',
    ]);
    expect(problemsOf(() => parseLab(smallLab('- { id: one, http: { url: "http://web", statsu: 200 } }')))[0]).toContain(
      'unknown key "statsu"; did you mean "status"?',
    );
  });

  test('asks exactly one thing in each check', () => {
    expect(problemsOf(() => parseLab(smallLab('- { id: one }')))).toEqual([
      'lab.yaml: steps[0].checks[0]: a check asks exactly one thing: assert, absent, cel, http, experiment',
    ]);
  });

  test('says where an expression or a duration cannot be read', () => {
    expect(problemsOf(() => parseLab(smallLab("- { id: one, cel: 'objects(' }")))[0]).toMatch(
      /steps\[0\]\.checks\[0\]\.cel: not a CEL expression/,
    );
    expect(problemsOf(() => parseLab(smallLab("- { id: one, within: soon, cel: 'true' }")))[0]).toContain(
      'expected a duration such as 90s, 6m or 1h30m, not "soon"',
    );
  });

  test('has a section of the instructions for every step, and no id twice', () => {
    expect(problemsOf(() => parseLab(smallLab(check, { 'instructions.md': '## Other {#other}\n' })))).toEqual([
      'instructions.md: no section for step only: a heading such as "## Title {#only}"',
      'instructions.md: section {#other} belongs to no step',
    ]);
    expect(problemsOf(() => parseLab(smallLab(`${check}\n${check}`)))).toEqual(['lab.yaml: two checks are called "one"']);
  });
});

describe('variants', () => {
  const source = (() => {
    const lab = smallLab("- { id: one, assert: { apiVersion: v1, kind: Pod, metadata: { name: '${tier}' } } }", {
      'files/note.txt': 'You have ${tier}; ${HOME} is yours.\n',
    });
    return { ...lab, files: { ...lab.files, 'lab.yaml': `${lab.files['lab.yaml']}variants:\n  tier: [gold, silver]\n  size: [1, 2]\n` } };
  })();

  test('are drawn by the seed, the same for the same seed', () => {
    const drawn = Array.from({ length: 20 }, (_, seed) => drawVariant(source, String(seed)));
    expect(drawVariant(source, '3')).toEqual(drawn[3]);
    expect(new Set(drawn.map(({ tier }) => tier))).toEqual(new Set(['gold', 'silver']));
    expect(allVariants(source)).toHaveLength(4);
  });

  test('stand in every file of the lab, and no other variable is touched', () => {
    const lab = parseLab(source, { tier: 'silver', size: '1' });
    expect(lab.files['files/note.txt']).toBe('You have silver; ${HOME} is yours.\n');
    expect(lab.steps[0]?.checks[0]?.spec).toMatchObject({ metadata: { name: 'silver' } });
    expect(substitute({ a: '${tier}' }, {})).toEqual({ a: '${tier}' });
  });
});
