import type { ApiConnection, ExecHost } from '@/lib/cluster';
import { freshCluster } from '../../support/template';
import { PodLab } from '../../support/pods';

const counting = { command: ['sh', '-c', 'i=0; while true; do i=$((i+1)); echo line $i; sleep 10; done'] };

function execIn(pods: PodLab, pod: string, command: readonly string[], input?: string) {
  const query = [
    ...command.map((part) => `command=${encodeURIComponent(part)}`),
    'stdout=true',
    'stderr=true',
    ...(input === undefined ? [] : ['stdin=true']),
  ].join('&');
  const response = pods.admin.transport({ method: 'POST', url: `/api/v1/namespaces/default/pods/${pod}/exec?${query}`, headers: {} });
  const result = { stdout: '', stderr: '', code: undefined as number | undefined, message: '' };
  const session = (response.connect as ApiConnection).start({
    stdout: (text) => void (result.stdout += text),
    stderr: (text) => void (result.stderr += text),
    exit: ({ code, message = '' }) => Object.assign(result, { code, message }),
  });
  if (input !== undefined) {
    session.stdin(input);
    session.closeStdin();
  }
  return { result, session };
}

describe('logs', () => {
  test('are what the container wrote: whole, the last lines, since a moment, with times', () => {
    const pods = new PodLab(freshCluster()).create('box', { containers: [counting] }).run(35_000);
    expect(pods.logs('box')).toBe('line 1\nline 2\nline 3\nline 4\n');
    expect(pods.logs('box', '?tailLines=2')).toBe('line 3\nline 4\n');
    expect(pods.logs('box', '?sinceSeconds=15')).toBe('line 3\nline 4\n');
    expect(pods.logs('box', '?limitBytes=8')).toBe('line 1\nl');
    expect(pods.logs('box', '?stream=Stderr')).toContain('stream: Forbidden: may not be specified');
    expect(pods.logs('box', '?sinceTime=noon')).toBe('parsing time "noon" as "2006-01-02T15:04:05Z07:00": cannot parse "noon" as "2006"');
    expect(pods.logs('box', '?tailLines=1&timestamps=true')).toMatch(/^2026-01-05T\d\d:\d\d:\d\d\.\d{9}Z line 4\n$/);
  });

  test('of the container before are kept, and no others', () => {
    const pods = new PodLab(freshCluster()).create('crash', { containers: [{ command: ['sh', '-c', 'date +%s; exit 1'] }] }).run(40_000);
    const [previous, current] = [pods.logs('crash', '?previous=true'), pods.logs('crash')];
    expect(previous).toMatch(/^\d+\n$/);
    expect(Number(current)).toBeGreaterThan(Number(previous));
    expect(pods.cluster.runtimeOf('worker-1').listContainers(pods.get('crash').metadata.uid)).toHaveLength(2);
  });

  test('that cannot be had say why', () => {
    const pods = new PodLab(freshCluster())
      .create('bad', { containers: [{ image: 'nosuch:1' }] })
      .create('box', { containers: [counting] })
      .run(5_000);
    expect(pods.logs('bad')).toBe('container "main" in pod "bad" is waiting to start: trying and failing to pull image');
    expect(pods.logs('box', '?previous=true')).toBe('previous terminated container "main" in pod "box" not found');
  });

  test('are followed line by line until the container ends', () => {
    const pods = new PodLab(freshCluster())
      .create('job', { restartPolicy: 'Never', containers: [{ command: ['sh', '-c', 'echo one; sleep 5; echo two'] }] })
      .run(2_000);
    const lines: string[] = [];
    let hasEnded = false;
    const { stream } = pods.admin.transport({ method: 'GET', url: '/api/v1/namespaces/default/pods/job/log?follow=true', headers: {} });
    stream?.start({ write: (chunk) => void lines.push(String(chunk)), end: () => void (hasEnded = true) });
    pods.run(1_000);
    expect([lines.join(''), hasEnded]).toEqual(['one\n', false]);
    pods.run(5_000);
    expect([lines.join(''), hasEnded]).toEqual(['one\ntwo\n', true]);
  });
});

