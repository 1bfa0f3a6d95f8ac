import type { Metadata } from 'next';
import { SiteHeader } from '@/app/look/SiteHeader';
import { currentViewer } from '@/app/viewer';
import layout from '@/app/look/Page.module.css';
import { AccountForms } from './AccountForms';

export const metadata: Metadata = { title: 'Sign in' };

export default async function SignInPage({ searchParams }: { searchParams: Promise<{ next?: string }> }) {
  const viewer = await currentViewer();
  const { next = '/courses' } = await searchParams;
  return (
    <>
      <SiteHeader viewer={viewer} />
      <main id="main" className={`${layout.page} ${layout.narrow}`}>
        <AccountForms next={/^\/(?![/\\])/.test(next) ? next : '/courses'} isGuest={viewer?.isGuest ?? false} />
      </main>
    </>
  );
}
