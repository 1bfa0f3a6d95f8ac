'use client';
import { Menu } from '@mantine/core';
import { CircleUserRound, LogOut } from 'lucide-react';
import Link from 'next/link';
import type { Viewer } from '@/lib/accounts/viewer';
import { signOut } from '../account';

/** Guests are asked to sign in, nobody is made to. */
export function AccountMenu({ viewer }: { viewer: Viewer | undefined }) {
  if (!viewer || viewer.isGuest)
    return (
      <Link className="button quiet" href="/sign-in">
        Sign in
      </Link>
    );
  return (
    <Menu position="bottom-end" width={240} withinPortal>
      <Menu.Target>
        <button type="button" className="button quiet">
          <CircleUserRound size={16} aria-hidden="true" />
          <span className="only-wide">{viewer.name}</span>
          <span className="visually-hidden only-narrow">{viewer.name}</span>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {viewer.email}, {viewer.role}
        </Menu.Label>
        <Menu.Item leftSection={<LogOut size={16} aria-hidden="true" />} onClick={() => void signOut()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
