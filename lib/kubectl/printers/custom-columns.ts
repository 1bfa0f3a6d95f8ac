import type { KubeObject } from '@/lib/cluster';
import { CommandError } from '../errors';
import { goValue } from '../go-syntax';
import { JsonPath } from '../jsonpath';
import { TabWriter } from './table';

interface Column {
  readonly header: string;
  readonly path: JsonPath;
}

/** `-o custom-columns=NAME:.metadata.name,…` (`cli-runtime get/customcolumn.go`). */
export class CustomColumns {
  readonly #columns: readonly Column[];
  readonly #noHeaders: boolean;
  readonly #tabs = new TabWriter();
  #hasHeader = false;

  private constructor(columns: readonly Column[], noHeaders: boolean) {
    this.#columns = columns;
    this.#noHeaders = noHeaders;
  }

  static parse(spec: string, noHeaders: boolean): CustomColumns {
    if (!spec) throw new CommandError('custom-columns format specified but no custom columns given');
    const columns = splitOutsideBraces(spec).map((part) => {
      const at = part.indexOf(':');
      if (at < 0) throw new CommandError(`unexpected custom-columns spec: ${part}, expected <header>:<json-path-expr>`);
      return { header: part.slice(0, at), path: JsonPath.parseRelaxed(part.slice(at + 1)) };
    });
    return new CustomColumns(columns, noHeaders);
  }

  /** A file's first line holds the headers, its second the paths, in columns. */
  static parseFile(text: string, noHeaders: boolean): CustomColumns {
    const [headers = '', paths = ''] = text.split('\n');
    const names = headers.split(/\s+/).filter(Boolean);
    const specs = paths.split(/\s+/).filter(Boolean);
    if (names.length !== specs.length)
      throw new CommandError(`number of headers (${names.length}) and field specifications (${specs.length}) don't match`);
    return new CustomColumns(
      names.map((header, index) => ({ header, path: JsonPath.parseRelaxed(specs[index] as string) })),
      noHeaders,
    );
  }

  print(objects: readonly KubeObject[]): string {
    const lines = objects.map((object) => this.#columns.map(({ path }) => valueText(path.find(object).flat())));
    const isHeaderDue = !this.#noHeaders && !this.#hasHeader;
    this.#hasHeader = true;
    return this.#tabs.write(isHeaderDue ? [this.#columns.map(({ header }) => header), ...lines] : lines);
  }
}

function splitOutsideBraces(spec: string): string[] {
  return spec.match(/(?:\[[^\]]*\]|\([^)]*\)|[^,])+/g) ?? [];
}

function valueText(results: readonly unknown[]): string {
  const shown = results.filter((one) => one !== undefined && one !== null).map(goValue);
  return shown.length ? shown.join(',') : '<none>';
}
