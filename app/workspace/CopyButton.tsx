'use client';
import { Check, Copy } from 'lucide-react';
import { useEffect, useState, type MouseEvent } from 'react';
import styles from './CopyButton.module.css';

/** Copies the text of the block it stands in. */
export function CopyButton() {
  const [isCopied, setIsCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return undefined;
    const timer = setTimeout(() => setIsCopied(false), 1500);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const copy = async (event: MouseEvent<HTMLButtonElement>) => {
    const text = event.currentTarget.parentElement?.querySelector('code')?.textContent ?? '';
    await navigator.clipboard?.writeText(text.trim()).catch(() => undefined);
    setIsCopied(true);
  };
  return (
    <button type="button" className={styles.copy} aria-label={isCopied ? 'Copied' : 'Copy'} onClick={(event) => void copy(event)}>
      {isCopied ? <Check size={14} aria-hidden="true" /> : <Copy size={14} aria-hidden="true" />}
    </button>
  );
}
