import { percentDecoded } from '@/lib/base';
import type { HttpRequest, HttpResponse } from '../network/types';
import { defineImage, type ImageDefinition, type ProcessContext, type Program } from '../runtime/program';
import { admissionWebhook } from './admission-webhook';
import { alpinePrograms, busyboxPrograms } from './applets';
import { pauseProgram } from './pause';

/** Small servers that tutorials use to see which Pod answered. */
interface ServerOptions {
  readonly port: (ctx: ProcessContext) => number;
  readonly greeting?: (ctx: ProcessContext, port: number) => string;
  readonly answer: (
    ctx: ProcessContext,
    request: HttpRequest,
    path: string,
    peer: { ip: string; port: number },
  ) => Omit<HttpResponse, 'headers'> & { type?: string };
  readonly log?: (ctx: ProcessContext, request: HttpRequest, path: string, peer: { ip: string }) => string;
}

function server({ port, greeting, answer, log }: ServerOptions): Program<any> {
  return {
    start(ctx) {
      const number = port(ctx);
      if (greeting) ctx.stdout(greeting(ctx, number));
      if (ctx.listen(number)) return {};
      ctx.stderr(`listen tcp :${number}: bind: address already in use\n`);
      ctx.exit(1);
      return null;
    },
    onRequest(ctx, state, request, peer) {
      const path = /^[a-z]+:\/\/[^/?#]+([^#]*)/.exec(request.url)?.[1] || '/';
      const { type = 'text/plain; charset=utf-8', ...response } = answer(ctx, request, path, peer);
      if (log) ctx.stdout(log(ctx, request, path, peer));
      const headers = { date: new Date(ctx.now).toUTCString(), 'content-length': String(response.body.length), 'content-type': type };
      return { state, response: { ...response, headers, body: request.method === 'HEAD' ? '' : response.body } };
    },
    onSignal(ctx, state, signal) {
      if (signal === 'SIGTERM' || signal === 'SIGINT') ctx.exit(signal === 'SIGTERM' ? 143 : 130);
      return state;
    },
  };
}

function flag({ argv }: ProcessContext, name: string, otherwise: string): string {
  const index = argv.findIndex((word) => word.replace(/^--?/, '').split('=')[0] === name);
  if (index < 0) return otherwise;
  const word = argv[index] as string;
  return word.includes('=') ? word.slice(word.indexOf('=') + 1) : (argv[index + 1] ?? otherwise);
}

const goTime = (ctx: ProcessContext) => new Date(ctx.now).toISOString().slice(0, 19).replaceAll('-', '/').replace('T', ' ');

const httpEcho = server({
  port: (ctx) => Number(flag(ctx, 'listen', ':5678').replace(/^.*:/, '')),
  greeting: (ctx, port) => `${goTime(ctx)} [INFO] server is listening on :${port}\n`,
  answer: (ctx, _request, path) =>
    path.startsWith('/health')
      ? { status: 200, body: '{"status":"ok"}\n', type: 'application/json' }
      : { status: 200, body: `${flag(ctx, 'text', 'hello-world')}\n` },
  log: (ctx, request, path, peer) =>
    `${goTime(ctx)} ${request.headers.host ?? ''} ${peer.ip} "${request.method} ${path} HTTP/1.1" 200 ${flag(ctx, 'text', 'hello-world').length + 1} "${request.headers['user-agent'] ?? ''}" 10.000µs\n`,
});

const whoami = server({
  port: (ctx) => Number(flag(ctx, 'port', ctx.env.WHOAMI_PORT_NUMBER ?? '80')),
  greeting: (ctx, port) => `${goTime(ctx)} Starting up on port ${port}\n`,
  answer: (ctx, request, path, peer) => ({
    status: 200,
    body: `Hostname: ${ctx.hostname}\nIP: 127.0.0.1\nRemoteAddr: ${peer.ip}:41414\n${request.method} ${path} HTTP/1.1\nHost: ${request.headers.host ?? ''}\n${Object.entries(
      request.headers,
    )
      .filter(([name]) => name !== 'host')
      .map(
        ([name, value]) =>
          `${name.replace(/(^|-)([a-z])/g, (_whole, dash: string, letter: string) => dash + letter.toUpperCase())}: ${value}\n`,
      )
      .join('')}\n`,
  }),
});

const helloApp = (version: string) =>
  server({
    port: (ctx) => Number(ctx.env.PORT ?? 8080),
    greeting: (ctx, port) => `${goTime(ctx)} Server listening on port ${port}\n`,
    answer: (ctx) => ({ status: 200, body: `Hello, world!\nVersion: ${version}\nHostname: ${ctx.hostname}\n` }),
    log: (ctx, _request, path) => `${goTime(ctx)} Serving request: ${path}\n`,
  });

const netexec = server({
  port: (ctx) => Number(flag(ctx, 'http-port', '8080')),
  greeting: (ctx, port) => `${goTime(ctx)} Started HTTP server on port ${port}\n`,
  answer: (ctx, _request, path, peer) => {
    const [route = '/', query = ''] = path.split('?');
    switch (route) {
      case '/hostname':
      case '/hostName':
        return { status: 200, body: ctx.hostname };
      case '/clientip':
        return { status: 200, body: `${peer.ip}:41414` };
      case '/echo':
        return { status: 200, body: percentDecoded(/(?:^|&)msg=([^&]*)/.exec(query)?.[1] ?? '') };
      case '/healthz':
        return { status: 200, body: '' };
      case '/exit': {
        ctx.exit(Number(/(?:^|&)code=(\d+)/.exec(query)?.[1] ?? 0));
        return { status: 200, body: '' };
      }
      default:
        return { status: 200, body: `NOW: ${new Date(ctx.now).toISOString()}` };
    }
  },
});

const serveHostname = server({ port: (ctx) => Number(flag(ctx, 'port', '9376')), answer: (ctx) => ({ status: 200, body: ctx.hostname }) });

/** `agnhost <subcommand>`: those that labs use; any other is refused. */
const agnhost: Program<any> = {
  start(ctx) {
    const program = agnhostCommands[ctx.argv[1] ?? 'pause'];
    if (program) return program.start(ctx);
    ctx.stderr(`agnhost: not simulated: ${ctx.argv[1]}\n`);
    ctx.exit(2);
    return null;
  },
  onRequest: (ctx, state, request, peer) => (agnhostCommands[ctx.argv[1] ?? 'pause']?.onRequest ?? refuse)(ctx, state, request, peer),
  onSignal: (ctx, state, signal) => agnhostCommands[ctx.argv[1] ?? 'pause']?.onSignal?.(ctx, state, signal) ?? state,
};
const agnhostCommands: Readonly<Record<string, Program<any>>> = {
  netexec,
  pause: pauseProgram,
  'serve-hostname': serveHostname,
  webhook: admissionWebhook,
};
const refuse: NonNullable<Program<any>['onRequest']> = (_ctx, state) => ({ state, response: { status: 404, headers: {}, body: '' } });

export const echoServers: readonly ImageDefinition[] = [
  defineImage({
    repository: 'hashicorp/http-echo',
    tags: ['latest', '1.0', '1.0.0', '0.2.3'],
    sizeBytes: 3_105_126,
    entrypoint: ['/http-echo'],
    programs: { '/http-echo': httpEcho },
  }),
  defineImage({
    repository: 'traefik/whoami',
    tags: ['latest', 'v1.10', 'v1.10.1', 'v1.11', 'v1.11.0'],
    sizeBytes: 2_866_913,
    entrypoint: ['/whoami'],
    programs: { '/whoami': whoami },
  }),
  defineImage({
    repository: 'gcr.io/google-samples/hello-app',
    tags: ['1.0', '2.0', 'latest'],
    sizeBytes: 13_747_362,
    entrypoint: ['/hello-app'],
    programs: busyboxPrograms({ programs: { '/hello-app': helloApp('1.0.0') } }),
    variants: { '2.0': { programs: busyboxPrograms({ programs: { '/hello-app': helloApp('2.0.0') } }) } },
  }),
  defineImage({
    repository: 'registry.k8s.io/e2e-test-images/agnhost',
    tags: ['2.39', '2.40', '2.43', '2.45', '2.47', '2.53', '2.55', '2.56', '2.57', '2.59'],
    sizeBytes: 52_494_013,
    entrypoint: ['/agnhost'],
    cmd: ['pause'],
    programs: alpinePrograms({ programs: { '/agnhost': agnhost } }, { hasCurl: true }),
    tools: ['busybox', 'curl'],
  }),
];
