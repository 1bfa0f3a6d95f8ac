'use client';
import { useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { Moon, Sun } from 'lucide-react';
import { useSyncExternalStore } from 'react';

/** Day or night. What the system prefers holds until somebody chooses. */
export function SchemeSwitch() {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light');
  const isHydrated = useSyncExternalStore(
    () => () => undefined,
    () => true,
    () => false,
  );
  const isDark = isHydrated && scheme === 'dark';
  return (
    <button
      type="button"
      className="time-button"
      aria-label={isDark ? 'Use the light scheme' : 'Use the dark scheme'}
      onClick={() => setColorScheme(isDark ? 'light' : 'dark')}
    >
      {isDark ? <Sun size={16} aria-hidden="true" /> : <Moon size={16} aria-hidden="true" />}
    </button>
  );
}
