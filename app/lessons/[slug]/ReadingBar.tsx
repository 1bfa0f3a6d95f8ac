'use client';
import { useEffect, useRef } from 'react';
import styles from './Lesson.module.css';

/** How far down the text one is. */
export function ReadingBar() {
  const bar = useRef<HTMLElement>(null);
  useEffect(() => {
    const draw = () => {
      const room = document.documentElement.scrollHeight - innerHeight;
      if (bar.current) bar.current.style.transform = `scaleX(${room > 0 ? Math.min(1, scrollY / room) : 0})`;
    };
    draw();
    window.addEventListener('scroll', draw, { passive: true });
    return () => window.removeEventListener('scroll', draw);
  }, []);
  return (
    <div className={styles.bar} aria-hidden="true">
      <i ref={bar} />
    </div>
  );
}
