import styles from './Speeds.module.css';

const speeds = [1, 10, 100];

/** How fast a clock runs: times as fast as the one on the wall. */
export function Speeds({
  speed,
  isDisabled,
  onChange,
}: {
  speed: number | undefined;
  isDisabled?: boolean;
  onChange: (speed: number) => void;
}) {
  return (
    <span className={styles.speeds} role="group" aria-label="Speed">
      {speeds.map((one) => (
        <button key={one} type="button" aria-pressed={speed === one} disabled={isDisabled} onClick={() => onChange(one)}>
          ×{one}
        </button>
      ))}
    </span>
  );
}