describe('attach', () => {
  test('to a shell that waits at its terminal is a shell of one’s own; when it ends, so does the container', () => {
    const typed: string[] = [];
    const execHost: ExecHost = {
      accepts: ({ argv, tty }) => tty && argv[0] === 'sh',
      start: ({ sandbox }) => ({
        start: (sink) => ({
          stdin: (text) => (typed.push(text), text === 'exit\n' ? sink.exit({ code: 7 }) : sink.stdout(`${sandbox.hostname} # `)),
          closeStdin: () => {},
          resize: () => {},
          hangUp: () => {},
        }),
      }),
    };
    const pods = new PodLab(freshCluster().fork({ hosts: { exec: execHost } }))
      .create('box', { restartPolicy: 'Never', containers: [{ command: ['sh'], stdin: true, tty: true }] })
      .run(20_000);
    expect(pods.get('box').status.phase).toBe('Running');
    const response = pods.admin.transport({
      method: 'POST',
      url: '/api/v1/namespaces/default/pods/box/attach?stdin=true&stdout=true&tty=true',
      headers: {},
    });
    let out = '';
    const session = (response.connect as ApiConnection).start({
      stdout: (text) => void (out += text),
      stderr: () => {},
      exit: ({ code }) => void (out += `(${code})`),
    });
    session.stdin('ls\n');
    session.stdin('exit\n');
    pods.run(3_000);
    expect([out, typed]).toEqual(['box # (7)', ['ls\n', 'exit\n']]);
    expect(pods.status('box').state?.terminated).toMatchObject({ exitCode: 7, reason: 'Error' });
  });

  test('to anything else shows what it prints from now on', () => {
    const pods = new PodLab(freshCluster()).create('box', { containers: [counting] }).run(5_000);
    const response = pods.admin.transport({ method: 'POST', url: '/api/v1/namespaces/default/pods/box/attach?stdout=true', headers: {} });
    let out = '';
    (response.connect as ApiConnection).start({ stdout: (text) => void (out += text), stderr: () => {}, exit: () => {} });
    pods.run(10_000);
    expect(out).toBe('line 2\n');
  });
});

describe('exec', () => {
  const start = () =>
    new PodLab(freshCluster()).create('web', { terminationGracePeriodSeconds: 1, containers: [{ image: 'nginx:1.27' }] }).run(2_000);

  test('runs a program of the image beside the container’s own and ends with its status', () => {
    const pods = start();
    const { result } = execIn(pods, 'web', ['sh', '-c', 'echo hello; cat /nope; exit 3']);
    pods.run(10);
    expect(result).toEqual({
      stdout: 'hello\n',
      stderr: "cat: can't open '/nope': No such file or directory\n",
      code: 3,
      message: 'command terminated with exit code 3',
    });
  });

  test('sees and changes the container’s files', () => {
    const pods = start();
    execIn(pods, 'web', ['sh', '-c', 'echo changed > /usr/share/nginx/html/index.html']);
    const { result } = execIn(pods, 'web', ['curl', '-s', 'http://localhost']);
    pods.run(100);
    expect(result).toMatchObject({ stdout: 'changed\n', code: 0 });
  });

  test('takes what is piped in', () => {
    const pods = start();
    const { result } = execIn(pods, 'web', ['sort'], 'b\na\n');
    pods.run(10);
    expect(result).toMatchObject({ stdout: 'a\nb\n', code: 0 });
  });

  test('of a command that is not there fails in the runtime’s words', () => {
    const pods = start();
    const { result } = execIn(pods, 'web', ['nosuch']);
    pods.run(10);
    expect(result.code).not.toBe(0);
    expect(result.message).toContain(
      'OCI runtime exec failed: exec failed: unable to start container process: exec: "nosuch": executable file not found in $PATH',
    );
  });

  test('can tell the first process to stop, and the kubelet starts it again', () => {
    const pods = start();
    execIn(pods, 'web', ['sh', '-c', 'kill 1']);
    pods.run(3_000);
    expect(pods.status('web')).toMatchObject({ restartCount: 1, lastState: { terminated: { exitCode: 0, reason: 'Completed' } } });
  });
});

test('a kubelet that goes on in a copy knows its Pods at once', () => {
  const original = new PodLab(freshCluster()).create('box', { containers: [counting] }).run(5_000);
  const pods = new PodLab(original.cluster.fork());
  expect(pods.logs('box')).toBe('line 1\n');
  const { result } = execIn(pods, 'box', ['echo', 'here']);
  expect(pods.logs('nosuch')).toContain('not found');
  pods.run(10);
  expect(result).toMatchObject({ stdout: 'here\n', code: 0 });
});

test('a path or query that is no UTF-8 is answered like any other', () => {
  const { admin } = new PodLab(freshCluster());
  const ask = (path: string) => admin.transport({ method: 'GET', url: `/api/v1/nodes/cp-1/proxy/${path}`, headers: {} });
  expect(ask('%zz')).toMatchObject({ status: 404, body: '404 page not found\n' });
  expect(ask('healthz?pretty=%E0%A4%A')).toMatchObject({ status: 200, body: 'ok' });
});
