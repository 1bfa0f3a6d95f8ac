'use client';
import { Menu } from '@mantine/core';
import { Menu as MenuIcon } from 'lucide-react';
import Link from 'next/link';
import { usePathname } from 'next/navigation';

interface Place {
  readonly href: string;
  readonly name: string;
  readonly isForInstructors?: boolean;
}

const places: readonly Place[] = [
  { href: '/courses', name: 'Courses' },
  { href: '/labs', name: 'Labs' },
  { href: '/parts', name: 'Parts of the machine' },
  { href: '/instructor', name: 'Results', isForInstructors: true },
];

function visiblePlaces(isInstructor: boolean): readonly Place[] {
  return places.filter((place) => isInstructor || !place.isForInstructors);
}

export function NavLinks({ isInstructor }: { isInstructor: boolean }) {
  const path = usePathname();
  return visiblePlaces(isInstructor).map(({ href, name }) => (
    <Link key={href} href={href} aria-current={path === href ? 'page' : undefined}>
      {name}
    </Link>
  ));
}

/** The same places on a phone. */
export function NavMenu({ isInstructor }: { isInstructor: boolean }) {
  return (
    <Menu position="bottom-end" width={220} withinPortal>
      <Menu.Target>
        <button type="button" className="time-button only-narrow" aria-label="Menu">
          <MenuIcon size={18} aria-hidden="true" />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {visiblePlaces(isInstructor).map(({ href, name }) => (
          <Menu.Item key={href} component={Link} href={href}>
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
