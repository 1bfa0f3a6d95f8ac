import type { Locator, Page } from 'playwright-core';

/** The workspace as a person uses it: eyes on the screen, hands on the keyboard. */
export class WorkspacePage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** From the lab's front page to a prompt. */
  static async begin(page: Page, url: string, slug: string): Promise<WorkspacePage> {
    await page.goto(`${url}/labs/${slug}`);
    await page.getByRole('button', { name: /Start the lab|Do it again/ }).click();
    const workspace = new WorkspacePage(page);
    await workspace.waitForPrompt();
    return workspace;
  }

  /** What the active terminal shows, without the blanks at the ends of lines. */
  async screen(): Promise<string> {
    const rows = await this.page.locator('[role=tabpanel]:not([hidden]) .xterm-rows > div').allInnerTexts();
    return rows
      .map((row) => row.replaceAll('\u00a0', ' ').trimEnd())
      .join('\n')
      .trimEnd();
  }

  async waitForPrompt(): Promise<void> {
    await this.waitForScreen((screen) => screen.endsWith(' $'));
  }

  async waitForScreen(isThere: (screen: string) => boolean, what = 'the prompt'): Promise<string> {
    for (let tries = 0; tries < 600; tries++) {
      const screen = await this.screen();
      if (isThere(screen)) return screen;
      await this.page.waitForTimeout(50);
    }
    throw new Error(
      `waited for ${what}, the terminal shows:\n${await this.screen()}\nand the page:\n${(await this.page.locator('body').innerText()).slice(0, 600)}`,
    );
  }

  /** Types a command and Enter, and waits for the next prompt. What the screen shows then. */
  async type(command: string): Promise<string> {
    await this.keyboard();
    await this.page.keyboard.type(command);
    const tail = flat(command.split('\n').at(-1) ?? '').slice(-15);
    await this.waitForScreen((screen) => flat(screen).endsWith(tail), `the echo of ${command}`);
    await this.page.keyboard.press('Enter');
    return this.waitForScreen((screen) => screen.endsWith(' $'), `the end of ${command}`);
  }

  /** Types a script line by line, as the lab's solution has it. */
  async typeScript(script: string): Promise<void> {
    for (const command of commandsOf(script)) await this.type(command);
  }

  async keyboard(): Promise<void> {
    await this.page.locator('[role=tabpanel]:not([hidden]) .xterm-helper-textarea').first().focus();
  }

  async submit(): Promise<Locator> {
    await this.page.getByRole('button', { name: 'Submit lab' }).click();
    const note = this.page.locator('[data-submission]');
    await note.waitFor({ timeout: 60_000 });
    return note;
  }

  check(id: string): Locator {
    return this.page.locator(`[data-check="${id}"]`);
  }
}

/** Long lines wrap anywhere, and blanks at the ends of lines are not seen. */
function flat(text: string): string {
  return text.replace(/\s/g, '');
}

/** The commands of a script: lines that go on in the next, in an open quote or a here-document, are one. */
export function commandsOf(script: string): string[] {
  const lines = script.split('\n').filter((line) => line.trim() && !line.startsWith('#'));
  const commands: string[] = [];
  let open = '';
  for (const line of lines) {
    open += (open ? '\n' : '') + line;
    const heredoc = /<<-?\s*['"]?(\w+)['"]?/.exec(open);
    const isOpen = heredoc
      ? !open
          .split('\n')
          .slice(1)
          .includes(heredoc[1] as string)
      : line.endsWith('\\') || hasOpenQuote(open);
    if (isOpen) continue;
    commands.push(open);
    open = '';
  }
  return commands;
}

function hasOpenQuote(text: string): boolean {
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    if (character === '\\' && quote !== "'") at++;
    else if (quote ? character === quote : character === "'" || character === '"') quote = quote ? '' : character;
  }
  return quote !== '';
}
