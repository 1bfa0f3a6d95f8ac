import { RE2JS } from 're2js';
import { memo } from '@/lib/base';

/** A pattern of Go's `regexp`: RE2, without look-around, in time linear in the text whatever the pattern is. */
export interface GoRegexp {
  /** Whether it is found anywhere in the text. */
  isIn(text: string): boolean;
  /** The matches from left to right, `max` of them at most. */
  findAll(text: string, max?: number): string[];
}

const compiled = memo((pattern: string): RE2JS => RE2JS.compile(pattern), { max: 500, lengthMax: 4096 });

/** Throws an error that says what is wrong in Go's words: `error parsing regexp: missing closing ): …`. */
export function goRegexp(pattern: string): GoRegexp {
  const regexp = compiled(pattern);
  return {
    isIn: (text) => regexp.matcher(text).find(),
    findAll(text, max = Infinity) {
      const matcher = regexp.matcher(text);
      const found: string[] = [];
      while (found.length < max && matcher.find()) found.push(matcher.group() ?? '');
      return found;
    },
  };
}
