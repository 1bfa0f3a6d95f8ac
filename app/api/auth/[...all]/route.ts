import { handleAuth } from '@/lib/accounts';

export const GET = handleAuth;
export const POST = handleAuth;
