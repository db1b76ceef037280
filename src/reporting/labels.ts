/** The name to show beside an address; undefined where the address says it already, as `u1 in acme` of `membership:u1@acme`. */
export function tellingLabel({ key, label }: { key: string; label: string }): string | undefined {
  if (label === key) return undefined
  const parts = label.split(' in ')
  return parts.length > 1 && parts.every((part) => key.includes(part)) ? undefined : label
}
