/** Stands for any text, also none, in a name under `roles.map`, and for that text in its slug. */
const STAR = '*'

/** What a map of roles makes of a name, and the entry that says so. */
export interface RoleEntry {
  entry: string
  slug: string
}

/**
 * The entry of a map of roles for a name: that of just this name, else the pattern (one `*`) that says most about it: the one
 * with the most characters beside the `*`, and of two equals that with more before it. So the order of the map does not
 * matter, nor does it where a manifest adds to a recipe's. Matching is linear in the length of the name.
 * @returns undefined where no entry fits
 */
export function roleEntry(name: string, map: Readonly<Record<string, string>>): RoleEntry | undefined {
  if (Object.hasOwn(map, name)) return { entry: name, slug: map[name] ?? '' }
  let best: { before: number; fixed: number; found: RoleEntry } | undefined
  for (const [pattern, target] of Object.entries(map)) {
    const before = pattern.indexOf(STAR)
    const fixed = pattern.length - STAR.length
    if (before < 0 || fixed > name.length) continue
    const after = pattern.slice(before + STAR.length)
    if (!name.startsWith(pattern.slice(0, before)) || !name.endsWith(after)) continue
    if (best !== undefined && (fixed < best.fixed || (fixed === best.fixed && before < best.before))) continue
    const matched = name.slice(before, name.length - after.length)
    best = { before, fixed, found: { entry: pattern, slug: target.split(STAR).join(matched) } }
  }
  return best?.found
}

/** The slug that a map of roles has for a name: see roleEntry. */
export function lookUpRole(name: string, map: Readonly<Record<string, string>>): string | undefined {
  return roleEntry(name, map)?.slug
}
