import Link from 'next/link';

export function BrandMark({ size = 24 }: { size?: number }) {
  return (
    <svg viewBox="0 0 24 24" width={size} height={size} fill="none" aria-hidden="true">
      <circle cx="12" cy="12" r="10.5" stroke="var(--ink)" strokeWidth="1.5" />
      <circle cx="12" cy="12" r="6.2" stroke="var(--ink)" strokeWidth="1.2" strokeOpacity=".45" />
      <circle cx="12" cy="12" r="2.6" fill="var(--ink)" />
      <path d="M12 12L19.4 4.6" stroke="var(--time-line)" strokeWidth="1.8" />
      <circle cx="19.4" cy="4.6" r="2.6" fill="var(--time-line)" />
    </svg>
  );
}

export function Brand() {
  return (
    <Link className="brand" href="/">
      <BrandMark />
      Orrery
    </Link>
  );
}
