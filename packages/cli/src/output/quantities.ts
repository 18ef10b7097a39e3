const integers = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** `171,075`. */
export function count(value: number): string {
  return integers.format(value);
}

const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** `24.1 MB`; of 1,024 bytes each, as PostgreSQL writes sizes. */
export function bytes(value: number): string {
  let size = value;
  let unit = 0;
  while (size >= 1_024 && unit < units.length - 1) {
    size /= 1_024;
    unit += 1;
  }
  return `${unit === 0 ? count(size) : size.toFixed(1)} ${units[unit]}`;
}

/** `0:07`, `12:30`, `1:02:03`, of milliseconds. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  const two = (value: number): string => String(value).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}
