import { betterAuth } from 'better-auth';
import { prismaAdapter } from 'better-auth/adapters/prisma';
import { admin, anonymous } from 'better-auth/plugins';
import { createAccessControl } from 'better-auth/plugins/access';
import { adminAc, defaultStatements, userAc } from 'better-auth/plugins/admin/access';
import { countMembers, database, moveLearning } from '@/lib/db';
import { guestName } from './guest-name';
import { siteSecret } from './secret';

/** Set when the site is reached under one known address, as behind a proxy: `https://orrery.example`. */
const siteUrl = process.env['ORRERY_URL'];

/** Learners and instructors may do nothing to other accounts; what instructors may see is decided where it is shown. */
const access = createAccessControl(defaultStatements);
const roles = {
  learner: access.newRole({ ...userAc.statements }),
  instructor: access.newRole({ ...userAc.statements }),
  admin: access.newRole({ ...adminAc.statements }),
};

function createAuth() {
  return betterAuth({
    appName: 'Orrery',
    secret: siteSecret(),
    ...(siteUrl ? { baseURL: siteUrl } : {}),
    trustedOrigins: (request) => (request ? sameOrigin(request) : []),
    database: prismaAdapter(database(), { provider: 'postgresql' }),
    emailAndPassword: { enabled: true, minPasswordLength: 8, autoSignIn: true },
    session: { expiresIn: 90 * day, updateAge: day },
    // Counted per address. A class of a hundred behind one address must be able to sign up in the same minute.
    rateLimit: {
      enabled: process.env['NODE_ENV'] === 'production',
      window: 60,
      max: 600,
      customRules: {
        '/sign-in/email': { window: 60, max: 40 },
        '/sign-up/email': { window: 60, max: 120 },
        '/sign-in/anonymous': { window: 60, max: 240 },
      },
    },
    // Explicit, because the library would leave both out under a test runner.
    advanced: {
      disableOriginCheck: false,
      disableCSRFCheck: false,
      cookiePrefix: 'orrery',
      useSecureCookies: siteUrl?.startsWith('https://') ?? false,
      ipAddress: { ipAddressHeaders: ['x-forwarded-for'] },
    },
    telemetry: { enabled: false },
    logger: { level: 'error' },
    plugins: [
      admin({ defaultRole: 'learner', adminRoles: ['admin'], ac: access, roles }),
      anonymous({
        emailDomainName: 'guest.invalid',
        generateName: () => guestName(),
        onLinkAccount: async ({ anonymousUser, newUser }) =>
          database().$transaction((tx) => moveLearning(tx, anonymousUser.user.id, newUser.user.id)),
      }),
    ],
    databaseHooks: { user: { create: { before: async (user) => ({ data: { ...user, ...(await firstRole(user)) } }) } } },
  });
}

const day = 24 * 60 * 60;

/** The first account made on a fresh install runs the site. A guest is not an account. */
async function firstRole(user: Record<string, unknown>): Promise<{ role?: string }> {
  if (user['isAnonymous']) return {};
  return (await countMembers(database())) === 0 ? { role: 'admin' } : {};
}

/** A page may call the address it was served from, whatever that is on this installation. */
function sameOrigin(request: Request): string[] {
  const host = request.headers.get('host');
  return host ? [`http://${host}`, `https://${host}`] : [];
}

const place = Symbol.for('orrery.auth');
type Shared = { [place]?: ReturnType<typeof createAuth> };

/** The authentication of this process. */
export function auth(): ReturnType<typeof createAuth> {
  const shared = globalThis as Shared;
  return (shared[place] ??= createAuth());
}
