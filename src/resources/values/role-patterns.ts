/** Stands for any text, also none, in a name under `roles.map`, and for that text in its slug. */
const STAR = '*'

/**
 * What a map of roles makes of a name: the entry of just this name, else the pattern (one `*`) that says most about it: the one
 * with the most characters beside the `*`, and of two equals that with more before it. So the order of the map does not
 * matter, nor does it where a manifest adds to a recipe's. Matching is linear in the length of the name.
 * @returns undefined where no entry fits
 */
export function lookUpRole(name: string, map: Readonly<Record<string, string>>): string | undefined {
  if (Object.hasOwn(map, name)) return map[name]
  let best: { before: number; fixed: number; slug: string } | undefined
  for (const [pattern, target] of Object.entries(map)) {
    const before = pattern.indexOf(STAR)
    const fixed = pattern.length - STAR.length
    if (before < 0 || fixed > name.length) continue
    const after = pattern.slice(before + STAR.length)
    if (!name.startsWith(pattern.slice(0, before)) || !name.endsWith(after)) continue
    if (best !== undefined && (fixed < best.fixed || (fixed === best.fixed && before < best.before))) continue
    const matched = name.slice(before, name.length - after.length)
    best = { before, fixed, slug: target.split(STAR).join(matched) }
  }
  return best?.slug
}
