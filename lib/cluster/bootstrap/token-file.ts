import type { StaticToken } from '../apiserver/authentication';

/**
 * Reads kube-apiserver's `--token-auth-file`: `token,user,uid` and, quoted, the groups. Returns the rows, or what is wrong with which line
 * (`apiserver/pkg/authentication/token/tokenfile`).
 */
export function parseTokenFile(text: string): StaticToken[] | string {
  const rows: StaticToken[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (!line.trim() || line.startsWith('#')) continue;
    const fields = parseCsvLine(line);
    if (!fields) return `line ${index + 1}: a quote is not closed`;
    const [token, user, uid, groups] = fields;
    if (!token || !user || uid === undefined)
      return `line ${index + 1}: token file needs at least 3 columns (token, user name, user uid), found ${fields.length}`;
    rows.push({
      token,
      user,
      uid,
      groups: groups
        ? groups
            .split(',')
            .map((group) => group.trim())
            .filter(Boolean)
        : [],
    });
  }
  return rows;
}

function parseCsvLine(line: string): string[] | undefined {
  const fields: string[] = [];
  let rest = line.trim();
  for (;;) {
    const quoted = /^\s*"((?:[^"]|"")*)"\s*(?:,|$)/.exec(rest);
    const plain = /^([^",]*)(?:,|$)/.exec(rest);
    const match = quoted ?? plain;
    if (!match) return undefined;
    fields.push(quoted ? (match[1] as string).replaceAll('""', '"') : (match[1] as string).trim());
    if (!match[0].endsWith(',')) return fields;
    rest = rest.slice(match[0].length);
  }
}
