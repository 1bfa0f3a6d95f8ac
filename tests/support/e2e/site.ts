import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The built site, served as `npm start` serves it, with data of its own. */
export class Site {
  readonly folder = mkdtempSync(join(tmpdir(), 'orrery-e2e-'));
  #process: ChildProcess | undefined;
  #port = 0;
  #log = '';

  static async start(): Promise<Site> {
    const site = new Site();
    await site.start();
    return site;
  }

  get url(): string {
    return `http://localhost:${this.#port}`;
  }

  /** What the server printed, for a failing test's message. */
  get log(): string {
    return this.#log;
  }

  /** On the port it had before, so that a page finds it again. */
  async start(): Promise<void> {
    const child = spawn(process.execPath, ['scripts/start.mjs'], {
      cwd: process.cwd(),
      env: { ...process.env, NODE_ENV: 'production', PORT: String(this.#port), ORRERY_DATA: this.folder, NODE_OPTIONS: '' },
    });
    this.#process = child;
    this.#port = await new Promise<number>((resolve, reject) => {
      const hear = (text: Buffer) => {
        this.#log += text.toString();
        const port = /Orrery is ready: http:\/\/[^:]+:(\d+)/.exec(this.#log.slice(-2000))?.[1];
        if (port) resolve(Number(port));
      };
      child.stdout?.on('data', hear);
      child.stderr?.on('data', hear);
      child.once('exit', (code) => reject(new Error(`the site ended with ${code}:\n${this.#log}`)));
    });
  }

  /** As a power cut would. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    this.#log = '';
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
