import { z } from 'zod';
import type { ClientMessages } from './events';

const terminal = z.string().min(1).max(64);
const path = z.string().min(1).max(1024);
const text = z.string().max(1 << 20);

/** What a page may send. Anything else is answered with an error and never reaches a sandbox. */
export const requestSchemas: { readonly [Name in keyof ClientMessages]: z.ZodType } = {
  'sandbox:join': z.strictObject({
    sandboxId: z.uuid(),
    terminals: z.record(z.string().max(64), z.number().int().min(0)).optional(),
    incarnation: z.number().int().optional(),
  }),
  'terminal:input': z.strictObject({
    terminal,
    page: z.string().max(64).optional(),
    sequence: z.number().int().min(1),
    text: z.string().max(64 << 10),
  }),
  'terminal:resize': z.strictObject({ terminal, columns: z.number().int().min(1).max(1000), rows: z.number().int().min(1).max(1000) }),
  'terminal:open': z.strictObject({ terminal }),
  'terminal:close': z.strictObject({ terminal }),
  'file:write': z.strictObject({ path, text }),
  'file:read': z.strictObject({ path }),
  'file:remove': z.strictObject({ path }),
  'editor:close': z.strictObject({ id: z.string().max(64), text: text.nullable() }),
  'clock:set': z.union([
    z.strictObject({ action: z.enum(['pause', 'resume', 'step', 'run-until-idle']) }),
    z.strictObject({ action: z.literal('speed'), speed: z.number().min(0.01).max(1000) }),
    z.strictObject({
      action: z.literal('run-for'),
      ms: z
        .number()
        .int()
        .min(1)
        .max(24 * 3_600_000),
    }),
  ]),
  'history:look': z.strictObject({ at: z.number().int() }),
  'lab:hint': z.strictObject({ stepId: z.string().max(100) }),
  'lab:submit': z.strictObject({ key: z.string().min(8).max(100) }),
  'sandbox:reset': z.strictObject({}),
};
