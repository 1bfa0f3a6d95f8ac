import { defineTool, ToolError, type Tool, type ToolContext } from '../tool';
import { absolute, split } from './curl';
import type { ToolNetwork } from './network';

/** GNU Wget's everyday options: `-q`, `-O FILE`, `-S`, `--spider`, `-T SECONDS`. */
export function createWget(network: ToolNetwork): Tool {
  return defineTool({
    name: 'wget',
    summary: 'fetch a file over HTTP',
    async run(context) {
      const { url, output, isQuiet, isSpider, timeoutMs } = parse(context.args);
      const target = split(url);
      if (!target) throw new ToolError(`${url}: Invalid host name.`);
      const log = (text: string): void => (isQuiet ? undefined : context.stderr(text));
      log(`--${stamp(context)}--  ${url}\nConnecting to ${target.authority}... `);
      const result = network.http(
        { method: isSpider ? 'HEAD' : 'GET', url, headers: { host: target.authority, 'user-agent': 'Wget/1.25.0', accept: '*/*' } },
        timeoutMs ? { timeoutMs } : {},
      );
      await context.sleep(result.tookMs);
      if (result.type === 'error') {
        log(
          result.error === 'could-not-resolve'
            ? `\nwget: unable to resolve host address '${target.host}'\n`
            : `failed: ${{ refused: 'Connection refused', timeout: 'Connection timed out', unreachable: 'No route to host' }[result.error]}.\n`,
        );
        return 4;
      }
      const { response } = result;
      log(`connected.\nHTTP request sent, awaiting response... ${response.status}\n`);
      if (response.status >= 400) {
        log(`${stamp(context)} ERROR ${response.status}.\n`);
        return 8;
      }
      if (!isSpider) save(context, output ?? (url.split('/').slice(3).at(-1)?.split('?')[0] || 'index.html'), response.body, log);
      return 0;
    },
  });
}

function save(context: ToolContext, path: string, body: string, log: (text: string) => void): void {
  if (path === '-') return context.stdout(body);
  context.files.writeText(context.files.resolvePath(context.cwd, path), body);
  log(`Length: ${body.length}\nSaving to: '${path}'\n\n${stamp(context)} - '${path}' saved [${body.length}/${body.length}]\n\n`);
}

function parse(args: readonly string[]): {
  url: string;
  output: string | undefined;
  isQuiet: boolean;
  isSpider: boolean;
  timeoutMs: number | undefined;
} {
  const parsed = {
    url: '',
    output: undefined as string | undefined,
    isQuiet: false,
    isSpider: false,
    timeoutMs: undefined as number | undefined,
  };
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '--spider') parsed.isSpider = true;
    else if (/^--(quiet|no-verbose|no-check-certificate)$/.test(arg)) parsed.isQuiet ||= arg === '--quiet';
    else if (/^(--timeout|--output-document|--tries)=/.test(arg))
      takeSetting(
        parsed,
        arg.slice(2, 3) === 't' && arg.startsWith('--timeout') ? 'T' : arg.startsWith('--o') ? 'O' : 't',
        arg.slice(arg.indexOf('=') + 1),
      );
    else if (arg.startsWith('--')) throw new ToolError(`wget: unrecognized option '${arg}'`, 2);
    else if (arg.startsWith('-') && arg !== '-') takeShort(parsed, arg, rest);
    else parsed.url = absolute(arg);
  }
  if (!parsed.url) throw new ToolError('wget: missing URL\nUsage: wget [OPTION]... [URL]...', 1);
  return parsed;
}

function takeShort(parsed: Parameters<typeof takeSetting>[0] & { isQuiet: boolean }, arg: string, rest: string[]): void {
  for (let index = 1; index < arg.length; index++) {
    const letter = arg[index] as string;
    if ('OTt'.includes(letter)) return takeSetting(parsed, letter, arg.slice(index + 1) || (rest.shift() ?? ''));
    if (letter === 'q') parsed.isQuiet = true;
    else if (!'Snc'.includes(letter)) throw new ToolError(`wget: invalid option -- '${letter}'`, 2);
  }
}

function takeSetting(parsed: { output: string | undefined; timeoutMs: number | undefined }, letter: string, value: string): void {
  if (letter === 'O') parsed.output = value;
  if (letter === 'T') parsed.timeoutMs = Number(value) * 1000;
}

function stamp(context: ToolContext): string {
  return new Date(context.now()).toISOString().slice(0, 19).replace('T', ' ');
}
