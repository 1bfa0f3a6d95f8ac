'use client';
import type { ReactNode } from 'react';
import { Orrery } from '@/app/figures/Orrery';
import { atRest } from './at-rest';
import styles from './Landing.module.css';

const label = 'A cluster: etcd in the middle, the API server as rings round it, every other part on an orbit that reaches etcd only through the rings.';

export function Landing({ children }: { children: ReactNode }) {
  return (
    <section className={styles.hero}>
      <div>{children}</div>
      <div className={`${styles.machine} only-wide`}><Orrery data={atRest} label={label} /></div>
      <div className={`${styles.machine} only-narrow`}><Orrery data={atRest} isSmall label={label} /></div>
    </section>
  );
}
