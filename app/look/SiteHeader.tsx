import type { Viewer } from '@/lib/accounts/viewer';
import { AccountMenu } from './AccountMenu';
import { Brand } from './Brand';
import { NavLinks, NavMenu } from './NavLinks';
import { SchemeSwitch } from './SchemeSwitch';
import styles from './SiteHeader.module.css';

/** The head of every page but the workspace. */
export function SiteHeader({ viewer, isRuled = true }: { viewer: Viewer | undefined; isRuled?: boolean }) {
  const isInstructor = viewer?.role === 'instructor' || viewer?.role === 'admin';
  return (
    <header className={isRuled ? `${styles.header} ${styles.ruled}` : styles.header}>
      <Brand />
      <nav className={styles.nav} aria-label="Main">
        <NavLinks isInstructor={isInstructor} />
      </nav>
      <span className="spacer" />
      <SchemeSwitch />
      <AccountMenu viewer={viewer} />
      <NavMenu isInstructor={isInstructor} />
    </header>
  );
}
