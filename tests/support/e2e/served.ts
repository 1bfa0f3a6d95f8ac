import type { Browser } from 'playwright-core';
import { openBrowser } from './browser';
import { Site } from './site';

/** One site and one browser for all tests of a file, from the first to the last. */
export function served(): { readonly site: Site; readonly browser: Browser } {
  let site: Site | undefined;
  let browser: Browser | undefined;
  beforeAll(async () => {
    site = await Site.start();
    browser = await openBrowser();
  }, 300_000);
  afterAll(async () => {
    await browser?.close();
    await site?.stop();
  });
  return {
    get site() {
      return site as Site;
    },
    get browser() {
      return browser as Browser;
    },
  };
}
