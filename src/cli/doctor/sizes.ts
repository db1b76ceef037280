export const MB = 1024 * 1024

/** `812 bytes`, `12 KB`, `3.4 MB`, `120 GB`. */
export function bytes(count: number): string {
  if (count < 1024) return `${count} bytes`
  const units = ['KB', 'MB', 'GB', 'TB']
  let value = count / 1024
  let unit = 0
  for (; value >= 1024 && unit < units.length - 1; unit += 1) value /= 1024
  return `${value < 10 ? Math.round(value * 10) / 10 : Math.round(value)} ${units[unit]}`
}
